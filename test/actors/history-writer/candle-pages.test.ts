import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCandles } from '../../../src/actors/history-writer/candle-pages.ts';
import { MINUTE_MS } from '../../../src/actors/history-writer/minute-candles.ts';
import {
  openSqliteTickLog,
  TICK_LOG_MIGRATIONS,
} from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import {
  CANDLE_INTERVALS_MS,
  type Candle,
  type CandleIntervalMs,
  candlesOf,
} from '../../../src/domain/candle.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { cents } from '../../../src/domain/units.ts';
import type { RecordedCandle } from '../../../src/protocol/letters/history-writer.ts';
import { CANDLES_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { indexTick } from '../../support/index-ticks.ts';

const START_MS = 1_699_999_200_000;
const DAY_MS = 86_400_000;
const commit = (log: TickLog, ticks: readonly IndexTick[]): void =>
  log.commit({ epoch: 1, entries: ticks.map((tick) => ({ epoch: 1, tick })) });
const line = (stepsMs: readonly number[], from = 1): IndexTick[] => {
  let atMs = START_MS;
  return stepsMs.map((stepMs, n) => {
    atMs += stepMs;
    const quality = n % 7 === 0 ? 'degraded' : 'ok';
    return indexTick(from + n, { atMs, priceCents: cents(1_000 + ((n * 7_919) % 501)), quality });
  });
};
const plain = ({ isUnfinished: _, ...candle }: RecordedCandle): Candle => candle;

let log: TickLog;
beforeEach(() => {
  log = openSqliteTickLog(':memory:');
});
afterEach(() => log.close());

/** Every page, as a client asks for them. */
function readAll(intervalMs: CandleIntervalMs, fromMs: number, toMs: number): RecordedCandle[] {
  const candles: RecordedCandle[] = [];
  for (let next: number | undefined = fromMs; next !== undefined; ) {
    const page = readCandles(log, { intervalMs, fromMs: next, toMs });
    expect(page.candles.length).toBeLessThanOrEqual(CANDLES_PER_READ_MAX);
    expect(page.nextFromMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(next);
    candles.push(...page.candles);
    next = page.nextFromMs;
  }
  return candles;
}

describe('candle pages', () => {
  it('are exact, whatever the interval, however the ticks came in', () => {
    const steps = fc.array(fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 50 * DAY_MS })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }), (stepsMs, batches) => {
        const ticks = line(stepsMs);
        const fresh = openSqliteTickLog(':memory:');
        log.close();
        log = fresh;
        for (let [at, n] = [0, 0]; at < ticks.length; n += 1) {
          const batch = batches[n] ?? 1;
          commit(log, ticks.slice(at, at + batch));
          at += batch;
        }
        for (const intervalMs of CANDLE_INTERVALS_MS) {
          const read = readAll(intervalMs, 0, Number.MAX_SAFE_INTEGER);
          expect(read.map(plain)).toEqual(candlesOf(ticks, intervalMs));
          expect(read.map(({ isUnfinished }) => isUnfinished)).toEqual(
            read.map((_, n) => n === read.length - 1),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hold every candle that shares a moment with the range, whole', () => {
    const ticks = line(Array.from({ length: 400 }, () => 1_000));
    commit(log, ticks);
    for (const intervalMs of [5_000, MINUTE_MS] as const) {
      const all = candlesOf(ticks, intervalMs);
      const opensAtMs = all[3]?.opensAtMs ?? 0;
      const read = (fromMs: number, toMs: number) => readAll(intervalMs, fromMs, toMs).map(plain);
      expect(read(opensAtMs, opensAtMs)).toEqual(all.slice(3, 4));
      expect(read(opensAtMs - 1, opensAtMs + intervalMs)).toEqual(all.slice(2, 5));
      expect(read(opensAtMs + 1, opensAtMs + intervalMs - 1)).toEqual(all.slice(3, 4));
    }
    expect(readAll(60_000, 0, START_MS - 1)).toEqual([]);
    expect(readAll(60_000, START_MS + DAY_MS, START_MS + 2 * DAY_MS)).toEqual([]);
  });

  it('of an empty log are none', () => {
    expect(readCandles(log, { intervalMs: 60_000, fromMs: 0, toMs: START_MS })).toEqual({ candles: [] });
  });

  it('begin and go on where there are ticks: years without any cost nothing', () => {
    const ticks = line([1_000, 5 * 365 * DAY_MS, 1_000]);
    commit(log, ticks);
    const first = readCandles(log, { intervalMs: 60_000, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
    expect(first.candles).toHaveLength(1);
    const second = readCandles(log, {
      intervalMs: 60_000,
      fromMs: first.nextFromMs ?? 0,
      toMs: Number.MAX_SAFE_INTEGER,
    });
    expect(second.candles).toHaveLength(1);
    expect(second.nextFromMs).toBeUndefined();
  });

  it('finish a candle with the first tick at or after its end', () => {
    const unfinished = () => readAll(60_000, 0, Number.MAX_SAFE_INTEGER).map((candle) => candle.isUnfinished);
    commit(log, [indexTick(1, { atMs: START_MS }), indexTick(2, { atMs: START_MS + MINUTE_MS - 1 })]);
    expect(unfinished()).toEqual([true]);
    commit(log, [indexTick(3, { atMs: START_MS + MINUTE_MS })]);
    expect(unfinished()).toEqual([false, true]);
  });

  it('are there for ticks from before there were candles', () => {
    const ticks = line(Array.from({ length: 300 }, (_, n) => 1 + ((n * 7_919) % 60_000)));
    const old = openSqlite({ path: ':memory:', migrations: TICK_LOG_MIGRATIONS.slice(0, 2) });
    const insert = old.prepare('INSERT INTO ticks VALUES (?, ?, ?, ?, 1, 1, 1, 0)');
    for (const { seq, atMs, priceCents, quality } of ticks) insert.run(seq, atMs, priceCents, quality);
    old.exec(TICK_LOG_MIGRATIONS[2]);
    const rows = old.prepare('SELECT * FROM candles ORDER BY opens_at_ms').raw().all();
    expect(rows).toEqual(candlesOf(ticks, MINUTE_MS).map((candle) => Object.values(candle)));
    old.close();
  });
});
