/**
 * The price line is straight between two consecutive ticks; this says what such a stretch meets and where it
 * is at an instant.
 *
 * Invariants: exact (integers only); a cell met is a closed rectangle, so touching its border or corner
 * counts, and so does jumping over the band between two ticks.
 * Non-goals: whether the stretch may count at all (gaps, composition jumps); see settlement.ts.
 */
import type { Band, TimeWindow } from './cell.ts';
import type { IndexTick } from './tick.ts';
import { type Cents, cents } from './units.ts';

export type PathPoint = Pick<IndexTick, 'atMs' | 'priceCents'>;
export type Rectangle = Band & TimeWindow;

/** `prev` and `next` may be the same point; `next` must not be earlier. */
export function segmentMeetsCell(prev: PathPoint, next: PathPoint, cell: Rectangle): boolean {
  if (next.atMs < prev.atMs) throw new RangeError(`ticks out of order: ${prev.atMs}, ${next.atMs}`);
  if (next.atMs < cell.opensAtMs || prev.atMs > cell.closesAtMs) return false;
  const bottom = Math.min(prev.priceCents, next.priceCents);
  const top = Math.max(prev.priceCents, next.priceCents);
  if (cell.lowCents !== null && top < cell.lowCents) return false;
  if (cell.highCents !== null && bottom > cell.highCents) return false;
  const isWithinWindow = prev.atMs >= cell.opensAtMs && next.atMs <= cell.closesAtMs;
  // The stretch is monotone, so without clipping its two ends say it all.
  return isWithinWindow || clippedMeetsBand(prev, next, cell);
}

/** The price of the stretch at an instant of it, rounded to whole cents towards each side. */
export function priceCentsAt(
  prev: PathPoint,
  next: PathPoint,
  atMs: number,
): { readonly floor: Cents; readonly ceil: Cents } {
  if (atMs === next.atMs) return { floor: next.priceCents, ceil: next.priceCents };
  if (atMs === prev.atMs) return { floor: prev.priceCents, ceil: prev.priceCents };
  const lengthMs = BigInt(next.atMs - prev.atMs);
  const scaled = scaledPriceAt(prev, next, atMs);
  // BigInt division truncates, and prices are not negative.
  const floor = scaled / lengthMs;
  return { floor: cents(Number(floor)), ceil: cents(Number(scaled % lengthMs === 0n ? floor : floor + 1n)) };
}

/** Prices at the clipped ends, all scaled by the stretch's length; BigInt because products may be large. */
function clippedMeetsBand(prev: PathPoint, next: PathPoint, cell: Rectangle): boolean {
  const lengthMs = BigInt(next.atMs - prev.atMs);
  const first = scaledPriceAt(prev, next, Math.max(prev.atMs, cell.opensAtMs));
  const last = scaledPriceAt(prev, next, Math.min(next.atMs, cell.closesAtMs));
  const [bottom, top] = first < last ? [first, last] : [last, first];
  const isAbove = cell.highCents !== null && bottom > BigInt(cell.highCents) * lengthMs;
  const isBelow = cell.lowCents !== null && top < BigInt(cell.lowCents) * lengthMs;
  return !isAbove && !isBelow;
}

/** Price times the stretch's length. */
function scaledPriceAt(prev: PathPoint, next: PathPoint, atMs: number): bigint {
  const rise = BigInt(next.priceCents) - BigInt(prev.priceCents);
  return BigInt(prev.priceCents) * BigInt(next.atMs - prev.atMs) + rise * BigInt(atMs - prev.atMs);
}
