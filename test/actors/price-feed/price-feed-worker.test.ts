/** PriceFeed and HistoryWriter as their threads compose them: real Redis, a real file, the shipped series. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as historyWriter from '../../../src/actors/history-writer/history-writer-worker.ts';
import {
  createActor as createPriceFeed,
  type PriceFeedWorkerSettings,
} from '../../../src/actors/price-feed/price-feed-worker.ts';
import { readReplaySeries } from '../../../src/actors/price-feed/replay-series.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../../src/protocol/letters/price-feed.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { priceHistoryKey, priceKey } from '../../../src/protocol/redis-keys.ts';
import {
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  silentLogger,
} from '../../../src/runtime/index.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';

const REPLAY_PATH = fileURLToPath(new URL('../../../data/replay-btc-usd.csv.gz', import.meta.url));

let server: TestRedis;
let redis: RedisConnection;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'touchline-feed-'));
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

it.each(['replay', 'synthetic'] as const)('make, record and cache a line from %s', async (sourceName) => {
  await redis.flushall();
  const system = await createTestSystem({ seed: 1 });
  await system.probe(RESOLVER);
  const cleanups: (() => void)[] = [];
  const environment = <S>(id: string, settings: S) => ({
    id,
    settings,
    redis,
    outbox: (name: string) => system.outbox(name),
    clock: system.clock,
    random: system.random,
    log: silentLogger,
    metrics: new Metrics(id),
    onExit: (cleanup: () => void) => void cleanups.push(cleanup),
  });
  const tickLogPath = join(directory, `${sourceName}.sqlite`);
  const settings: PriceFeedWorkerSettings = {
    source: sourceName,
    tickMs: 100,
    maxGapMs: 2_000,
    replayPath: REPLAY_PATH,
    seed: 1,
    venues: [],
  };
  const serviceKeyPath = join(directory, 'service-key.json');
  await system.start(
    historyWriter.createActor(environment(HISTORY_WRITER.name, { tickLogPath, serviceKeyPath })),
  );
  await system.start(createPriceFeed(environment(PRICE_FEED.name, settings)));
  await system.advance(2_000);

  const body = { fromMs: 0, toMs: system.clock.nowMs(), limit: 100 };
  const outcome = await system.ask(HISTORY_WRITER, { type: 'ReadTicks', body });
  const ticks = outcome.ok ? outcome.value.ticks : [];
  expect(ticks).toHaveLength(20);
  expect(JSON.parse((await redis.get(priceKey(SYMBOL))) ?? '')).toMatchObject(ticks.at(-1) ?? {});
  expect(await redis.zcard(priceHistoryKey(SYMBOL))).toBe(20);
  if (sourceName === 'replay') {
    const recorded = readReplaySeries(REPLAY_PATH).slice(0, 20);
    expect(ticks.map((tick) => tick.priceCents)).toEqual(recorded.map((point) => point.priceCents));
  }
  for (const id of [PRICE_FEED.name, HISTORY_WRITER.name]) await system.stop(id);
  for (const cleanup of cleanups) cleanup();
  expect(system.crashes).toEqual([]);
});
