/**
 * Implied against realised: what quoted cells were said to do and what they did, by quoted multiplier and by
 * how far ahead they were. The same figures for backtests, for the offered cells of the running market and
 * for settled bets.
 *
 * Plain and restorable. Non-goal: judging them. Cells of one column hit or miss together, so the intervals,
 * which take every cell for itself, are narrower than the truth where cells and not bets are counted.
 */
import { formatMultiplier, type Hundredths, hundredths } from './units.ts';

/** From each, up to the next; the last one's end, the cap of multipliers, is in it. */
export const MULTIPLIER_BOUNDS_HUNDREDTHS: readonly number[] = [
  101, 110, 125, 150, 200, 250, 350, 500, 700, 1_000, 1_500, 2_500,
];
/** Seconds until the window opens: up to each, included. What is later counts with the last. */
export const HORIZON_BOUNDS_SECONDS: readonly number[] = [10, 20, 40, 60, 180, 600];

export interface ReliabilityBucket {
  /** From this multiplier, up to the other one, as the API writes them. */
  readonly multiplier: string;
  readonly multiplierTo: string;
  /** Windows that opened at most this far ahead, and further than the bucket before; null: all. */
  readonly horizonSeconds: number | null;
  readonly n: number;
  /** Mean probability that was quoted, and the fraction that won. */
  readonly implied: number;
  readonly realised: number;
  /** Wilson's interval of 95 % around `realised`. */
  readonly ciLow: number;
  readonly ciHigh: number;
  /** What a stake of 1 on each was paid back on average. */
  readonly rtp: number;
}

/** One list entry for each horizon and multiplier bucket, in that order. */
export interface ReliabilitySnapshot {
  readonly counts: readonly number[];
  readonly implied: readonly number[];
  readonly hits: readonly number[];
  readonly paid: readonly number[];
}

const MULTIPLIERS = MULTIPLIER_BOUNDS_HUNDREDTHS.length - 1;
const SIZE = HORIZON_BOUNDS_SECONDS.length * MULTIPLIERS;

export class ReliabilityTally {
  readonly #counts: Float64Array;
  readonly #implied: Float64Array;
  readonly #hits: Float64Array;
  readonly #paid: Float64Array;

  constructor(snapshot?: ReliabilitySnapshot) {
    const restored = (values: readonly number[] | undefined): Float64Array =>
      values?.length === SIZE ? Float64Array.from(values) : new Float64Array(SIZE);
    this.#counts = restored(snapshot?.counts);
    this.#implied = restored(snapshot?.implied);
    this.#hits = restored(snapshot?.hits);
    this.#paid = restored(snapshot?.paid);
  }

  add(multiplier: Hundredths, opensInSeconds: number, probability: number, isWon: boolean): void {
    const at = horizonIndex(opensInSeconds) * MULTIPLIERS + multiplierIndex(multiplier);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#implied[at] = (this.#implied[at] ?? 0) + probability;
    if (!isWon) return;
    this.#hits[at] = (this.#hits[at] ?? 0) + 1;
    this.#paid[at] = (this.#paid[at] ?? 0) + multiplier / 100;
  }

  get n(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Over all buckets; 0 of none. */
  get rtp(): number {
    return this.#paid.reduce((sum, paid) => sum + paid, 0) / Math.max(1, this.n);
  }

  /** First for all horizons together, then for each; buckets without a cell are left out. */
  buckets(): ReliabilityBucket[] {
    const all = HORIZON_BOUNDS_SECONDS.map((_, horizon) => horizon);
    return [
      ...this.#bucketsOf(all, null),
      ...HORIZON_BOUNDS_SECONDS.flatMap((seconds, horizon) => this.#bucketsOf([horizon], seconds)),
    ];
  }

  snapshot(): ReliabilitySnapshot {
    return {
      counts: [...this.#counts],
      implied: [...this.#implied],
      hits: [...this.#hits],
      paid: [...this.#paid],
    };
  }

  #bucketsOf(horizons: readonly number[], horizonSeconds: number | null): ReliabilityBucket[] {
    const buckets: ReliabilityBucket[] = [];
    for (let m = 0; m < MULTIPLIERS; m += 1) {
      const sum = (values: Float64Array): number =>
        horizons.reduce((total, horizon) => total + (values[horizon * MULTIPLIERS + m] ?? 0), 0);
      const n = sum(this.#counts);
      if (n === 0) continue;
      const hits = sum(this.#hits);
      buckets.push({
        multiplier: boundText(m),
        multiplierTo: boundText(m + 1),
        horizonSeconds,
        n,
        implied: sum(this.#implied) / n,
        realised: hits / n,
        ...wilsonInterval(hits, n),
        rtp: sum(this.#paid) / n,
      });
    }
    return buckets;
  }
}

/** Two-sided 95 % by Wilson (1927): sound for few and for rare. */
export function wilsonInterval(hits: number, n: number): { readonly ciLow: number; readonly ciHigh: number } {
  if (n === 0) return { ciLow: 0, ciHigh: 1 };
  const z = 1.959963984540054;
  const p = hits / n;
  const scale = 1 + (z * z) / n;
  const middle = (p + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { ciLow: Math.max(0, middle - half), ciHigh: Math.min(1, middle + half) };
}

const boundText = (index: number): string =>
  formatMultiplier(hundredths(MULTIPLIER_BOUNDS_HUNDREDTHS[index] ?? 0));

function multiplierIndex(multiplier: number): number {
  let index = 0;
  while (index < MULTIPLIERS - 1 && multiplier >= (MULTIPLIER_BOUNDS_HUNDREDTHS[index + 1] ?? 0)) index += 1;
  return index;
}

function horizonIndex(seconds: number): number {
  const index = HORIZON_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
  return index === -1 ? HORIZON_BOUNDS_SECONDS.length - 1 : index;
}
