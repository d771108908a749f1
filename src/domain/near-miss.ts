/**
 * How close the path came to a band it never met: what a lost touch is told.
 *
 * The path of a window is kept as runs, each the highest and lowest price of a stretch without a composition
 * jump. A run is continuous and never met the band, so it lies on one side of it, and its lowest or highest
 * price is its closest. That makes the answer for every band of a column from a few numbers.
 *
 * Invariants: only ticks and the clipped ends of the window are looked at, where a line of straight stretches
 * is extreme; a distance is in whole cents, rounded up, so it is never 0; among equals the first counts.
 */
import type { Band, TimeWindow } from './cell.ts';
import type { IndexTick } from './tick.ts';
import { priceCentsAt } from './tick-path.ts';

/** The closest the path came to the band within the window. */
export interface NearMiss {
  /** Distance in whole cents, rounded up. */
  readonly cents: number;
  /** When: a tick's time, or an end of the window. */
  readonly atMs: number;
  /** The tick there, or the one that ends the stretch it is on. */
  readonly seq: number;
}

interface Extreme {
  readonly priceCents: number;
  readonly atMs: number;
  readonly seq: number;
}

/** `lowest` is rounded up and `highest` down: towards what lies beyond them. */
interface Run {
  readonly lowest: Extreme;
  readonly highest: Extreme;
}

/** The part of the path that lies in a window, so far. */
export interface WindowPath {
  readonly runs: readonly Run[];
  /** The next stretch does not continue the last run. */
  readonly isBroken: boolean;
}

export const EMPTY_PATH: WindowPath = Object.freeze({ runs: [], isBroken: true });

export const breakPath = (path: WindowPath): WindowPath =>
  path.isBroken ? path : { runs: path.runs, isBroken: true };

/** Adds the stretch between two ticks (or one tick twice), which must share an instant with the window. */
export function extendPath(
  path: WindowPath,
  window: TimeWindow,
  prev: IndexTick,
  tick: IndexTick,
): WindowPath {
  const run = path.isBroken ? undefined : path.runs.at(-1);
  const isWithin = prev.atMs >= window.opensAtMs && tick.atMs <= window.closesAtMs;
  if (run && isWithin) {
    const { priceCents } = tick;
    // Where the stretch begins was seen with the one before.
    if (priceCents >= run.lowest.priceCents && priceCents <= run.highest.priceCents) return path;
  }
  const fromMs = Math.max(prev.atMs, window.opensAtMs);
  const toMs = Math.min(tick.atMs, window.closesAtMs);
  const start = pointAt(prev, tick, fromMs);
  const end = pointAt(prev, tick, toMs);
  const grown = extendRun(extendRun(run ?? start, start), end);
  if (grown === run) return path;
  const before = run ? path.runs.slice(0, -1) : path.runs;
  return { runs: [...before, grown], isBroken: false };
}

/** The closest approach to a band that no run met; undefined if nothing of the path was in the window. */
export function nearMissOf({ runs }: WindowPath, { lowCents, highCents }: Band): NearMiss | undefined {
  let nearest: NearMiss | undefined;
  for (const { lowest, highest } of runs) {
    const isAbove = highCents !== null && lowest.priceCents > highCents;
    if (!isAbove && lowCents === null) continue;
    const { atMs, seq } = isAbove ? lowest : highest;
    const cents = isAbove ? lowest.priceCents - highCents : (lowCents ?? 0) - highest.priceCents;
    if (!nearest || cents < nearest.cents) nearest = { cents, atMs, seq };
  }
  return nearest;
}

function pointAt(prev: IndexTick, tick: IndexTick, atMs: number): Run {
  const { floor, ceil } = priceCentsAt(prev, tick, atMs);
  const seq = atMs === prev.atMs ? prev.seq : tick.seq;
  return { lowest: { priceCents: ceil, atMs, seq }, highest: { priceCents: floor, atMs, seq } };
}

function extendRun(run: Run, point: Run): Run {
  const isLower = point.lowest.priceCents < run.lowest.priceCents;
  const isHigher = point.highest.priceCents > run.highest.priceCents;
  if (!isLower && !isHigher) return run;
  return {
    lowest: isLower ? point.lowest : run.lowest,
    highest: isHigher ? point.highest : run.highest,
  };
}
