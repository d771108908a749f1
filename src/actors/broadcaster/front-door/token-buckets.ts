/**
 * Token buckets by key, in this thread's memory: each holds up to `burst` tokens and gets `perSecond` anew.
 * Bounded: beyond KEYS_MAX the one that was used longest ago is forgotten, which is to say full again.
 */
import type { Clock } from '../../../runtime/index.ts';

export interface BucketPolicy {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Taken {
  readonly granted: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until the same would be granted; 0 if it was. */
  readonly retryAfterSeconds: number;
}

export const KEYS_MAX = 50_000;

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export class TokenBuckets {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #policy: BucketPolicy;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, policy: BucketPolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Takes all of `cost`, or nothing. */
  take(key: string, cost: number): Taken {
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(key);
    const tokens = before ? refilled(before, atMs, this.#policy) : this.#policy.burst;
    const granted = tokens >= cost;
    const left = granted ? tokens - cost : tokens;
    // Deleted first: the order of the map is the order of use.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: left, atMs });
    if (this.#buckets.size > KEYS_MAX) this.#forgetOldest();
    return taken(granted, left, cost, this.#policy);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}

export function taken(
  granted: boolean,
  left: number,
  cost: number,
  { burst, perSecond }: BucketPolicy,
): Taken {
  return {
    granted,
    remaining: Math.floor(left),
    resetSeconds: Math.ceil((burst - left) / perSecond),
    retryAfterSeconds: granted ? 0 : Math.max(1, Math.ceil((cost - left) / perSecond)),
  };
}

const refilled = ({ tokens, atMs }: Bucket, nowMs: number, { burst, perSecond }: BucketPolicy): number =>
  Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1_000) * perSecond);
