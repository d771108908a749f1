/**
 * Recorded prices for a backtest: bars, or ticks made of recorded quotes and trades, in any format that
 * `touchline import` takes.
 *
 * Invariants: a row that is not what its format says is refused with file and line, never skipped; what is
 * returned is strictly ordered in time. A gap stays a gap.
 */
import { basename } from 'node:path';
import type { PriceBar } from '../../domain/volatility.ts';
import type { Bar, PricePoint, RecordingFormat } from '../../market-data/recorded-rows.ts';
import { TickRaster } from '../../market-data/recorded-ticks.ts';
import { type RecordedRow, RecordingError, readWholeRecording } from '../../market-data/recording.ts';

export class PriceFileError extends Error {}

export type RecordedTick = PricePoint;

const CENTS_PER_UNIT = 100;
/** A price stands for this long: quotes come all the time, trades only when somebody trades. */
const QUOTE_CARRY_MS = 2_000;
const TRADE_CARRY_MS = 15_000;

export function readBars(path: string): PriceBar[] {
  return goodRows(path).rows.map((row) =>
    row.kind === 'bar' ? priceBar(row.bar) : refuse(path, row, 'not a bar'),
  );
}

/** The last price as of each multiple of `tickMs`, for as long as a price of this format stands. */
export function readTicks(path: string, tickMs: number): RecordedTick[] {
  const { format, rows } = goodRows(path);
  const raster = new TickRaster(tickMs, isTrades(format) ? TRADE_CARRY_MS : QUOTE_CARRY_MS);
  const ticks: RecordedTick[] = [];
  for (const row of rows) {
    if (row.kind === 'bar') refuse(path, row, 'a bar is neither a quote nor a trade');
    ticks.push(...raster.take(row));
  }
  ticks.push(...raster.end());
  if (ticks.length === 0) throw new PriceFileError(`${basename(path)}: no ticks`);
  return ticks;
}

function goodRows(path: string): { readonly format: RecordingFormat; readonly rows: readonly RecordedRow[] } {
  try {
    const { format, rows } = readWholeRecording(path);
    const bad = rows.find((row) => row.kind === 'bad');
    if (bad) refuse(path, bad, bad.reason);
    if (rows.length === 0) throw new PriceFileError(`${path}: no prices`);
    return { format, rows };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new PriceFileError(`${path}${error.line > 0 ? `:${error.line}` : ''}: ${error.message}`);
  }
}

const isTrades = (format: RecordingFormat): boolean => format === 'trades' || format === 'kraken-trades';

const refuse = (path: string, { line }: Pick<RecordedRow, 'line'>, what: string): never => {
  throw new PriceFileError(`${path}:${line}: ${what}`);
};

const priceBar = ({ openAtMs, lengthMs, openCents, highCents, lowCents, closeCents }: Bar): PriceBar => ({
  opensAtMs: openAtMs,
  closesAtMs: openAtMs + lengthMs,
  open: openCents / CENTS_PER_UNIT,
  high: highCents / CENTS_PER_UNIT,
  low: lowCents / CENTS_PER_UNIT,
  close: closeCents / CENTS_PER_UNIT,
});
