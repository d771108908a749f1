/**
 * The reading end on a Redis stream with one consumer group and one consumer of a fixed name, so that a new
 * life of the actor finds the unacked letters of the last one in its own pending list.
 *
 * Heals by itself: a stream or group that vanished (eviction, FLUSHALL, failover) is made anew; after any
 * failed read the pending list is read again, because the lost reply may have carried letters; a blocking
 * read that overstays gets a new connection.
 */
import { decode, encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import { deadLettersKey, mailboxKey, repliesKey } from '../../protocol/redis-keys.ts';
import { type Clock, delay } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { blockingConnection, connect, luaScript, type RedisConnection } from '../redis/redis-connections.ts';
import { DEAD_LETTERS_MAX, type Delivery, type Mailbox } from './mailbox.ts';

export interface RedisMailboxOptions {
  readonly redisUrl: string;
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const GROUP = 'actor';
const CONSUMER = 'reader';
const BLOCK_MS = 1_000;
/** A blocking read that takes this long met a dead connection. */
const OVERSTAY_MS = BLOCK_MS + 900;
const RETRY_DELAY_MS = 50;
const REPLIES_PER_READ_MAX = 1_000;
/** Ids per ack call; Lua unpacks them onto its stack. */
const ACKS_PER_CALL_MAX = 1_000;

type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[] | null];
type StreamReply = readonly (readonly [key: Buffer, entries: readonly StreamEntry[]])[] | null;

/** Makes stream and group, from the first entry on; leaves existing ones alone. */
export async function createMailboxGroup(redis: RedisConnection, key: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', key, GROUP, '0', 'MKSTREAM');
  } catch (error) {
    if (!String(error).includes('BUSYGROUP')) throw error;
  }
}

export class RedisMailbox implements Mailbox {
  readonly #name: string;
  readonly #key: string;
  readonly #options: RedisMailboxOptions;
  readonly #letterReader: RedisConnection;
  readonly #replyReader: RedisConnection;
  readonly #ackLetters: ReturnType<typeof luaScript>;
  /** Delivered and not acked: skipped when the pending list is read again. */
  readonly #outstanding = new Set<string>();
  /** Where reading the pending list stands; undefined once it is done. */
  #pendingCursor: string | undefined = '0';
  #repliesCursor = '0-0';
  #closed = false;

  private constructor(
    name: string,
    options: RedisMailboxOptions,
    readers: readonly [RedisConnection, RedisConnection],
  ) {
    this.#name = name;
    this.#key = mailboxKey(name);
    this.#options = options;
    this.#letterReader = readers[0];
    this.#replyReader = readers[1];
    this.#ackLetters = luaScript(options.redis, new URL('./lua/ack-letters-1.lua', import.meta.url));
  }

