/** What the chain of every tick log must do, whatever it stands on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CheckpointKey } from '../../src/actors/history-writer/tick-chain.ts';
import type { TickLog } from '../../src/actors/history-writer/tick-log.ts';
import { hexOf } from '../../src/domain/proof/proof-bytes.ts';
import { canonicalTick, chainStep, GENESIS_HASH } from '../../src/domain/proof/tick-chain.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { sha256 } from '../../src/runtime/secp256k1.ts';
import { FIRST_TICK_MS, indexTick, indexTicks } from '../support/index-ticks.ts';
import { checkpointAt, SERVICE_KEY } from '../support/proofs.ts';

const SLOW_TICK_MS = 10_000;
/** Six ticks a minute, so that minutes end soon. FIRST_TICK_MS is 20 s into one. */
const slowTicks = (count: number): IndexTick[] =>
  indexTicks(1, count).map((tick) => ({ ...tick, atMs: FIRST_TICK_MS + tick.seq * SLOW_TICK_MS }));

const hashOf = (ticks: readonly IndexTick[]): string =>
  hexOf(ticks.reduce((hash, tick) => chainStep(hash, canonicalTick(tick), sha256), GENESIS_HASH));

export function tickChainContract(open: (key?: CheckpointKey) => TickLog): void {
  let log: TickLog;
  const commit = (...ticks: readonly IndexTick[]): void =>
    log.commit({ epoch: 1, entries: ticks.map((tick) => ({ epoch: 1, tick })) });
  beforeEach(() => {
    log = open(SERVICE_KEY);
  });
  afterEach(() => log.close());

  it('begins with 32 zero bytes', () => {
    expect(log.chain.head()).toEqual({ seq: 0, hash: hexOf(GENESIS_HASH) });
    expect(() => log.chain.check()).not.toThrow();
  });

  it('grows with every commit, however the ticks are batched', () => {
    const ticks = slowTicks(20);
    commit(...ticks.slice(0, 1));
    commit(...ticks.slice(1, 13));
    commit(...ticks.slice(13));
    expect(log.chain.head()).toEqual({ seq: 20, hash: hashOf(ticks) });
    expect(() => log.chain.check()).not.toThrow();
  });

  it('closes a minute with the first tick of the next one, signed', () => {
    const ticks = slowTicks(20);
    commit(...ticks);
    const closing = ticks.filter(({ atMs }, i) => {
      const next = ticks[i + 1];
      return next && Math.floor(atMs / 60_000) !== Math.floor(next.atMs / 60_000);
    });
    expect(log.chain.checkpoints(0, 10)).toEqual(closing.map(({ seq }) => checkpointAt(ticks, seq)));
    expect(closing.map(({ seq }) => seq)).toEqual([3, 9, 15]);
    expect(log.chain.checkpoints((ticks[3]?.atMs ?? 0) + 1, 1)).toEqual([checkpointAt(ticks, 9)]);
  });

  it('stands still when a commit fails', () => {
    commit(...slowTicks(5));
    const head = log.chain.head();
    expect(() => commit(indexTick(7))).toThrow();
    expect(log.chain.head()).toEqual(head);
  });

  it('links ticks to the checkpoints around them', () => {
    const ticks = slowTicks(20);
    commit(...ticks);
    expect(log.chain.links(5, 8)).toEqual({
      before: checkpointAt(ticks, 3),
      ticks: ticks.slice(3, 9).map(canonicalTick),
      after: checkpointAt(ticks, 9),
    });
    expect(log.chain.links(3, 3)).toMatchObject({ before: null, after: { seq: 3 } });
  });

  it('signs the head where the minute has not ended', () => {
    const ticks = slowTicks(20);
    commit(...ticks);
    expect(log.chain.links(16, 18)).toMatchObject({ before: { seq: 15 }, after: checkpointAt(ticks, 20) });
    expect(log.chain.links(16, 21)).toBe('pending');
  });

  it('makes checkpoints without a key too, and says that they are not signed', () => {
    log.close();
    log = open();
    commit(...slowTicks(20));
    expect(log.chain.checkpoints(0, 10)).toEqual([]);
    expect(log.chain.links(5, 8)).toBe('unsigned');
  });
}
