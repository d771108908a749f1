/**
 * Pages of candles from the tick log. What one page reads is bounded, whatever is asked for: an hour of ticks
 * or five weeks of minutes, in which time the actor does nothing else. Time without ticks costs nothing.
 */
import { type Candle, candlesOf, intervalStartMs, mergeCandles } from '../../domain/candle.ts';
import type { CandlesRead, ReadCandles } from '../../protocol/letters/history-writer.ts';
import { CANDLES_PER_READ_MAX } from '../../protocol/limits.ts';
import { MINUTE_MS } from './minute-candles.ts';
import type { TickLog } from './tick-log.ts';

const TICKS_SPAN_MS = 60 * MINUTE_MS;
const MINUTES_SPAN_MS = 35 * 24 * 60 * MINUTE_MS;

/** Every candle whose interval shares a moment with [fromMs, toMs]; each is whole, also at the two ends. */
export function readCandles(
  tickLog: TickLog,
  { intervalMs, fromMs, toMs }: ReadCandles['body'],
): CandlesRead {
  const first = tickLog.firstSince(intervalStartMs(fromMs, intervalMs));
  const { last } = tickLog.head();
  const afterMs = intervalStartMs(toMs, intervalMs) + intervalMs;
  if (!first || !last || first.atMs >= afterMs) return { candles: [] };

  const spanMs = intervalMs < MINUTE_MS ? TICKS_SPAN_MS : MINUTES_SPAN_MS;
  const pageFromMs = intervalStartMs(first.atMs, intervalMs);
  const pageToMs = Math.min(afterMs, pageFromMs + Math.min(spanMs, CANDLES_PER_READ_MAX * intervalMs));
  const candles =
    intervalMs < MINUTE_MS
      ? fromTicks(tickLog, intervalMs, pageFromMs, pageToMs)
      : mergeCandles(tickLog.minuteCandles(pageFromMs, pageToMs), intervalMs);

  const next = pageToMs < afterMs ? tickLog.firstSince(pageToMs) : undefined;
  return {
    candles: candles.map((candle) => ({
      ...candle,
      isUnfinished: last.atMs < candle.opensAtMs + intervalMs,
    })),
    ...(next && next.atMs < afterMs ? { nextFromMs: intervalStartMs(next.atMs, intervalMs) } : {}),
  };
}

function fromTicks(tickLog: TickLog, intervalMs: number, fromMs: number, toMs: number): Candle[] {
  // Time goes forward with every tick: there is no more than one a millisecond.
  const inside = tickLog.range({ fromMs, toMs: toMs - 1, limit: toMs - fromMs });
  const [first] = inside;
  const before = first && tickLog.at(first.seq - 1);
  const after = tickLog.firstSince(toMs);
  const ticks = [...(before ? [before] : []), ...inside, ...(after ? [after] : [])];
  return candlesOf(ticks, intervalMs, { fromMs, toMs });
}
