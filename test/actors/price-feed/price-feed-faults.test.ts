/** What a feed makes of prices that are none, and of a wall clock that is set or stands still. */
import { beforeEach, describe, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { priceFeedActor } from '../../../src/actors/price-feed/price-feed-actor.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, seqsOf, TICK_MS } from '../../support/index-ticks.ts';
import { shownTicks } from '../../support/shown-ticks.ts';

const GOOD = { priceCents: 6_000_000, quality: 'ok', venues: 1, venueMask: 1, compositionJump: false };
const HOUR_MS = 3_600_000;
const SETTINGS = { tickMs: TICK_MS, maxGapMs: 2_000 };
const GAP_MS = SETTINGS.maxGapMs + TICK_MS;

let system: TestSystem;
let price: unknown;
let shown: IndexTick[];
let log: ReturnType<typeof openSqliteTickLog>;

beforeEach(async () => {
  system = await createTestSystem({ startMs: FIRST_TICK_MS });
  price = GOOD;
  log = openSqliteTickLog(':memory:');
  shown = await shownTicks(system);
  await system.start(historyWriterActor({ tickLog: log, history: memoryPriceHistory() }));
  const source = { start: () => {}, priceAt: () => price as never, stop: () => {} };
  const latestPrice = memoryLatestPriceStore();
  await system.start(priceFeedActor({ source, latestPrice, settings: SETTINGS }));
  await system.advance(300);
  expect(shown.length).toBeGreaterThan(0);
});

/** Every tick was recorded as it was shown, none of them crashed anybody. */
function expectSoundLine(): void {
  expect(system.crashes).toEqual([]);
  expect(log.after(0, 10_000)).toEqual(shown);
  expect(seqsOf(shown)).toEqual(shown.map((_, index) => index + 1));
  for (const [index, tick] of shown.entries()) expect(tick.atMs).toBeGreaterThan(shown[index - 1]?.atMs ?? 0);
}

describe('garbage from a source', () => {
  it.each<[string, unknown]>([
    ...[0, -1, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 2 ** 53, 100_000_000_001].map(
      (priceCents): [string, unknown] => [`the price ${priceCents}`, { ...GOOD, priceCents }],
    ),
    ['a price of digits', { ...GOOD, priceCents: '6000000' }],
    ['the price "6e4"', { ...GOOD, priceCents: '6e4' }],
    ['no price at all', { ...GOOD, priceCents: undefined }],
    ['a quality nobody knows', { ...GOOD, quality: 'fine' }],
    ['no venue', { ...GOOD, venues: 0 }],
    ['a million venues', { ...GOOD, venues: 1_000_000 }],
    ['no venue mask', { ...GOOD, venueMask: 0 }],
    ['more venues in the mask than there can be', { ...GOOD, venueMask: 2 ** 30 }],
    ['a jump that is no yes or no', { ...GOOD, compositionJump: 1 }],
    ['a bare number', 6_000_000],
    ['a text', 'sixty thousand'],
    ['null', null],
  ])('like %s makes no tick, and the next good one does', async (_what, garbage) => {
    const before = shown.length;
    price = garbage;
    await system.advance(300);
    expect(shown).toHaveLength(before);
    price = GOOD;
    await system.advance(100);
    expect(shown).toHaveLength(before + 1);
    expectSoundLine();
  });
});

describe('a wall clock', () => {
  it('set forward by an hour leaves one gap, and the line goes on at the new time', async () => {
    const before = shown.length;
    system.clock.setWallClockBy(HOUR_MS);
    await system.advance(1_000);
    const [last, next] = [shown[before - 1], shown[before]];
    expect((next?.atMs ?? 0) - (last?.atMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS);
    expect(shown.length).toBeGreaterThanOrEqual(before + 9);
    expectSoundLine();
  });

  it('set back by a second makes no tick until it has caught up, and never an older one', async () => {
    const before = shown.length;
    system.clock.setWallClockBy(-1_000);
    await system.advance(900);
    expect(shown).toHaveLength(before);
    await system.advance(1_000);
    expect(shown.length).toBeGreaterThanOrEqual(before + 8);
    expectSoundLine();
  });

  it.each([
    ['five seconds', 5_000],
    ['an hour', HOUR_MS],
  ])('set back by %s leaves a gap on the line, as there was one in truth', async (_what, byMs) => {
    const before = shown.length;
    system.clock.setWallClockBy(-byMs);
    await system.advance(byMs + SETTINGS.maxGapMs - 200);
    expect(shown).toHaveLength(before);
    await system.advance(1_000);
    expect(shown.length).toBeGreaterThanOrEqual(before + 7);
    expect((shown[before]?.atMs ?? 0) - (shown[before - 1]?.atMs ?? 0)).toBe(GAP_MS);
    expectSoundLine();
  });

  it.each([
    ['a second', 1_000, TICK_MS],
    ['three seconds', 3_000, GAP_MS],
  ])('that stands still for %s makes no tick twice, and hides no gap', async (_what, forMs, nextMs) => {
    const before = shown.length;
    for (let passedMs = 0; passedMs < forMs; passedMs += 20) {
      await system.advance(20);
      system.clock.setWallClockBy(-20);
    }
    expect(shown.length).toBeLessThanOrEqual(before + 1);
    const last = shown.at(-1)?.atMs ?? 0;
    await system.advance(3_000);
    expect(shown.find(({ atMs }) => atMs > last)?.atMs).toBe(last + nextMs);
    expectSoundLine();
  });
});
