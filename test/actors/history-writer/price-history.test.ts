import { describe, expect, it } from 'vitest';
import { decodeMember, encodeMember } from '../../../src/actors/history-writer/history-member.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { redisPriceHistory } from '../../../src/actors/history-writer/redis-price-history.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { PRICE_HISTORY_TTL_SECONDS, priceHistoryKey } from '../../../src/protocol/redis-keys.ts';
import { priceHistoryContract } from '../../contract/price-history.contract.ts';
import { indexTick, indexTicks, seqsOf } from '../../support/index-ticks.ts';
import { useRedis } from '../../support/use-redis.ts';

const KEY = priceHistoryKey(SYMBOL);

describe('price history in memory', () => {
  priceHistoryContract(async () => memoryPriceHistory());
});

describe('price history in Redis', () => {
  const used = useRedis();

  priceHistoryContract(async () => {
    await used.redis.flushall();
    return redisPriceHistory(used.redis);
  });

  it('is a sorted set scored by time that lives for seven days after the last append', async () => {
    await used.redis.flushall();
    const history = redisPriceHistory(used.redis);
    await history.append([indexTick(1)]);
    expect(await used.redis.type(KEY)).toBe('zset');
    expect(await used.redis.zrange(KEY, '0', '-1', 'WITHSCORES')).toEqual([
      encodeMember(indexTick(1)),
      String(indexTick(1).atMs),
    ]);
    await used.redis.expire(KEY, 10);
    await history.append([indexTick(2)]);
    expect(await used.redis.ttl(KEY)).toBeGreaterThan(PRICE_HISTORY_TTL_SECONDS - 10);
  });

  it('is not complete with a foreign member in it, wherever that is', async () => {
    const history = redisPriceHistory(used.redis);
    for (const score of [0, indexTick(2).atMs, Number.MAX_SAFE_INTEGER]) {
      await used.redis.flushall();
      await history.append(indexTicks(1, 3));
      await used.redis.zadd(KEY, score, 'not ours');
      expect(await history.extent()).toMatchObject({ isComplete: false });
      const { ticks } = await history.range({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 10 });
      expect(seqsOf(ticks)).toEqual([1, 2, 3]);
    }
  });

  it('rejects when the key holds something else', async () => {
    await used.redis.set(KEY, 'a string');
    const history = redisPriceHistory(used.redis);
    await expect(history.append([indexTick(1)])).rejects.toThrow(/WRONGTYPE/);
    await expect(history.extent()).rejects.toThrow(/WRONGTYPE/);
    await history.clear();
    expect(await history.append([indexTick(1)])).toMatchObject({ isComplete: true });
  });
});

describe('member of the sorted set', () => {
  it('is the tick, whole', () => {
    const tick = indexTick(7, { quality: 'degraded', venues: 3 });
    expect(decodeMember(encodeMember(tick))).toEqual(tick);
  });

  it.each([
    '',
    '1',
    '1:2:3:ok',
    '1:2:3:ok:1:1',
    '01:2:3:ok:1',
    '1:2:3:fine:1',
    '1:2:-3:ok:1',
    ' 1:2:3:ok:1',
    '1e3:2:3:ok:1',
    'a:b:c:d:e',
  ])('is not %j', (text) => expect(decodeMember(text)).toBeUndefined());
});
