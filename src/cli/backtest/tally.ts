/**
 * What offered cells paid, against what was implied, by bucket of quoted multiplier.
 *
 * Cells of neighbouring columns hit or miss together, so confidence intervals are not those of independent
 * draws: deviations are summed over blocks of time and the spread of the block sums is what counts.
 * Plain and additive: tallies of several files add up.
 */
export interface Tally {
  n: number;
  implied: number;
  hits: number;
  /** What a stake of one on each would have been paid. */
  paid: number;
  /** Sum of squares of the block sums of (hit − implied). */
  squares: number;
  /** The same of (paid − 1). */
  paidSquares: number;
}

export interface TallyRow {
  readonly n: number;
  readonly implied: number;
  readonly realised: number;
  /** 95 %, by blocks of time. */
  readonly ciLow: number;
  readonly ciHigh: number;
  readonly rtp: number;
  /** Half the width of the 95 % interval of rtp. */
  readonly rtpMargin: number;
}

/** Lower edges of the buckets of quoted multiplier; the last one ends at the cap. */
export const MULTIPLIER_BUCKETS: readonly number[] = [1.01, 1.1, 1.25, 1.5, 2, 2.5, 3.5, 5, 7, 10, 15];

export function bucketOf(multiplier: number): number {
  let bucket = MULTIPLIER_BUCKETS.length - 1;
  while (bucket > 0 && multiplier < (MULTIPLIER_BUCKETS[bucket] ?? 0)) bucket -= 1;
  return bucket;
}

const emptyTally = (): Tally => ({ n: 0, implied: 0, hits: 0, paid: 0, squares: 0, paidSquares: 0 });

/** A tally with its running block. */
export interface RunningTally {
  readonly tally: Tally;
  block: number;
  sum: number;
  paidSum: number;
}

/** Tallies under keys. */
export class TallyBook {
  readonly #entries = new Map<string, RunningTally>();

  /** The one under a key: kept by callers who add to it often. */
  under(key: string): RunningTally {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { tally: emptyTally(), block: 0, sum: 0, paidSum: 0 };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** All tallies, blocks closed. */
  totals(): Record<string, Tally> {
    return Object.fromEntries(
      [...this.#entries].map(([key, { tally, sum, paidSum }]) => {
        const squares = tally.squares + sum ** 2;
        return [key, { ...tally, squares, paidSquares: tally.paidSquares + paidSum ** 2 }];
      }),
    );
  }
}

export function addTo(
  entry: RunningTally,
  block: number,
  implied: number,
  isHit: boolean,
  multiplier: number,
): void {
  const { tally } = entry;
  if (entry.block !== block) {
    tally.squares += entry.sum ** 2;
    tally.paidSquares += entry.paidSum ** 2;
    entry.sum = 0;
    entry.paidSum = 0;
    entry.block = block;
  }
  entry.sum += (isHit ? 1 : 0) - implied;
  entry.paidSum += (isHit ? multiplier : 0) - 1;
  tally.n += 1;
  tally.implied += implied;
  if (!isHit) return;
  tally.hits += 1;
  tally.paid += multiplier;
}

export function mergeTallies(parts: readonly Readonly<Record<string, Tally>>[]): Record<string, Tally> {
  const sums: Record<string, Tally> = {};
  for (const part of parts) {
    for (const [key, tally] of Object.entries(part)) {
      sums[key] ??= emptyTally();
      const sum = sums[key];
      sum.n += tally.n;
      sum.implied += tally.implied;
      sum.hits += tally.hits;
      sum.paid += tally.paid;
      sum.squares += tally.squares;
      sum.paidSquares += tally.paidSquares;
    }
  }
  return sums;
}

const NORMAL_97_5 = 1.959963984540054;

export function tallyRow({ n, implied, hits, paid, squares, paidSquares }: Tally): TallyRow {
  const realised = hits / n;
  const margin = (NORMAL_97_5 * Math.sqrt(squares)) / n;
  return {
    n,
    implied: round(implied / n),
    realised: round(realised),
    ciLow: round(Math.max(0, realised - margin)),
    ciHigh: round(Math.min(1, realised + margin)),
    rtp: round(paid / n),
    rtpMargin: round((NORMAL_97_5 * Math.sqrt(paidSquares)) / n),
  };
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5;
