/** Grids in Redis: `cache:grid:{params}`, a String of msgpack with a TTL. */
import type { RelativeGrid } from '../../domain/grid.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { GRID_CACHE_TTL_SECONDS, gridCacheKey } from '../../protocol/redis-keys.ts';
import type { RedisConnection } from '../../runtime/index.ts';
import { type GridCache, isRelativeGrid } from './grid-cache.ts';

export class RedisGridCache implements GridCache {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async get(params: string): Promise<RelativeGrid | undefined> {
    const bytes = await this.#redis.getBuffer(gridCacheKey(params));
    if (bytes === null) return undefined;
    const value = decoded(bytes);
    return isRelativeGrid(value) ? value : undefined;
  }

  async put(params: string, grid: RelativeGrid): Promise<void> {
    await this.#redis.set(gridCacheKey(params), Buffer.from(encode(grid)), 'EX', GRID_CACHE_TTL_SECONDS);
  }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}
