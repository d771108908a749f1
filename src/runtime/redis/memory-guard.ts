/**
 * Watches how full a Redis is, before it has to evict mailboxes: from TRIM_FROM of maxmemory it calls `trim`,
 * from REFUSE_FROM on it says so, and the post office refuses asks with MAILBOX_FULL. Letters that are not
 * asks, control letters, replies and acks go on, so that work under way ends and memory comes free.
 *
 * A Redis without maxmemory, or one that does not answer, is never full.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { RedisConnection } from './redis-connections.ts';

export interface MemoryGuardOptions {
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Frees what nobody needs any more; called at every look while memory is short. */
  readonly trim?: () => Promise<void>;
}

export const TRIM_FROM = 0.7;
export const REFUSE_FROM = 0.9;
const LOOK_EVERY_MS = 1_000;

export class MemoryGuard {
  readonly #options: MemoryGuardOptions;
  #timer: Timer | undefined;
  #isRefusing = false;

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
  }

  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  /** Looks now and then every second. */
  start(): void {
    this.#timer = this.#options.clock.after(0, () => void this.#lookAndGoOn());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** One look. Never throws. */
  async look(): Promise<void> {
    const { redis, log, metrics, trim } = this.#options;
    try {
      const used = usedShare(await redis.info('memory'));
      metrics.gauge('redis_memory_used_ratio', used);
      const isRefusing = used >= REFUSE_FROM;
      if (isRefusing !== this.#isRefusing)
        log.warn({ used }, isRefusing ? 'Redis is nearly full: asks are refused' : 'Redis has room again');
      this.#isRefusing = isRefusing;
      if (used < TRIM_FROM) return;
      metrics.count('redis_memory_trims_total');
      await trim?.();
    } catch {
      metrics.count('redis_memory_unknown_total');
      this.#isRefusing = false;
    }
  }

  async #lookAndGoOn(): Promise<void> {
    await this.look();
    if (!this.#timer) return;
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => void this.#lookAndGoOn());
  }
}

/** Of what counts towards eviction, from the text of INFO memory. */
export function usedShare(info: string): number {
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const maxBytes = field('maxmemory');
  if (maxBytes === 0) return 0;
  return (field('used_memory') - field('mem_not_counted_for_evict')) / maxBytes;
}
