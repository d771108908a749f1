/**
 * How long to wait before the n-th restart in a row: 0, then 100, 200, 400 … ms, capped, each shortened by up
 * to half at random, because children that failed together would otherwise all come back together.
 */
import type { Random } from '../random.ts';

const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 10_000;

/** `restarts` counts from 1. The first restart is immediate. */
export function backoffMs(restarts: number, random: Random): number {
  if (restarts <= 1) return 0;
  const fullMs = Math.min(FIRST_DELAY_MS * 2 ** (restarts - 2), DELAY_MS_MAX);
  return Math.round(fullMs * (1 - random.fraction() / 2));
}
