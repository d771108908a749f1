import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisGridCache } from '../../../src/actors/broadcaster/redis-grid-cache.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { gridCacheKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { gridCacheContract } from '../../contract/grid-cache.contract.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

gridCacheContract('RedisGridCache', async () => ({
  cache: new RedisGridCache(redis),
  vanish: async () => void (await redis.flushall()),
}));

it('keeps a grid as a String with 300 seconds to live', async () => {
  await new RedisGridCache(redis).put('params', [[null]]);
  expect(gridCacheKey('params')).toBe('cache:grid:params');
  expect(await redis.type('cache:grid:params')).toBe('string');
  expect([299, 300]).toContain(await redis.ttl('cache:grid:params'));
});

it.each([
  ['text', 'hello'],
  ['a broken value', Buffer.from([0x92, 0x91])],
  ['something else', Buffer.from(encode({ multipliers: 1 }))],
  ['an empty grid', Buffer.from(encode([]))],
  ['wrong cells', Buffer.from(encode([[1.5], ['2']]))],
])('takes %s for absent', async (_name, value) => {
  await redis.set(gridCacheKey('rubbish'), value);
  expect(await new RedisGridCache(redis).get('rubbish')).toBeUndefined();
});
