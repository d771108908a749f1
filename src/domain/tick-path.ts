/**
 * The price line is straight between two consecutive ticks; this says whether such a stretch meets a cell.
 *
 * Invariants: exact (integers only, no division); the cell is a closed rectangle, so touching its border or
 * corner counts, and so does jumping over the band between two ticks.
 * Non-goals: whether the stretch may count at all (gaps); see settlement.ts.
 */
import type { Cell } from './cell.ts';
import type { IndexTick } from './tick.ts';

export type PathPoint = Pick<IndexTick, 'atMs' | 'priceCents'>;
export type Rectangle = Pick<Cell, 'opensAtMs' | 'closesAtMs' | 'lowCents' | 'highCents'>;

/** `prev` and `next` may be the same point; `next` must not be earlier. */
export function segmentMeetsCell(prev: PathPoint, next: PathPoint, cell: Rectangle): boolean {
  if (next.atMs < prev.atMs) throw new RangeError(`ticks out of order: ${prev.atMs}, ${next.atMs}`);
  if (next.atMs < cell.opensAtMs || prev.atMs > cell.closesAtMs) return false;
  const bottom = Math.min(prev.priceCents, next.priceCents);
  const top = Math.max(prev.priceCents, next.priceCents);
  if (top < cell.lowCents || bottom > cell.highCents) return false;
  const isWithinWindow = prev.atMs >= cell.opensAtMs && next.atMs <= cell.closesAtMs;
  // The stretch is monotone, so without clipping its two ends say it all.
  return isWithinWindow || clippedMeetsBand(prev, next, cell);
}

/** Prices at the clipped ends, all scaled by the stretch's length; BigInt because products may be large. */
function clippedMeetsBand(prev: PathPoint, next: PathPoint, cell: Rectangle): boolean {
  const lengthMs = BigInt(next.atMs - prev.atMs);
  const rise = BigInt(next.priceCents) - BigInt(prev.priceCents);
  const start = BigInt(prev.priceCents) * lengthMs;
  const scaledPriceAt = (atMs: number): bigint => start + rise * BigInt(atMs - prev.atMs);
  const first = scaledPriceAt(Math.max(prev.atMs, cell.opensAtMs));
  const last = scaledPriceAt(Math.min(next.atMs, cell.closesAtMs));
  const [bottom, top] = first < last ? [first, last] : [last, first];
  return top >= BigInt(cell.lowCents) * lengthMs && bottom <= BigInt(cell.highCents) * lengthMs;
}
