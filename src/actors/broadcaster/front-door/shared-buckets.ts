/**
 * Port: token buckets that all threads and processes share, for what is dear: signing in. Asked once per such
 * request, never on the way of a bet or of a public read. They may vanish at any time (full again), and when
 * the store is away it says so: the thread's own buckets (token-buckets.ts) are the floor that stays.
 */
import type { Taken } from './token-buckets.ts';

export interface SharedBuckets {
  /** Takes all of `cost`, or nothing. Undefined: the store is away. Never rejects. */
  take(key: string, cost: number): Promise<Taken | undefined>;
}
