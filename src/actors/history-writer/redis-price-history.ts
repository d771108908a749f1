/**
 * The price history as the sorted set `prices:btc:usd:ts`, one member a tick, score = atMs. Every change
 * refreshes the key's seven days and answers, in the same transaction, what the set holds now: that is how
 * its owner notices that it vanished.
 */
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { PRICE_HISTORY_TTL_SECONDS, priceHistoryKey } from '../../protocol/redis-keys.ts';
import type { RedisConnection } from '../../runtime/index.ts';
import { decodeMember, encodeMember } from './history-member.ts';
import type { HistoryExtent, PriceHistory } from './price-history.ts';
import type { TickRange } from './tick-log.ts';

const KEY = priceHistoryKey(SYMBOL);

type Pipeline = ReturnType<RedisConnection['multi']>;

export const redisPriceHistory = (redis: RedisConnection): PriceHistory => {
  const add = async (ticks: readonly IndexTick[]): Promise<HistoryExtent> => {
    const scoreMembers = ticks.flatMap((tick) => [tick.atMs, encodeMember(tick)]);
    const pipeline = redis
      .multi()
      .zadd(KEY, ...scoreMembers)
      .expire(KEY, PRICE_HISTORY_TTL_SECONDS);
    const extent = extentOf(await results(withExtent(pipeline)));
    if (!extent) throw new Error(`${KEY}: empty right after an append`);
    return extent;
  };
  return {
    append: add,
    rehydrate: add,
    extent: async () => extentOf(await results(withExtent(redis.multi()))),
    range: async ({ fromMs, toMs, limit }: TickRange) => {
      const pipeline = redis.multi().zrangebyscore(KEY, fromMs, toMs, 'LIMIT', 0, limit);
      const replies = await results(withExtent(pipeline));
      const ticks = (replies[0] as string[]).map(decodeMember).filter((tick) => tick !== undefined);
      return { ticks, extent: extentOf(replies) };
    },
    prune: async (beforeMs) => {
      await redis.zremrangebyscore(KEY, '-inf', `(${beforeMs}`);
    },
    clear: async () => {
      await redis.unlink(KEY);
    },
  };
};

const withExtent = (pipeline: Pipeline): Pipeline =>
  pipeline.zcard(KEY).zrange(KEY, '0', '0').zrange(KEY, '-1', '-1');

async function results(pipeline: Pipeline): Promise<unknown[]> {
  const replies = await pipeline.exec();
  if (!replies) throw new Error(`${KEY}: transaction aborted`);
  return replies.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** From the last three replies: the count, the first member, the last. */
function extentOf(replies: readonly unknown[]): HistoryExtent | undefined {
  const [count, [oldest], [newest]] = replies.slice(-3) as [number, string[], string[]];
  if (oldest === undefined || newest === undefined) return undefined;
  const from = decodeMember(oldest);
  const to = decodeMember(newest);
  if (!from || !to) return { fromSeq: 0, fromMs: 0, toSeq: 0, toMs: 0, isComplete: false };
  return {
    fromSeq: from.seq,
    fromMs: from.atMs,
    toSeq: to.seq,
    toMs: to.atMs,
    isComplete: count === to.seq - from.seq + 1,
  };
}
