/** Recorded prices and candles as clients read them, while ticks come in and Redis loses what it held. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { createTouchlineClient, type PriceTick, type TouchlineClient } from '../../../src/client/index.ts';
import { candlesOf } from '../../../src/domain/candle.ts';
import { type IndexTick, SYMBOL } from '../../../src/domain/tick.ts';
import { cents } from '../../../src/domain/units.ts';
import type { PricesAnswer } from '../../../src/protocol/api/http.ts';
import { priceHistoryKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const OLD_TICKS = 12_000;
const FRAME_BYTE = 1;

let dataDir: string;
let system: RunningSystem;
let redis: RedisConnection;
let client: TouchlineClient;
const old = oldTicks();

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'touchline-history-'));
  const log = openSqliteTickLog(join(dataDir, 'ticks.sqlite'));
  log.commit({ epoch: 1, entries: old.map((tick) => ({ epoch: 1, tick })) });
  log.close();
  system = await startSystem({ env: { DATA_DIR: dataDir } });
  redis = await connect(commandConnection(system.redis.url));
  client = createTouchlineClient({ baseUrl: system.url });
});
afterAll(async () => {
  redis.disconnect();
  await system.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('pages over all that is recorded, whether Redis holds it or not, while ticks come in', async () => {
  await historyIsWhole();
  const [first] = await redis.zrangeBuffer(priceHistoryKey(SYMBOL), '0', '0');
  expect(first?.[0]).toBe(FRAME_BYTE);
  const ticks: PriceTick[] = [];
  const toMs = Date.now();
  for (let fromMs: number | undefined = 0, pages = 0; fromMs !== undefined; pages += 1) {
    if (pages % 3 === 0) await redis.unlink(priceHistoryKey(SYMBOL));
    const response = await fetch(`${system.url}/v1/prices?fromMs=${fromMs}&toMs=${toMs}&limit=997`);
    const page = (await response.json()) as PricesAnswer;
    ticks.push(...page.ticks);
    fromMs = page.nextFromMs;
  }
  expect(ticks.slice(0, OLD_TICKS)).toEqual(old.map(({ symbol: _, venues: __, ...tick }) => tick));
  expect(ticks.map(({ seq }) => seq)).toEqual(ticks.map((_, n) => n + 1));
  await historyIsWhole();
  const again: PriceTick[] = [];
  for await (const tick of client.prices({ fromMs: 0, toMs })) again.push(tick);
  expect(again.slice(0, ticks.length)).toEqual(ticks);
});

it.each([1_000, 60_000, 900_000] as const)('candles of %d ms are what the ticks say', async (intervalMs) => {
  const toMs = (old.at(-1)?.atMs ?? 0) + 10_000;
  const candles = [];
  for await (const candle of client.candles({ intervalMs, fromMs: 0, toMs })) candles.push(candle);
  // The ticks made since the start begin later, and tell only how long the last step is.
  const wanted = candlesOf(old, intervalMs).map(({ maxStepMs: _, ...candle }) => candle);
  const shown = candles.map(({ gap: _, unfinished: __, ...candle }) => candle);
  expect(shown.slice(0, wanted.length - 1)).toEqual(wanted.slice(0, -1));
  expect(candles.slice(0, wanted.length - 1).some(({ unfinished }) => unfinished)).toBe(false);
});

async function historyIsWhole(): Promise<void> {
  await until(
    () => redis.zrange(priceHistoryKey(SYMBOL), '0', '0', 'WITHSCORES'),
    ([, score]) => Number(score) === old[0]?.atMs,
  );
}

/** Ten a second, the last ten minutes ago, with a gap of ten minutes in the middle. */
function oldTicks(): IndexTick[] {
  const fromMs = Math.floor(Date.now() / 100) * 100 - OLD_TICKS * 100 - 1_200_000;
  return Array.from({ length: OLD_TICKS }, (_, n) => ({
    symbol: SYMBOL,
    seq: n + 1,
    atMs: fromMs + n * 100 + (n > OLD_TICKS / 2 ? 600_000 : 0),
    priceCents: cents(6_000_000 + ((n * 7_919) % 10_007)),
    quality: n % 50 === 0 ? ('degraded' as const) : ('ok' as const),
    venues: 1,
    venueMask: 1,
    compositionJump: false,
  }));
}
