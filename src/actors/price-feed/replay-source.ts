/**
 * Plays a recorded series for ever: forward, then backward, then forward, re-timed to now.
 *
 * Why it turns round: cutting from the end back to the start jumps; adding up differences does not, but
 * drifts away over a day. Reflection does neither: every step is a recorded step, in one direction or the
 * other, and every price a recorded price. A walk without drift looks the same backward. (The future of a
 * replay is known to whoever has the file: it is for play and for tests.)
 *
 * After a restart it goes on where the series is nearest to the last recorded price, so the line has no jump
 * there either, unless another source with other prices ran before.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { PriceSource } from './price-source.ts';
import type { SeriesPoint } from './replay-series.ts';

/** A recorded price older than this is not carried: the gap in the recording is a gap on the line. */
const CARRY_MS_MAX = 1_000;

export function replaySource(series: readonly SeriesPoint[]): PriceSource {
  const startMs = series[0]?.atMs ?? 0;
  const spanMs = (series.at(-1)?.atMs ?? 0) - startMs;
  const loopMs = 2 * spanMs;
  let last: IndexTick | null = null;
  /** Added to an instant to get its place in the loop; set by the first call. */
  let shiftMs: number | undefined;

  return {
    start(lastTick) {
      last = lastTick;
      shiftMs = undefined;
    },
    priceAt(atMs) {
      shiftMs ??= (last ? phaseNearest(series, last, loopMs) : 0) - atMs;
      const phaseMs = modulo(atMs + shiftMs, loopMs);
      const offsetMs = phaseMs <= spanMs ? phaseMs : loopMs - phaseMs;
      const point = lastAtOrBefore(series, startMs + offsetMs);
      if (!point || startMs + offsetMs - point.atMs > CARRY_MS_MAX) return undefined;
      return { priceCents: point.priceCents, quality: 'ok', venues: 1, venueMask: 1, compositionJump: false };
    },
    stop() {},
  };
}

/**
 * The place in the loop whose price is nearest to the last tick's. Prices recur: of the nearest, the one that
 * comes soonest after where the last tick would be if the loop had run since the epoch, so that restarts at
 * different times go on at different places.
 */
function phaseNearest(series: readonly SeriesPoint[], last: IndexTick, loopMs: number): number {
  const startMs = series[0]?.atMs ?? 0;
  let nearest = { phaseMs: 0, differenceCents: Number.POSITIVE_INFINITY, distanceMs: 0 };
  for (const point of series) {
    const differenceCents = Math.abs(point.priceCents - last.priceCents);
    if (differenceCents > nearest.differenceCents) continue;
    const forwardMs = point.atMs - startMs;
    for (const phaseMs of [forwardMs, modulo(loopMs - forwardMs, loopMs)]) {
      const distanceMs = modulo(phaseMs - last.atMs, loopMs);
      if (differenceCents < nearest.differenceCents || distanceMs < nearest.distanceMs) {
        nearest = { phaseMs, differenceCents, distanceMs };
      }
    }
  }
  return nearest.phaseMs;
}

function lastAtOrBefore(series: readonly SeriesPoint[], atMs: number): SeriesPoint | undefined {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((series[middle]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) low = middle + 1;
    else high = middle;
  }
  return series[low - 1];
}

const modulo = (n: number, divisor: number): number => ((n % divisor) + divisor) % divisor;
