/** Shared buckets in Redis: one script, one round trip, by Redis' own clock. */
import { addressLimitKey } from '../../../protocol/redis-keys.ts';
import { luaScript, type RedisConnection } from '../../../runtime/index.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { type BucketPolicy, type Taken, taken } from './token-buckets.ts';

/** The script counts in thousandths of a token: Redis cuts fractions off the numbers it returns. */
const PARTS = 1_000;

export class RedisSharedBuckets implements SharedBuckets {
  readonly #takeTokens: ReturnType<typeof luaScript>;
  readonly #policy: BucketPolicy;

  constructor(redis: RedisConnection, policy: BucketPolicy) {
    this.#takeTokens = luaScript(redis, new URL('./lua/take-tokens-1.lua', import.meta.url));
    this.#policy = policy;
  }

  async take(key: string, cost: number): Promise<Taken | undefined> {
    const { burst, perSecond } = this.#policy;
    try {
      const reply = await this.#takeTokens(addressLimitKey(key), burst, perSecond, cost);
      const [granted, leftParts] = (Array.isArray(reply) ? reply : []).map(Number);
      if (granted === undefined || leftParts === undefined) return undefined;
      return taken(granted === 1, leftParts / PARTS, cost, this.#policy);
    } catch {
      return undefined;
    }
  }
}
