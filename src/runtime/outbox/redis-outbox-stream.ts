/**
 * An outbox stream in Redis: the entry with number n has the id `n-0`, fields `l` (its log) and `b` (its
 * body). Appending and reading have a connection each, because a read that waits holds up its own.
 *
 * A read that overstays got lost on a connection that is dead without a word: it is closed and made anew.
 */
import { outboxKey } from '../../protocol/redis-keys.ts';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import {
  blockingConnection,
  callBinary,
  luaScript,
  type RedisConnection,
} from '../redis/redis-connections.ts';
import {
  ENTRIES_KEPT,
  type OutboxEntry,
  type OutboxHead,
  type OutboxStream,
  type OutboxStreamEntry,
} from './outbox.ts';

export interface RedisOutboxStreamOptions {
  readonly redisUrl: string;
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Entries the stream keeps, at least. */
  readonly entriesKept?: number;
}

type RawEntry = readonly [id: Buffer, fields: readonly Buffer[]];
type RawReply = readonly (readonly [key: Buffer, entries: readonly RawEntry[]])[] | null;

const BLOCK_MS = 1_000;
const OVERSTAY_MS = BLOCK_MS + 900;

export class RedisOutboxStream implements OutboxStream {
  readonly #key: string;
  readonly #options: RedisOutboxStreamOptions;
  readonly #append: ReturnType<typeof luaScript>;
  readonly #seed: ReturnType<typeof luaScript>;
  #reader: RedisConnection | undefined;
  #isClosed = false;

  constructor(name: string, options: RedisOutboxStreamOptions) {
    this.#key = outboxKey(name);
    this.#options = options;
    this.#append = luaScript(options.redis, new URL('./lua/append-entries-1.lua', import.meta.url));
    this.#seed = luaScript(options.redis, new URL('./lua/seed-entries-1.lua', import.meta.url));
  }

  async head(): Promise<OutboxHead | undefined> {
    const newest = [this.#key, '+', '-', 'COUNT', 1];
    const [entry] = (await callBinary(this.#options.redis, 'XREVRANGE', newest)) as readonly RawEntry[];
    return entry && headOf(String(entry[1][1]), entry[0].toString());
  }

  async append(log: string, entries: readonly OutboxEntry[]): Promise<OutboxHead | undefined> {
    const kept = this.#options.entriesKept ?? ENTRIES_KEPT;
    const head = (await this.#append(this.#key, log, kept, ...pairsOf(entries))) as [string, string] | null;
    return head ? headOf(...head) : undefined;
  }

  async seed(log: string, entries: readonly OutboxEntry[]): Promise<void> {
    await this.#seed(this.#key, log, ...pairsOf(entries));
  }

  async read(seq: number, countMax: number): Promise<readonly OutboxStreamEntry[]> {
    if (this.#isClosed) return [];
    const { clock, metrics, redisUrl } = this.#options;
    this.#reader ??= blockingConnection(redisUrl, BLOCK_MS);
    const startedMs = clock.monotonicMs();
    // Not `n-0`: the entry a stream begins with is `0-1`, and has nothing to say.
    const args = ['COUNT', countMax, 'BLOCK', BLOCK_MS, 'STREAMS', this.#key, `${seq}-1`];
    const reply = (await this.#reader.callBuffer('XREAD', ...args)) as RawReply;
    if (!reply && clock.monotonicMs() - startedMs > OVERSTAY_MS) {
      metrics.count('outbox_reader_replaced_total');
      this.#reader.disconnect(true);
    }
    return (reply?.[0]?.[1] ?? []).flatMap(([id, [, log, , body]]) =>
      log && body ? [{ ...headOf(log.toString(), id.toString()), body }] : [],
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader?.disconnect();
  }
}

const headOf = (log: string, id: string): OutboxHead => ({ log, seq: Number.parseInt(id, 10) });

const pairsOf = (entries: readonly OutboxEntry[]): (number | Buffer)[] =>
  entries.flatMap(({ seq, body }) => [seq, Buffer.from(body.buffer, body.byteOffset, body.byteLength)]);
