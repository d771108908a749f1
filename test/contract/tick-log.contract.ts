/** What every tick log must do, whatever it stands on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TickLog } from '../../src/actors/history-writer/tick-log.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents } from '../../src/domain/units.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, seqsOf, TICK_MS } from '../support/index-ticks.ts';

const entries = (ticks: readonly IndexTick[], epoch = 1) => ticks.map((tick) => ({ epoch, tick }));

export function tickLogContract(open: () => TickLog): void {
  let log: TickLog;
  beforeEach(() => {
    log = open();
  });
  afterEach(() => log.close());

  it('begins empty, at epoch 0', () => {
    expect(log.head()).toEqual({ epoch: 0, last: null });
    expect(log.range({ fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: 10 })).toEqual([]);
    expect(log.firstSince(0)).toBeUndefined();
  });

  it('raises the epoch without a tick', () => {
    log.commit({ epoch: 3, entries: [] });
    expect(log.head()).toEqual({ epoch: 3, last: null });
  });

  it('gives back what was committed, field by field', () => {
    const odd = indexTick(1, {
      quality: 'degraded',
      venues: 2,
      venueMask: 9,
      compositionJump: true,
      priceCents: cents(1),
    });
    log.commit({ epoch: 1, entries: entries([odd, indexTick(2)]) });
    expect(log.head()).toEqual({ epoch: 1, last: indexTick(2) });
    expect(log.at(1)).toEqual(odd);
    expect(log.at(3)).toBeUndefined();
  });

  it('takes ticks of two epochs in one commit', () => {
    log.commit({ epoch: 2, entries: [...entries([indexTick(1)], 1), ...entries([indexTick(2)], 2)] });
    expect(log.head()).toEqual({ epoch: 2, last: indexTick(2) });
  });

  it('reads a range with both ends, oldest first, up to the limit', () => {
    log.commit({ epoch: 1, entries: entries(indexTicks(1, 20)) });
    const fromMs = FIRST_TICK_MS + 5 * TICK_MS;
    const toMs = FIRST_TICK_MS + 9 * TICK_MS;
    expect(seqsOf(log.range({ fromMs, toMs, limit: 100 }))).toEqual([5, 6, 7, 8, 9]);
    expect(seqsOf(log.range({ fromMs, toMs, limit: 2 }))).toEqual([5, 6]);
    expect(seqsOf(log.range({ fromMs: fromMs - 1, toMs: toMs - 1, limit: 100 }))).toEqual([5, 6, 7, 8]);
  });

  it('walks from a seq in both directions', () => {
    log.commit({ epoch: 1, entries: entries(indexTicks(1, 20)) });
    expect(seqsOf(log.after(17, 100))).toEqual([18, 19, 20]);
    expect(seqsOf(log.after(0, 2))).toEqual([1, 2]);
    expect(seqsOf(log.before(10, 0, 3))).toEqual([7, 8, 9]);
    expect(seqsOf(log.before(10, FIRST_TICK_MS + 8 * TICK_MS, 100))).toEqual([8, 9]);
    expect(log.firstSince(FIRST_TICK_MS + 4 * TICK_MS)?.seq).toBe(4);
    expect(log.firstSince(FIRST_TICK_MS + 4 * TICK_MS + 1)?.seq).toBe(5);
  });

  const broken: Record<string, readonly IndexTick[]> = {
    'a hole in seq': [indexTick(4)],
    'a seq that is there': [indexTick(2, { atMs: FIRST_TICK_MS + 3 * TICK_MS })],
    'a time that stands still': [indexTick(3, { atMs: FIRST_TICK_MS + 2 * TICK_MS })],
    'a time that goes back': [indexTick(3, { atMs: FIRST_TICK_MS })],
    'a price of nothing': [indexTick(3, { priceCents: cents(0) })],
    'no venue': [indexTick(3, { venues: 0 })],
    'no venue mask': [indexTick(3, { venueMask: 0 })],
    'an unknown quality': [indexTick(3, { quality: 'perfect' as IndexTick['quality'] })],
    'a good tick before a bad one': [indexTick(3), indexTick(5)],
  };
  for (const [name, ticks] of Object.entries(broken)) {
    it(`refuses ${name} and writes nothing`, () => {
      log.commit({ epoch: 1, entries: entries(indexTicks(1, 2)) });
      expect(() => log.commit({ epoch: 2, entries: entries(ticks, 2) })).toThrow();
      expect(log.head()).toEqual({ epoch: 1, last: indexTick(2) });
    });
  }

  it('refuses an epoch that goes back', () => {
    log.commit({ epoch: 4, entries: entries([indexTick(1)], 4) });
    expect(() => log.commit({ epoch: 3, entries: [] })).toThrow();
    expect(() => log.commit({ epoch: 4, entries: entries([indexTick(2)], 3) })).toThrow();
    expect(log.head()).toEqual({ epoch: 4, last: indexTick(1) });
  });
}
