/**
 * The packed price history on a real Redis and a real tick log, against one member a tick: seven days of
 * ticks at 10 Hz whose price walks at 60 % a year, a move with every tick (recorded lines pack better).
 *
 * Last line: {bytesPerTick, naiveBytesPerTick, rangeP99Ms, naiveRangeP99Ms, rehydrateSeconds}. Rehydration
 * is at the actor's own pace, pauses included. `--tiny` for the test run; `--days N` for less than seven.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCandles } from '../src/actors/history-writer/candle-pages.ts';
import { decodeMember, encodeMember } from '../src/actors/history-writer/history-member.ts';
import { HistoryUpkeep } from '../src/actors/history-writer/history-upkeep.ts';
import { REHYDRATE_PAUSE_MS } from '../src/actors/history-writer/history-writer-actor.ts';
import { redisPriceHistory } from '../src/actors/history-writer/redis-price-history.ts';
import { openSqliteTickLog } from '../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../src/actors/history-writer/tick-log.ts';
import { type IndexTick, SYMBOL } from '../src/domain/tick.ts';
import { cents } from '../src/domain/units.ts';
import { priceHistoryKey } from '../src/protocol/redis-keys.ts';
import {
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  seededRandom,
  silentLogger,
} from '../src/runtime/index.ts';
import { startTestRedis } from '../test/support/redis-server.ts';
import { percentile, round } from './support/figures.ts';

const TICK_MS = 100;
const DAY_TICKS = 864_000;
const RANGE_MS = 60_000;
const FIRST_MS = 1_700_000_000_000;
/** 60 % a year on 60,000 USD, in 100 ms. */
const SIGMA_CENTS = 203;
const NAIVE_KEY = 'bench:naive';
const COMMIT_TICKS = 20_000;

const isTiny = process.argv.includes('--tiny');
const days = Number(process.argv[process.argv.indexOf('--days') + 1]) || 7;
const ticks = isTiny ? 5_000 : days * DAY_TICKS;
const naiveTicks = Math.min(ticks, 600_000);
const reads = isTiny ? 20 : 2_000;

const random = seededRandom(1);
const say = (line: string): void => console.error(line);
const dir = mkdtempSync(join(tmpdir(), 'touchline-bench-'));
const server = await startTestRedis();
const redis = await connect(commandConnection(server.url));
const tickLog = openSqliteTickLog(join(dir, 'ticks.sqlite'));
fill(tickLog);

const history = redisPriceHistory(redis);
const rehydrateSeconds = await rehydrate();
const bytesPerTick = (await memoryUsage(priceHistoryKey(SYMBOL))) / ticks;
await fillNaive(redis);
const naiveBytesPerTick = (await memoryUsage(NAIVE_KEY)) / naiveTicks;
const [rangeP99Ms = 0, naiveRangeP99Ms = 0] = await rangeP99s([readPacked, readNaive]);
timeCandles();

tickLog.close();
redis.disconnect();
await server.stop();
rmSync(dir, { recursive: true });
console.log(
  JSON.stringify({
    bytesPerTick: round(bytesPerTick),
    naiveBytesPerTick: round(naiveBytesPerTick),
    rangeP99Ms: round(rangeP99Ms),
    naiveRangeP99Ms: round(naiveRangeP99Ms),
    rehydrateSeconds: round(rehydrateSeconds),
  }),
);

function* walk(): Generator<IndexTick, void, undefined> {
  let priceCents = 6_000_000;
  for (let seq = 1; seq <= ticks; seq += 1) {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    priceCents = Math.max(1, Math.round(priceCents + SIGMA_CENTS * normal));
    yield {
      symbol: SYMBOL,
      seq,
      atMs: FIRST_MS + seq * TICK_MS,
      priceCents: cents(priceCents),
      quality: 'ok',
      venues: 5,
      venueMask: 31,
      compositionJump: false,
    };
  }
}

function fill(log: TickLog): void {
  const startMs = performance.now();
  let entries: { epoch: number; tick: IndexTick }[] = [];
  const commit = (): void => {
    log.commit({ epoch: 1, entries });
    entries = [];
  };
  for (const tick of walk()) {
    entries.push({ epoch: 1, tick });
    if (entries.length === COMMIT_TICKS) commit();
  }
  if (entries.length > 0) commit();
  say(`${ticks} ticks into the log: ${round((performance.now() - startMs) / 1_000)} s`);
}

/** From nothing, in seconds. */
async function rehydrate(): Promise<number> {
  const upkeep = new HistoryUpkeep({ tickLog, history, log: silentLogger, metrics: new Metrics('bench') });
  const stepsMs: number[] = [];
  const startMs = performance.now();
  while (upkeep.state !== 'complete') {
    const stepMs = performance.now();
    await upkeep.step();
    stepsMs.push(performance.now() - stepMs);
    await new Promise((resolve) => setTimeout(resolve, REHYDRATE_PAUSE_MS));
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const [p50, p99] = [percentile(stepsMs, 0.5), percentile(stepsMs, 0.99)].map(round);
  say(`rehydration: ${stepsMs.length} steps, p50 ${p50} ms, p99 ${p99} ms`);
  return seconds;
}

async function memoryUsage(key: string): Promise<number> {
  const bytes = Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
  say(`${key}: ${round(bytes / 2 ** 20)} MiB`);
  return bytes;
}

async function fillNaive(to: RedisConnection): Promise<void> {
  let pipeline = to.pipeline();
  for (const tick of tickLog.after(0, naiveTicks)) {
    pipeline.zadd(NAIVE_KEY, tick.atMs, encodeMember(tick));
    if (tick.seq % 1_000 !== 0) continue;
    await pipeline.exec();
    pipeline = to.pipeline();
  }
  await pipeline.exec();
}

async function readPacked(fromMs: number): Promise<number> {
  const range = { fromMs, toMs: fromMs + RANGE_MS - 1, limit: 5_000 };
  return (await history.range(range)).ticks.length;
}

async function readNaive(fromMs: number): Promise<number> {
  const members = await redis.zrangebyscore(NAIVE_KEY, fromMs, fromMs + RANGE_MS - 1);
  return members.map(decodeMember).length;
}

/** Of minutes anywhere in what both hold, one after the other, so that what else runs here troubles both. */
async function rangeP99s(readers: readonly ((fromMs: number) => Promise<number>)[]): Promise<number[]> {
  const minute = RANGE_MS / TICK_MS;
  const tookMs: number[][] = readers.map(() => []);
  for (let n = 0; n < reads; n += 1) {
    const fromSeq = 1 + Math.floor(random.fraction() * (naiveTicks - minute));
    for (const [reader, read] of readers.entries()) {
      const startMs = performance.now();
      const found = await read(FIRST_MS + fromSeq * TICK_MS);
      tookMs[reader]?.push(performance.now() - startMs);
      if (found !== minute) throw new Error(`${found} ticks in a minute from seq ${fromSeq}`);
    }
  }
  say(`ranges, p50: ${tookMs.map((times) => `${round(percentile(times, 0.5))} ms`).join(', naive ')}`);
  return tookMs.map((times) => percentile(times, 0.99));
}

function timeCandles(): void {
  const startMs = performance.now();
  let candles = 0;
  for (let fromMs: number | undefined = 0; fromMs !== undefined; ) {
    const page = readCandles(tickLog, { intervalMs: 60_000, fromMs, toMs: FIRST_MS * 2 });
    candles += page.candles.length;
    fromMs = page.nextFromMs;
  }
  say(`${candles} candles of a minute: ${round(performance.now() - startMs)} ms`);
}
