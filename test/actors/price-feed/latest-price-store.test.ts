import { describe, expect, it } from 'vitest';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { redisLatestPriceStore } from '../../../src/actors/price-feed/redis-latest-price-store.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { PRICE_TTL_SECONDS, priceKey } from '../../../src/protocol/redis-keys.ts';
import { latestPriceStoreContract } from '../../contract/latest-price-store.contract.ts';
import { indexTick } from '../../support/index-ticks.ts';
import { useRedis } from '../../support/use-redis.ts';

describe('latest price in memory', () => {
  latestPriceStoreContract(async () => memoryLatestPriceStore());
});

describe('latest price in Redis', () => {
  const used = useRedis();

  latestPriceStoreContract(async () => {
    await used.redis.flushall();
    return redisLatestPriceStore(used.redis);
  });

  it('is a JSON string that lives for an hour', async () => {
    await redisLatestPriceStore(used.redis).put(indexTick(1));
    expect(await used.redis.type(priceKey(SYMBOL))).toBe('string');
    expect(JSON.parse((await used.redis.get(priceKey(SYMBOL))) ?? '')).toEqual(indexTick(1));
    expect(await used.redis.ttl(priceKey(SYMBOL))).toBeGreaterThan(PRICE_TTL_SECONDS - 10);
  });

  it.each(['', '{', 'null', '5', '{"symbol":"btc:usd","seq":"1"}'])(
    'is none when %j is there',
    async (text) => {
      await used.redis.set(priceKey(SYMBOL), text);
      expect(await redisLatestPriceStore(used.redis).get()).toBeUndefined();
    },
  );
});
