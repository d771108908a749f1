/**
 * Candles of the price line: what the ticks of one interval did, exactly, from the ticks alone. Intervals are
 * aligned to multiples of their length since the Unix epoch; an interval without a tick has no candle.
 *
 * Invariant: candles of a length that divides another's merge into those others without loss.
 */
import type { IndexTick } from './tick.ts';
import { type Cents, cents } from './units.ts';

/** 1, 5, 15 and 30 s; 1, 5, 15 and 30 min; 1 and 4 h; 1 d. Each divides the next. */
export const CANDLE_INTERVALS_MS = [
  ...[1_000, 5_000, 15_000, 30_000],
  ...[60_000, 300_000, 900_000, 1_800_000],
  ...[3_600_000, 14_400_000, 86_400_000],
] as const;
export type CandleIntervalMs = (typeof CANDLE_INTERVALS_MS)[number];

export interface Candle {
  readonly opensAtMs: number;
  readonly openCents: Cents;
  readonly highCents: Cents;
  readonly lowCents: Cents;
  readonly closeCents: Cents;
  /** How many ticks, and how many of them degraded. */
  readonly ticks: number;
  readonly degradedTicks: number;
  /** The longest time between two neighbouring ticks of which at least one is of this candle. */
  readonly maxStepMs: number;
}

export const isCandleInterval = (value: unknown): value is CandleIntervalMs =>
  CANDLE_INTERVALS_MS.some((known) => known === value);

/** When the interval that holds this moment opens. */
export const intervalStartMs = (atMs: number, intervalMs: number): number => atMs - (atMs % intervalMs);

/**
 * `ticks`: dense, oldest first. Those from `fromMs` on make candles; older ones, and what comes after `toMs`
 * (exclusive), only tell how long the steps at the ends are.
 */
export function candlesOf(
  ticks: readonly IndexTick[],
  intervalMs: number,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = {},
): Candle[] {
  const singles = ticks.map((tick, index): Candle => {
    const before = ticks[index - 1];
    const after = ticks[index + 1];
    return {
      opensAtMs: intervalStartMs(tick.atMs, intervalMs),
      openCents: tick.priceCents,
      highCents: tick.priceCents,
      lowCents: tick.priceCents,
      closeCents: tick.priceCents,
      ticks: 1,
      degradedTicks: tick.quality === 'degraded' ? 1 : 0,
      maxStepMs: Math.max(before ? tick.atMs - before.atMs : 0, after ? after.atMs - tick.atMs : 0),
    };
  });
  const inside = singles.filter((_, index) => {
    const atMs = ticks[index]?.atMs ?? 0;
    return atMs >= fromMs && atMs < toMs;
  });
  return mergeCandles(inside, intervalMs);
}

/** Candles of a shorter length (or single ticks), oldest first, as candles of `intervalMs`. */
export function mergeCandles(candles: readonly Candle[], intervalMs: number): Candle[] {
  const merged: Candle[] = [];
  for (const candle of candles) {
    const opensAtMs = intervalStartMs(candle.opensAtMs, intervalMs);
    const last = merged.at(-1);
    if (last?.opensAtMs === opensAtMs) merged[merged.length - 1] = joined(last, candle);
    else merged.push({ ...candle, opensAtMs });
  }
  return merged;
}

const joined = (earlier: Candle, later: Candle): Candle => ({
  opensAtMs: earlier.opensAtMs,
  openCents: earlier.openCents,
  highCents: cents(Math.max(earlier.highCents, later.highCents)),
  lowCents: cents(Math.min(earlier.lowCents, later.lowCents)),
  closeCents: later.closeCents,
  ticks: earlier.ticks + later.ticks,
  degradedTicks: earlier.degradedTicks + later.degradedTicks,
  maxStepMs: Math.max(earlier.maxStepMs, later.maxStepMs),
});
