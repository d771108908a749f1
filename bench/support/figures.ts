/** What benches say at the end. */

/** Of any list; 0 of an empty one. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** To three decimals. */
export const round = (value: number): number => Math.round(value * 1_000) / 1_000;
