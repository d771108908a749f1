/** The latest price as the string `price:btc:usd`: JSON of the tick, gone an hour after the last one. */
import { SYMBOL } from '../../domain/tick.ts';
import { PRICE_TTL_SECONDS, priceKey } from '../../protocol/redis-keys.ts';
import type { PublishedTick } from '../../protocol/signals.ts';
import type { RedisConnection } from '../../runtime/index.ts';
import type { LatestPriceStore } from './latest-price-store.ts';

const KEY = priceKey(SYMBOL);

export const redisLatestPriceStore = (redis: RedisConnection): LatestPriceStore => ({
  async put(tick) {
    await redis.set(KEY, JSON.stringify(tick), 'EX', PRICE_TTL_SECONDS);
  },
  async get() {
    const text = await redis.get(KEY);
    return text === null ? undefined : parseTick(text);
  },
});

function parseTick(text: string): PublishedTick | undefined {
  try {
    const value = JSON.parse(text) as Partial<PublishedTick> | null;
    const isTick =
      value?.symbol === SYMBOL && [value.seq, value.atMs, value.priceCents].every(Number.isSafeInteger);
    return isTick ? (value as PublishedTick) : undefined;
  } catch {
    return undefined;
  }
}