  static async open(name: string, options: RedisMailboxOptions): Promise<RedisMailbox> {
    const open = (): Promise<RedisConnection> => connect(blockingConnection(options.redisUrl, BLOCK_MS));
    const mailbox = new RedisMailbox(name, options, await Promise.all([open(), open()]));
    await createMailboxGroup(options.redis, mailbox.#key);
    const newest = await options.redis.xrevrange(repliesKey(name), '+', '-', 'COUNT', 1);
    mailbox.#repliesCursor = newest[0]?.[0] ?? '0-0';
    return mailbox;
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    while (!this.#closed) {
      try {
        const deliveries =
          this.#pendingCursor === undefined ? await this.#readNew(countMax) : await this.#readPending();
        if (deliveries.length > 0) return deliveries;
      } catch (error) {
        await this.#recover(error);
      }
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    for (let from = 0; from < deliveryIds.length; from += ACKS_PER_CALL_MAX) {
      const ids = deliveryIds.slice(from, from + ACKS_PER_CALL_MAX);
      await this.#ackUntilDone(ids);
      for (const id of ids) this.#outstanding.delete(id);
    }
  }

  async bury(delivery: Delivery, error: string): Promise<void> {
    const bytes = Buffer.from(encode(delivery.envelope));
    const entry = ['e', bytes, 'error', error, 'attempts', String(delivery.attempt)] as const;
    await this.#options.redis.xadd(
      deadLettersKey(this.#name),
      'MAXLEN',
      '~',
      DEAD_LETTERS_MAX,
      '*',
      ...entry,
    );
    await this.ack([delivery.deliveryId]);
  }

  async takeReplies(): Promise<readonly Envelope[]> {
    const key = repliesKey(this.#name);
    while (!this.#closed) {
      try {
        const entries = await this.#blockingRead(this.#replyReader, 'XREAD', [
          'COUNT',
          REPLIES_PER_READ_MAX,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          key,
          this.#repliesCursor,
        ]);
        const last = entries.at(-1);
        if (!last) continue;
        this.#repliesCursor = last[0].toString();
        return entries.flatMap(([, fields]) => envelopeOf(fields) ?? []);
      } catch {
        await this.#pause();
      }
    }
    return [];
  }

  async depth(): Promise<number> {
    return this.#options.redis.xlen(this.#key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#letterReader.disconnect();
    this.#replyReader.disconnect();
  }

  async #readNew(countMax: number): Promise<Delivery[]> {
    const entries = await this.#blockingRead(this.#letterReader, 'XREADGROUP', [
      ...['GROUP', GROUP, CONSUMER, 'COUNT', countMax, 'BLOCK', BLOCK_MS],
      ...['STREAMS', this.#key, '>'],
    ]);
    return this.#deliver(entries, () => 1);
  }

  /** Unacked letters of an earlier life (or a lost reply), oldest first, one at a time. */
  async #readPending(): Promise<Delivery[]> {
    const cursor = this.#pendingCursor ?? '0';
    const reply = (await this.#letterReader.callBuffer(
      'XREADGROUP',
      ...['GROUP', GROUP, CONSUMER, 'COUNT', 1, 'STREAMS', this.#key, cursor],
    )) as StreamReply;
    const entries = reply?.[0]?.[1] ?? [];
    const first = entries[0];
    if (!first) {
      this.#pendingCursor = undefined;
      return [];
    }
    const id = first[0].toString();
    this.#pendingCursor = id;
    if (this.#outstanding.has(id)) return [];
    const pending = (await this.#options.redis.xpending(this.#key, GROUP, id, id, 1)) as [
      unknown,
      unknown,
      unknown,
      number,
    ][];
    this.#options.metrics.count('mailbox_redelivered_total');
    return this.#deliver(entries, () => Number(pending[0]?.[3] ?? 2));
  }

  async #deliver(entries: readonly StreamEntry[], attempt: (id: string) => number): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    const unreadable: string[] = [];
    for (const [idBuffer, fields] of entries) {
      const deliveryId = idBuffer.toString();
      const envelope = envelopeOf(fields);
      if (!envelope) unreadable.push(deliveryId);
      else {
        this.#outstanding.add(deliveryId);
        deliveries.push({ deliveryId, envelope, attempt: attempt(deliveryId) });
      }
    }
    if (unreadable.length > 0) {
      this.#options.metrics.count('mailbox_unreadable_total', {}, unreadable.length);
      await this.ack(unreadable);
    }
    return deliveries;
  }

  async #blockingRead(
    reader: RedisConnection,
    command: 'XREAD' | 'XREADGROUP',
    args: readonly (string | number)[],
  ): Promise<readonly StreamEntry[]> {
    const { clock, metrics } = this.#options;
    const startedMs = clock.monotonicMs();
    const reply = (await reader.callBuffer(command, ...args)) as StreamReply;
    if (!reply && clock.monotonicMs() - startedMs > OVERSTAY_MS) {
      metrics.count('mailbox_reader_replaced_total');
      this.#pendingCursor = '0';
      reader.disconnect(true);
    }
    return reply?.[0]?.[1] ?? [];
  }

  /** NOGROUP, UNBLOCKED: the stream is gone. Anything else: the connection is. */
  async #recover(error: unknown): Promise<void> {
    if (this.#closed) return;
    const { log, metrics, redis } = this.#options;
    const reason = String(error);
    this.#pendingCursor = '0';
    if (/NOGROUP|UNBLOCKED/.test(reason)) {
      metrics.count('mailbox_recreated_total', { to: this.#name });
      log.warn({ mailbox: this.#name }, 'mailbox vanished, recreating it');
      await createMailboxGroup(redis, this.#key).catch(() => this.#pause());
      return;
    }
    metrics.count('mailbox_read_errors_total');
    await this.#pause();
  }

  /** An ack that fails is repeated: without it the letter would be handled again only after a restart. */
  async #ackUntilDone(ids: readonly string[]): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#ackLetters(this.#key, GROUP, ...ids);
        return;
      } catch {
        this.#options.metrics.count('mailbox_ack_errors_total');
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return delay(this.#options.clock, RETRY_DELAY_MS);
  }
}

/** Undefined for an entry that was trimmed while pending or does not hold an envelope. */
function envelopeOf(fields: readonly Buffer[] | null): Envelope | undefined {
  const bytes = fields?.[1];
  if (!bytes) return undefined;
  try {
    const envelope = decode(bytes) as Partial<Envelope> | null;
    return typeof envelope?.id === 'string' && typeof envelope.type === 'string'
      ? (envelope as Envelope)
      : undefined;
  } catch {
    return undefined;
  }
}
