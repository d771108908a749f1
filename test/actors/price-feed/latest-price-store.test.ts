import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { redisLatestPriceStore } from '../../../src/actors/price-feed/redis-latest-price-store.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { PRICE_TTL_SECONDS, priceKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { latestPriceStoreContract } from '../../contract/latest-price-store.contract.ts';
import { indexTick } from '../../support/index-ticks.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';

describe('latest price in memory', () => {
  latestPriceStoreContract(async () => memoryLatestPriceStore());
});

describe('latest price in Redis', () => {
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

  latestPriceStoreContract(async () => {
    await redis.flushall();
    return redisLatestPriceStore(redis);
  });

  it('is a JSON string that lives for an hour', async () => {
    await redisLatestPriceStore(redis).put(indexTick(1));
    expect(await redis.type(priceKey(SYMBOL))).toBe('string');
    expect(JSON.parse((await redis.get(priceKey(SYMBOL))) ?? '')).toEqual(indexTick(1));
    expect(await redis.ttl(priceKey(SYMBOL))).toBeGreaterThan(PRICE_TTL_SECONDS - 10);
  });

  it.each(['', '{', 'null', '5', '{"symbol":"btc:usd","seq":"1"}'])(
    'is none when %j is there',
    async (text) => {
      await redis.set(priceKey(SYMBOL), text);
      expect(await redisLatestPriceStore(redis).get()).toBeUndefined();
    },
  );
});
