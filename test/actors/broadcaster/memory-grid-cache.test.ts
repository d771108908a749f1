import { expect, it } from 'vitest';
import { MemoryGridCache } from '../../../src/actors/broadcaster/memory-grid-cache.ts';
import { GRID_CACHE_TTL_SECONDS } from '../../../src/protocol/redis-keys.ts';
import { ManualClock, systemClock } from '../../../src/runtime/index.ts';
import { gridCacheContract } from '../../contract/grid-cache.contract.ts';

gridCacheContract('MemoryGridCache', async () => {
  const cache = new MemoryGridCache(systemClock);
  return { cache, vanish: async () => cache.clear() };
});

it('forgets after five minutes', async () => {
  const clock = new ManualClock(1_000);
  const cache = new MemoryGridCache(clock);
  await cache.put('a', [[null]]);
  clock.fireNext(1_000 + GRID_CACHE_TTL_SECONDS * 1_000 - 1);
  expect(await cache.get('a')).toEqual([[null]]);
  clock.fireNext(1_000 + GRID_CACHE_TTL_SECONDS * 1_000);
  expect(await cache.get('a')).toBeUndefined();
});
