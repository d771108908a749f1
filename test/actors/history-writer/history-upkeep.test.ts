/** How the HistoryWriter keeps the price history: packed, filled, dropped, not believed when damaged. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { HistoryDamaged, type PriceHistory } from '../../../src/actors/history-writer/price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { TICKS_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import { PRICE_HISTORY_MS } from '../../../src/protocol/redis-keys.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, seqsOf, TICK_MS } from '../../support/index-ticks.ts';

const FRAME_TICKS = 10;
const ALL = { fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: TICKS_PER_READ_MAX };

let tickLog: TickLog;
let history: PriceHistory;
let system: TestSystem;

beforeEach(async () => {
  tickLog = openSqliteTickLog(':memory:');
  history = memoryPriceHistory({ frameTicks: FRAME_TICKS });
  system = await createTestSystem({ seed: 1, startMs: FIRST_TICK_MS });
  await system.probe(RESOLVER);
});
afterEach(() => {
  system.expectNoDeadLetters();
  expect(system.crashes).toEqual([]);
  tickLog.close();
});

const startWriter = (framesPerStep = 50) =>
  system.start(historyWriterActor({ tickLog, history, upkeep: { framesPerStep } }));
const openFeed = () => system.ask(HISTORY_WRITER, { type: 'OpenFeed', body: {} });
async function readSeqs(range: object = {}): Promise<number[]> {
  const outcome = await system.ask(HISTORY_WRITER, { type: 'ReadTicks', body: { ...ALL, ...range } });
  return outcome.ok ? seqsOf(outcome.value.ticks) : [];
}
async function publish(ticks: readonly IndexTick[], epoch = 1): Promise<void> {
  system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch, ticks } });
  await system.idle();
}

it('holds what is recorded', async () => {
  await startWriter();
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 5));
  expect(await history.range(ALL)).toMatchObject({ ticks: indexTicks(1, 5) });
});

it('answers reads without the log', async () => {
  await startWriter();
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 5));
  const readLog = vi.spyOn(tickLog, 'range');
  expect(await readSeqs()).toEqual([1, 2, 3, 4, 5]);
  expect(await readSeqs({ fromMs: FIRST_TICK_MS + 3 * TICK_MS })).toEqual([3, 4, 5]);
  expect(readLog).not.toHaveBeenCalled();
});

it('packs each frame as soon as it is whole', async () => {
  await startWriter();
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 9));
  expect(await history.extent()).toMatchObject({ toSeq: 9, sealedToSeq: 0 });
  await publish(indexTicks(10, 11));
  expect(await history.extent()).toMatchObject({ toSeq: 11, sealedToSeq: 10 });
  await publish(indexTicks(12, 45));
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 45, sealedToSeq: 40 });
  expect(await readSeqs()).toEqual(seqsOf(indexTicks(1, 45)));
});

it('packs what a life that ended in between left unpacked', async () => {
  fillLog(indexTicks(1, 25));
  await history.append(indexTicks(1, 25));
  await startWriter();
  await system.advance(100);
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 25, sealedToSeq: 20 });
});

it('is filled from the log at start, a few frames at a time, newest first', async () => {
  fillLog(indexTicks(1, 45));
  await startWriter(2);
  await system.advance(20);
  expect(await history.extent()).toMatchObject({ fromSeq: 41, toSeq: 45, sealedToSeq: 40 });
  expect(await readSeqs({ limit: 3 })).toEqual([1, 2, 3]);
  await system.advance(20);
  expect(await history.extent()).toMatchObject({ fromSeq: 21, toSeq: 45, isComplete: true });
  expect(await readSeqs({ limit: 3 })).toEqual([1, 2, 3]);
  await system.advance(20);
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 45, sealedToSeq: 40 });
});

it('that vanished is noticed with the next tick and filled again while reads fall through', async () => {
  await startWriter(1);
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 35));
  await history.clear();
  await publish(indexTicks(36, 36));
  expect(await history.extent()).toMatchObject({ fromSeq: 36 });
  expect(await readSeqs({ limit: 2 })).toEqual([1, 2]);
  await publish(indexTicks(37, 37));
  await system.advance(20);
  expect(await history.extent()).toMatchObject({ fromSeq: 31, toSeq: 37, isComplete: true });
  await publish(indexTicks(38, 41));
  expect(await history.extent()).toMatchObject({ fromSeq: 31, toSeq: 41, sealedToSeq: 40 });
  await system.advance(100);
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 41, sealedToSeq: 40 });
  expect(await readSeqs()).toEqual(seqsOf(indexTicks(1, 41)));
});

it('that is damaged is cleared and filled again; the read falls through', async () => {
  await startWriter();
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 30));
  vi.spyOn(history, 'range').mockRejectedValueOnce(new HistoryDamaged('a flipped bit'));
  expect(await readSeqs()).toEqual(seqsOf(indexTicks(1, 30)));
  expect(await history.extent()).toBeUndefined();
  await system.advance(100);
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 30, sealedToSeq: 30 });
});

it('that vanished while no tick comes is noticed by a read', async () => {
  await startWriter();
  await system.advance(100);
  await openFeed();
  await publish(indexTicks(1, 30));
  await history.clear();
  expect(await readSeqs()).toEqual(seqsOf(indexTicks(1, 30)));
  await system.advance(100);
  expect(await history.extent()).toMatchObject({ fromSeq: 1, toSeq: 30 });
});

it('of another log is cleared', async () => {
  await history.append(indexTicks(1, 50).map((tick) => ({ ...tick, atMs: tick.atMs + 1 })));
  fillLog(indexTicks(1, 20));
  await startWriter();
  await system.advance(100);
  expect(await history.range(ALL)).toMatchObject({ ticks: indexTicks(1, 20) });
});

it('keeps seven days, in whole frames', async () => {
  const old = indexTicks(1, 24);
  const young = indexTicks(25, 31).map((tick) => ({ ...tick, atMs: tick.atMs + PRICE_HISTORY_MS }));
  fillLog([...old, ...young.slice(0, -1)]);
  await startWriter();
  await system.advance(100);
  // The newest tick is seven days and 100 ms younger than tick 29 would be: 21 is in the oldest frame kept.
  expect(await history.extent()).toMatchObject({ fromSeq: 21, toSeq: 30, sealedToSeq: 30 });
  expect(await readSeqs()).toEqual(seqsOf([...old, ...young.slice(0, -1)]));
});

it('drops frames as they grow too old, and reads older ticks from the log', async () => {
  fillLog(indexTicks(1, 30));
  const spanMs = 15 * TICK_MS;
  await system.start(historyWriterActor({ tickLog, history, upkeep: { spanMs } }));
  await system.advance(100);
  expect(await history.extent()).toMatchObject({ fromSeq: 11, toSeq: 30 });
  await openFeed();
  await publish(indexTicks(31, 35), 2);
  expect(await history.extent()).toMatchObject({ fromSeq: 11, toSeq: 35 });
  await publish([indexTick(36)], 2);
  expect(await history.extent()).toMatchObject({ fromSeq: 21, toSeq: 36 });
  expect(await readSeqs()).toEqual(seqsOf(indexTicks(1, 36)));
});

function fillLog(ticks: readonly IndexTick[]): void {
  tickLog.commit({ epoch: 1, entries: ticks.map((tick) => ({ epoch: 1, tick })) });
}
