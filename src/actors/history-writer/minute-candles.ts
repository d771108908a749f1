/**
 * The candles of one minute, kept beside the ticks in the same file and written in the same transaction, so
 * that weeks of candles are read without touching a tick. Derived: everything here follows from the ticks.
 */
import { type Candle, candlesOf, intervalStartMs } from '../../domain/candle.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { cents } from '../../domain/units.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';

export const MINUTE_MS = 60_000;

/** Makes the table, and the candles of the ticks that are there already. */
export const MINUTE_CANDLES_MIGRATION = `
  CREATE TABLE candles (
    opens_at_ms INTEGER PRIMARY KEY CHECK (opens_at_ms >= 0 AND opens_at_ms % 60000 = 0),
    open_cents INTEGER NOT NULL,
    high_cents INTEGER NOT NULL CHECK (high_cents >= max(open_cents, close_cents)),
    low_cents INTEGER NOT NULL CHECK (low_cents BETWEEN 1 AND min(open_cents, close_cents)),
    close_cents INTEGER NOT NULL,
    ticks INTEGER NOT NULL CHECK (ticks >= 1),
    degraded_ticks INTEGER NOT NULL CHECK (degraded_ticks BETWEEN 0 AND ticks),
    max_step_ms INTEGER NOT NULL CHECK (max_step_ms >= 0)
  ) STRICT;
  INSERT INTO candles
    SELECT opens_at_ms,
      (SELECT price_cents FROM ticks WHERE seq = first_seq), high_cents, low_cents,
      (SELECT price_cents FROM ticks WHERE seq = last_seq), count, degraded, max_step_ms
    FROM (
      SELECT opens_at_ms, min(seq) AS first_seq, max(seq) AS last_seq, max(price_cents) AS high_cents,
        min(price_cents) AS low_cents, count(*) AS count, sum(quality = 'degraded') AS degraded,
        max(max(before_ms, after_ms)) AS max_step_ms
      FROM (
        SELECT seq, price_cents, quality, at_ms - at_ms % 60000 AS opens_at_ms,
          at_ms - lag(at_ms, 1, at_ms) OVER (ORDER BY seq) AS before_ms,
          lead(at_ms, 1, at_ms) OVER (ORDER BY seq) - at_ms AS after_ms
        FROM ticks)
      GROUP BY opens_at_ms);`;

type CandleRow = [number, number, number, number, number, number, number, number];

export class MinuteCandles {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: SqliteDatabase) {
    this.#statements = prepare(db);
  }

  /** In the transaction that writes `ticks`, which follow `last`. */
  add(last: IndexTick | null, ticks: readonly IndexTick[]): void {
    const [first] = ticks;
    if (!first) return;
    for (const candle of candlesOf(last ? [last, ...ticks] : ticks, MINUTE_MS, { fromMs: first.atMs })) {
      this.#statements.add.run(candle);
    }
    if (last) this.#statements.stretch.run(first.atMs - last.atMs, intervalStartMs(last.atMs, MINUTE_MS));
  }

  /** Those that open at or after `fromMs` and before `toMs`. */
  read(fromMs: number, toMs: number): Candle[] {
    return this.#statements.read.all(fromMs, toMs).map(candleOf);
  }
}

function prepare(db: SqliteDatabase) {
  const columns =
    'opens_at_ms, open_cents, high_cents, low_cents, close_cents, ticks, degraded_ticks, max_step_ms';
  return {
    add: db.prepare<[Candle]>(
      `INSERT INTO candles (${columns}) VALUES (:opensAtMs, :openCents, :highCents, :lowCents, :closeCents,
         :ticks, :degradedTicks, :maxStepMs)
       ON CONFLICT (opens_at_ms) DO UPDATE SET
         high_cents = max(high_cents, excluded.high_cents), low_cents = min(low_cents, excluded.low_cents),
         close_cents = excluded.close_cents, ticks = ticks + excluded.ticks,
         degraded_ticks = degraded_ticks + excluded.degraded_ticks,
         max_step_ms = max(max_step_ms, excluded.max_step_ms)`,
    ),
    stretch: db.prepare<[number, number]>(
      'UPDATE candles SET max_step_ms = max(max_step_ms, ?) WHERE opens_at_ms = ?',
    ),
    read: db
      .prepare<[number, number], CandleRow>(
        `SELECT ${columns} FROM candles WHERE opens_at_ms >= ? AND opens_at_ms < ? ORDER BY opens_at_ms`,
      )
      .raw(),
  };
}

const candleOf = ([
  opensAtMs,
  open,
  high,
  low,
  close,
  ticks,
  degradedTicks,
  maxStepMs,
]: CandleRow): Candle => ({
  opensAtMs,
  openCents: cents(open),
  highCents: cents(high),
  lowCents: cents(low),
  closeCents: cents(close),
  ticks,
  degradedTicks,
  maxStepMs,
});
