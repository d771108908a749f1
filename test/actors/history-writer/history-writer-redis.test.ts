/** The HistoryWriter with the sorted set in a real Redis that is flushed and stopped under it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { redisPriceHistory } from '../../../src/actors/history-writer/redis-price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { priceHistoryKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import {
  createTestSystem,
  type Probe,
  type TestSystem,
} from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, indexTicks, seqsOf } from '../../support/index-ticks.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';

const KEY = priceHistoryKey(SYMBOL);
const FRAME_TICKS = 20;
/** Two frames and ten single ticks. */
const MEMBERS_OF_50 = 12;

let server: TestRedis;
let redis: RedisConnection;
let tickLog: TickLog;
let system: TestSystem;
let resolver: Probe;

beforeEach(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
  tickLog = openSqliteTickLog(':memory:');
  system = await createTestSystem({ seed: 1 });
  resolver = await system.probe(RESOLVER);
  await system.start(
    historyWriterActor({ tickLog, history: redisPriceHistory(redis, { frameTicks: FRAME_TICKS }) }),
  );
  await system.ask(HISTORY_WRITER, { type: 'OpenFeed', body: {} });
  await system.advance(100);
});
afterEach(async () => {
  redis.disconnect();
  await server.stop();
  tickLog.close();
});

async function publish(fromSeq: number, toSeq: number): Promise<void> {
  const body = { epoch: 1, ticks: indexTicks(fromSeq, toSeq) };
  system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body });
  await system.idle();
}
async function readAll(): Promise<number[]> {
  const body = { fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: 1_000 };
  const outcome = await system.ask(HISTORY_WRITER, { type: 'ReadTicks', body });
  return outcome.ok ? seqsOf(outcome.value.ticks) : [];
}

it('fills the sorted set again after FLUSHALL', async () => {
  await publish(1, 50);
  expect(await redis.zcard(KEY)).toBe(MEMBERS_OF_50);
  await redis.flushall();
  await publish(51, 51);
  expect(await readAll()).toEqual(seqsOf(indexTicks(1, 51)));
  await system.advance(1_000);
  expect(await redis.zcard(KEY)).toBe(MEMBERS_OF_50 + 1);
});

it('clears a damaged frame and fills the set again; no reader is told anything wrong', async () => {
  await publish(1, 50);
  const [frame] = await redis.zrangeBuffer(KEY, '1', '1');
  const damaged = Buffer.from(frame ?? []);
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 0x10;
  await redis.zrem(KEY, frame ?? '');
  await redis.zadd(KEY, FIRST_TICK_MS + 2_100, damaged);
  expect(await readAll()).toEqual(seqsOf(indexTicks(1, 50)));
  await system.advance(1_000);
  expect(await redis.zcard(KEY)).toBe(MEMBERS_OF_50);
  expect(await readAll()).toEqual(seqsOf(indexTicks(1, 50)));
});

/** As from another thread or process: its own connection, no word from the writer. */
it('shows any reader one unbroken run, whatever is sealed, lost, filled or dropped meanwhile', async () => {
  const reader = await connect(commandConnection(server.url));
  const history = redisPriceHistory(reader, { frameTicks: FRAME_TICKS });
  let isOver = false;
  let reads = 0;
  const reading = (async () => {
    while (!isOver) {
      const { ticks, extent } = await history.range({ fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: 10_000 });
      reads += 1;
      const seqs = seqsOf(ticks);
      expect(seqs).toEqual(extent ? seqsOf(indexTicks(extent.fromSeq, extent.toSeq)) : []);
      expect(extent?.isComplete ?? true).toBe(true);
    }
  })();
  for (let seq = 1; seq < 400; seq += 7) {
    await publish(seq, seq + 6);
    if (seq % 5 === 0) await redis.unlink(KEY);
    if (seq % 3 === 0) await system.advance(40);
    if (seq % 11 === 0) await redis.zremrangebyscore(KEY, '-inf', FIRST_TICK_MS + (seq - 60) * 100);
  }
  isOver = true;
  await reading;
  expect(reads).toBeGreaterThan(10);
  expect(await readAll()).toHaveLength(399);
  reader.disconnect();
});

it('records, tells the Resolver and answers reads while Redis is gone', async () => {
  await publish(1, 5);
  await server.stop();
  await publish(6, 7);
  await publish(8, 9);
  expect(await readAll()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(resolver.letters).toHaveLength(3);
  expect(tickLog.head().last?.seq).toBe(9);
  expect(system.crashes).toEqual([]);
});
