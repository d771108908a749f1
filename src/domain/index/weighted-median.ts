/** Medians. All are sums over sorted values, so the order of the input changes nothing, to the last bit. */

export interface Weighted {
  readonly value: number;
  /** Positive. */
  readonly weight: number;
}

/** Lowest and highest value with half of the weight on either side: one value, unless it splits evenly. */
export interface MedianRange {
  readonly low: number;
  readonly high: number;
}

/** Undefined of nothing. */
export function weightedMedian(items: readonly Weighted[]): MedianRange | undefined {
  const sorted = [...items].sort((a, b) => a.value - b.value || a.weight - b.weight);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  let low: number | undefined;
  for (const { value, weight } of sorted) {
    below += weight;
    if (low === undefined && below >= half) low = value;
    if (low !== undefined && below > half) return { low, high: value };
  }
  return undefined;
}

export const median = (values: readonly number[]): MedianRange | undefined =>
  weightedMedian(values.map((value) => ({ value, weight: 1 })));

/**
 * The weights with none above `shareMax` of their new sum: the excess is cut, not handed on. Where that
 * cannot be (fewer than 1 / shareMax of them) all are equal. `shareMax` is from 1/3 to 1/2, so two at most
 * are cut, to the level that solves `level = shareMax × (cut × level + rest)`.
 */
export function cappedWeights(weights: readonly number[], shareMax: number): number[] {
  if (weights.length * shareMax < 1) return weights.map(() => 1);
  const sorted = [...weights].sort((a, b) => b - a);
  const total = [...sorted].reverse().reduce((sum, weight) => sum + weight, 0);
  let rest = total;
  let level = shareMax * total;
  for (let cut = 1; cut <= 2 && (sorted[cut - 1] ?? 0) > level; cut += 1) {
    rest -= sorted[cut - 1] ?? 0;
    level = (shareMax * rest) / (1 - cut * shareMax);
  }
  return weights.map((weight) => Math.min(weight, level));
}
