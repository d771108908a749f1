import { expect, it } from 'vitest';
import { RedisGridCache } from '../../../src/actors/broadcaster/redis-grid-cache.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { gridCacheKey } from '../../../src/protocol/redis-keys.ts';
import { gridCacheContract } from '../../contract/grid-cache.contract.ts';
import { useRedis } from '../../support/use-redis.ts';

const used = useRedis();

gridCacheContract('RedisGridCache', async () => ({
  cache: new RedisGridCache(used.redis),
  vanish: async () => void (await used.redis.flushall()),
}));

it('keeps a grid as a String with 300 seconds to live', async () => {
  await new RedisGridCache(used.redis).put('params', [[null]]);
  expect(gridCacheKey('params')).toBe('cache:grid:params');
  expect(await used.redis.type('cache:grid:params')).toBe('string');
  expect([299, 300]).toContain(await used.redis.ttl('cache:grid:params'));
});

it.each([
  ['text', 'hello'],
  ['a broken value', Buffer.from([0x92, 0x91])],
  ['something else', Buffer.from(encode({ multipliers: 1 }))],
  ['an empty grid', Buffer.from(encode([]))],
  ['wrong cells', Buffer.from(encode([[1.5], ['2']]))],
])('takes %s for absent', async (_name, value) => {
  await used.redis.set(gridCacheKey('rubbish'), value);
  expect(await new RedisGridCache(used.redis).get('rubbish')).toBeUndefined();
});
