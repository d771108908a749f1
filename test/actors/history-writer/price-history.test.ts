import { describe, expect, it } from 'vitest';
import { decodeMember, encodeMember } from '../../../src/actors/history-writer/history-member.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { encodeFrame } from '../../../src/actors/history-writer/packing/tick-frame.ts';
import { HistoryDamaged } from '../../../src/actors/history-writer/price-history.ts';
import { redisPriceHistory } from '../../../src/actors/history-writer/redis-price-history.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { PRICE_HISTORY_TTL_SECONDS, priceHistoryKey } from '../../../src/protocol/redis-keys.ts';
import { CONTRACT_FRAME_TICKS, priceHistoryContract } from '../../contract/price-history.contract.ts';
import { indexTick, indexTicks } from '../../support/index-ticks.ts';
import { useRedis } from '../../support/use-redis.ts';

const KEY = priceHistoryKey(SYMBOL);
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1_000 };
const small = { frameTicks: CONTRACT_FRAME_TICKS };

describe('price history in memory', () => {
  priceHistoryContract(async () => memoryPriceHistory(small));
});

describe('price history in Redis', () => {
  const used = useRedis();

  priceHistoryContract(async () => {
    await used.redis.flushall();
    return redisPriceHistory(used.redis, small);
  });

  it('is a sorted set scored by time that lives for seven days after the last change', async () => {
    await used.redis.flushall();
    const history = redisPriceHistory(used.redis, small);
    await history.append(indexTicks(1, 5));
    expect(await used.redis.type(KEY)).toBe('zset');
    await history.seal(indexTicks(1, 4));
    expect(await used.redis.zrangeBuffer(KEY, '0', '-1', 'WITHSCORES')).toEqual([
      Buffer.from(encodeFrame(indexTicks(1, 4))),
      Buffer.from(String(indexTick(1).atMs)),
      Buffer.from(encodeMember(indexTick(5))),
      Buffer.from(String(indexTick(5).atMs)),
    ]);
    for (const change of [() => history.append([indexTick(6)]), () => history.seal(indexTicks(1, 4))]) {
      await used.redis.expire(KEY, 10);
      await change();
      expect(await used.redis.ttl(KEY)).toBeGreaterThan(PRICE_HISTORY_TTL_SECONDS - 10);
    }
  });

  it('is not complete with a foreign member in it, wherever that is, and is not read', async () => {
    const history = redisPriceHistory(used.redis, small);
    const foreign = ['not ours', Buffer.from([1, 2, 3]), Buffer.from(encodeFrame(indexTicks(20, 21)))];
    for (const member of foreign) {
      for (const score of [0, indexTick(2).atMs, indexTick(6).atMs, Number.MAX_SAFE_INTEGER]) {
        await used.redis.flushall();
        await history.seal(indexTicks(1, 4));
        await history.append(indexTicks(5, 7));
        await used.redis.zadd(KEY, score, member);
        expect(await history.extent()).toMatchObject({ isComplete: false });
        await expect(history.range(ALL)).rejects.toThrow(HistoryDamaged);
      }
    }
  });

  it('is not read where a frame is damaged', async () => {
    await used.redis.flushall();
    const history = redisPriceHistory(used.redis, small);
    await history.seal(indexTicks(1, 12));
    const [member] = await used.redis.zrangeBuffer(KEY, '1', '1');
    const damaged = Buffer.from(member ?? []);
    damaged[9] = (damaged[9] ?? 0) ^ 1;
    await used.redis.zrem(KEY, member ?? '');
    await used.redis.zadd(KEY, indexTick(5).atMs, damaged);
    await expect(history.range(ALL)).rejects.toThrow(HistoryDamaged);
    const { ticks } = await history.range({ ...ALL, toMs: indexTick(4).atMs });
    expect(ticks).toEqual(indexTicks(1, 4));
  });

  it('rejects when the key holds something else', async () => {
    await used.redis.set(KEY, 'a string');
    const history = redisPriceHistory(used.redis, small);
    await expect(history.append([indexTick(1)])).rejects.toThrow(/WRONGTYPE/);
    await expect(history.seal(indexTicks(1, 4))).rejects.toThrow(/WRONGTYPE/);
    await expect(history.extent()).rejects.toThrow(/WRONGTYPE/);
    await history.clear();
    expect(await history.append([indexTick(1)])).toMatchObject({ isComplete: true });
  });
});

describe('single tick as a member of the sorted set', () => {
  it('is the tick, whole', () => {
    const tick = indexTick(7, { quality: 'degraded', venues: 3, venueMask: 11, compositionJump: true });
    expect(decodeMember(encodeMember(tick))).toEqual(tick);
  });

  it.each([
    '',
    '1',
    '1:2:3:ok',
    '1:2:3:ok:1',
    '1:2:3:ok:1:1',
    '1:2:3:ok:1:1:0:1',
    '01:2:3:ok:1:1:0',
    '1:2:3:fine:1:1:0',
    '1:2:-3:ok:1:1:0',
    ' 1:2:3:ok:1:1:0',
    '1e3:2:3:ok:1:1:0',
    '1:2:3:ok:1:1:2',
    'a:b:c:d:e:f:g',
  ])('is not %j', (text) => expect(decodeMember(text)).toBeUndefined());
});
