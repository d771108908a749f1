/**
 * How long to wait before the n-th restart in a row: 0, then first, twice that, four times … ms, capped, each
 * shortened by up to half at random, because children that failed together would otherwise all come back
 * together. "In a row" ends with a life that lasted (see RestartBudget).
 */
import type { Random } from '../random.ts';

export interface Backoff {
  /** Wait before the second restart in a row; the first is immediate. */
  readonly firstMs: number;
  readonly msMax: number;
}

/** `restarts` counts from 1. */
export function backoffMs(restarts: number, { firstMs, msMax }: Backoff, random: Random): number {
  if (restarts <= 1) return 0;
  const fullMs = Math.min(firstMs * 2 ** (restarts - 2), msMax);
  return Math.round(fullMs * (1 - random.fraction() / 2));
}
