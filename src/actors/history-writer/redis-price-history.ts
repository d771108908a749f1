/**
 * The price history as the sorted set `prices:btc:usd:ts` of frames and single ticks. Every change is one
 * transaction, refreshes the key's seven days and answers what the set holds now: that is how its owner
 * notices that it vanished. A read is one script.
 */
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { PRICE_HISTORY_TTL_SECONDS, priceHistoryKey } from '../../protocol/redis-keys.ts';
import { luaScript, type RedisConnection } from '../../runtime/index.ts';
import { encodeMember, extentOf, ticksInRange } from './history-member.ts';
import { encodeFrame, FRAME_VERSION } from './packing/tick-frame.ts';
import {
  FRAME_TICKS,
  framesOf,
  type HistoryExtent,
  type HistorySlice,
  type PriceHistory,
} from './price-history.ts';
import type { TickRange } from './tick-log.ts';

const KEY = priceHistoryKey(SYMBOL);

export const redisPriceHistory = (redis: RedisConnection, { frameTicks = FRAME_TICKS } = {}): PriceHistory =>
  new RedisPriceHistory(redis, frameTicks);

class RedisPriceHistory implements PriceHistory {
  readonly frameTicks: number;
  readonly #redis: RedisConnection;
  readonly #putTicks: ReturnType<typeof luaScript>;
  readonly #readRange: ReturnType<typeof luaScript>;

  constructor(redis: RedisConnection, frameTicks: number) {
    this.#redis = redis;
    this.frameTicks = frameTicks;
    const script = (name: string) =>
      luaScript(redis, new URL(`./lua/${name}.lua`, import.meta.url), { isBinary: true });
    this.#putTicks = script('put-ticks-1');
    this.#readRange = script('read-range-1');
  }

  append(ticks: readonly IndexTick[]): Promise<HistoryExtent> {
    return this.#put(
      0,
      ticks.flatMap((tick) => [tick.atMs, encodeMember(tick)]),
    );
  }

  async seal(ticks: readonly IndexTick[]): Promise<HistoryExtent> {
    const frames = framesOf(ticks, this.frameTicks);
    return this.#put(
      frames.length,
      frames.flatMap((frame) => [
        frame[0]?.atMs ?? 0,
        frame.at(-1)?.atMs ?? 0,
        Buffer.from(encodeFrame(frame)),
      ]),
    );
  }

  async extent(): Promise<HistoryExtent | undefined> {
    return (await this.range({ fromMs: 0, toMs: 0, limit: 0 })).extent;
  }

  async range(range: TickRange): Promise<HistorySlice> {
    const { fromMs, toMs, limit } = range;
    const reply = await this.#readRange(KEY, fromMs, toMs, limit, FRAME_VERSION, this.frameTicks);
    const [count, first, last, ...members] = reply as [number, Buffer, Buffer, ...Buffer[]];
    return { ticks: ticksInRange(members, range), extent: this.#extentOf(count, first, last) };
  }

  async prune(beforeMs: number): Promise<void> {
    await this.#redis.zremrangebyscore(KEY, '-inf', `(${beforeMs}`);
  }

  async clear(): Promise<void> {
    await this.#redis.unlink(KEY);
  }

  async #put(frames: number, args: readonly (number | string | Buffer)[]): Promise<HistoryExtent> {
    if (args.length === 0) throw new RangeError('no ticks to add');
    const reply = await this.#putTicks(KEY, PRICE_HISTORY_TTL_SECONDS, frames, ...args);
    const extent = this.#extentOf(...(reply as [number, Buffer, Buffer]));
    if (!extent) throw new Error(`${KEY}: empty right after a change`);
    return extent;
  }

  #extentOf(count: number, first: Buffer, last: Buffer): HistoryExtent | undefined {
    return count === 0 ? undefined : extentOf(count, first, last, this.frameTicks);
  }
}
