/**
 * The reading end on Redis streams with one consumer group and one consumer of a fixed name, so that a new
 * life of the actor finds the unacked letters of the last one in its own pending list.
 *
 * Heals by itself: a stream or group that vanished (eviction, FLUSHALL, failover) is made anew; after any
 * failed read the pending list is read again, because the lost reply may have carried letters; a blocking
 * read that overstays gets a new connection. Every RECLAIM_EVERY_MS it looks for letters that are pending and
 * that it does not hold: taken by a reader that is gone, or by a reply that never came. Delayed letters are
 * moved in by redis-delayed-letters.ts.
 */
import type { Envelope } from '../../protocol/envelope.ts';
import { controlMailboxKey, deadLettersKey, mailboxKey, repliesKey } from '../../protocol/redis-keys.ts';
import { type Clock, delay } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import {
  blockingConnection,
  callBinary,
  connect,
  luaScript,
  type RedisConnection,
} from '../redis/redis-connections.ts';
import { DEAD_LETTERS_MAX } from './dead-letters.ts';
import type { Delivery, Mailbox } from './mailbox.ts';
import { DelayedLetters } from './redis-delayed-letters.ts';
import { FORGIVEN_AT_MS, PendingLetters } from './redis-pending-letters.ts';
import {
  CONSUMER,
  createMailbox,
  envelopeOf,
  GROUP,
  letterBytes,
  repliesOf,
  type StreamEntry,
  type StreamReply,
} from './redis-streams.ts';

export interface RedisMailboxOptions {
  readonly redisUrl: string;
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Letters a mailbox may hold; as many may be held back for it. */
  readonly lettersMax?: number;
  /** How often to look for abandoned letters, and how long one must lie with another reader to be one. */
  readonly reclaimMs?: number;
}

const BLOCK_MS = 1_000;
/** A blocking read that takes this long met a dead connection. */
const OVERSTAY_MS = BLOCK_MS + 900;
const RETRY_DELAY_MS = 50;
/** Entries, each with what one turn answered. */
const REPLIES_PER_READ_MAX = 100;
const TRIM_REPLIES_EVERY = 500;
/** Ids per ack call; Lua unpacks them onto its stack. */
const ACKS_PER_CALL_MAX = 1_000;
const RECLAIM_EVERY_MS = 30_000;

export class RedisMailbox implements Mailbox {
  readonly name: string;
  readonly #lettersKey: string;
  readonly #controlKey: string;
  readonly #options: RedisMailboxOptions;
  readonly #letterReader: RedisConnection;
  readonly #replyReader: RedisConnection;
  readonly #ackLetters: ReturnType<typeof luaScript>;
  readonly #buryLetter: ReturnType<typeof luaScript>;
  readonly #pending: PendingLetters;
  readonly #delayed: DelayedLetters;
  /** Delivery ids of letters delivered and not acked. */
  readonly #outstanding = new Set<string>();
  readonly #isHeld = (key: string, id: string): boolean => this.#outstanding.has(deliveryIdOf(key, id));
  #listPendingAtMs: number;
  #repliesCursor = '0-0';
  /** Entries of replies taken since they were trimmed. */
  #entriesTaken = 0;
  #closed = false;

  private constructor(
    name: string,
    options: RedisMailboxOptions,
    readers: readonly [RedisConnection, RedisConnection],
  ) {
    this.name = name;
    this.#lettersKey = mailboxKey(name);
    this.#controlKey = controlMailboxKey(name);
    this.#options = options;
    this.#letterReader = readers[0];
    this.#replyReader = readers[1];
    this.#ackLetters = luaScript(options.redis, new URL('./lua/ack-letters-1.lua', import.meta.url));
    this.#buryLetter = luaScript(options.redis, new URL('./lua/bury-letter-2.lua', import.meta.url));
    const keys = [this.#controlKey, this.#lettersKey];
    this.#pending = new PendingLetters(options.redis, keys, this.#reclaimMs);
    this.#delayed = new DelayedLetters(name, options);
    this.#listPendingAtMs = options.clock.monotonicMs() + this.#reclaimMs;
  }

  static async open(name: string, options: RedisMailboxOptions): Promise<RedisMailbox> {
    const open = (): Promise<RedisConnection> => connect(blockingConnection(options.redisUrl, BLOCK_MS));
    const mailbox = new RedisMailbox(name, options, await Promise.all([open(), open()]));
    await createMailbox(options.redis, name);
    const newest = await options.redis.xrevrange(repliesKey(name), '+', '-', 'COUNT', 1);
    mailbox.#repliesCursor = newest[0]?.[0] ?? '0-0';
    mailbox.#delayed.expect(0);
    return mailbox;
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    while (!this.#closed) {
      try {
        this.#listPendingIfDue();
        const deliveries = (await this.#pending.isDone(this.#isHeld))
          ? await this.#readNew(countMax, [this.#controlKey, this.#lettersKey])
          : await this.#readPending(countMax);
        if (deliveries.length > 0) return deliveries;
      } catch (error) {
        await this.#recover(error);
      }
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    for (const [key, ids] of this.#entriesByKey(deliveryIds)) {
      for (let from = 0; from < ids.length; from += ACKS_PER_CALL_MAX) {
        const some = ids.slice(from, from + ACKS_PER_CALL_MAX);
        await this.#untilDone(() => this.#ackLetters(key, GROUP, ...some));
        for (const id of some) this.#outstanding.delete(deliveryIdOf(key, id));
      }
    }
  }

  async forgive(deliveryIds: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const { redis } = this.#options;
    for (const [key, ids] of this.#entriesByKey(deliveryIds)) {
      const claim = [key, GROUP, CONSUMER, 0, ...ids, 'TIME', FORGIVEN_AT_MS, 'RETRYCOUNT', 1, 'JUSTID'];
      // At worst the letters keep their attempts.
      await callBinary(redis, 'XCLAIM', claim).catch(() => {});
    }
  }

  async bury({ deliveryId, envelope, attempt }: Delivery, error: string, atMs: number): Promise<void> {
    const fields = ['e', letterBytes(envelope), 'error', error, 'attempts', attempt, 'at', atMs];
    for (const [key, [id = '']] of this.#entriesByKey([deliveryId])) {
      const keys = [key, deadLettersKey(this.name)];
      await this.#untilDone(() => this.#buryLetter(...keys, GROUP, id, DEAD_LETTERS_MAX, ...fields));
    }
    this.#outstanding.delete(deliveryId);
  }

  async takeReplies(): Promise<readonly Envelope[]> {
    const key = repliesKey(this.name);
    while (!this.#closed) {
      try {
        const reply = await this.#blockingRead(this.#replyReader, 'XREAD', [
          'COUNT',
          REPLIES_PER_READ_MAX,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          key,
          this.#repliesCursor,
        ]);
        const entries = reply[0]?.[1] ?? [];
        const last = entries.at(-1);
        if (!last) continue;
        this.#repliesCursor = last[0].toString();
        this.#forgetTaken(entries.length);
        const replies = entries.flatMap(([, fields]) => repliesOf(fields));
        if (replies.length > 0) return replies;
      } catch {
        await this.#pause();
      }
    }
    return [];
  }

  async depth(): Promise<number> {
    const { redis } = this.#options;
    const lengths = await Promise.all([redis.xlen(this.#lettersKey), redis.xlen(this.#controlKey)]);
    return lengths[0] + lengths[1];
  }

  /** Forgets replies that were taken already; they are kept only because reading a stream keeps them. */
  async trimReplies(): Promise<void> {
    await this.#options.redis.xtrim(repliesKey(this.name), 'MINID', this.#repliesCursor);
  }

  /** A delayed letter was posted from here: it need not be looked for. */
  expectDelayed(dueInMs: number): void {
    this.#delayed.expect(dueInMs);
  }

  /** What was taken is trimmed now and then: a busy mailbox would hold ten thousand entries of it. */
  #forgetTaken(entries: number): void {
    this.#entriesTaken += entries;
    if (this.#entriesTaken < TRIM_REPLIES_EVERY) return;
    this.#entriesTaken = 0;
    this.trimReplies().catch(() => {});
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#delayed.close();
    this.#letterReader.disconnect();
    this.#replyReader.disconnect();
  }

  get #reclaimMs(): number {
    return this.#options.reclaimMs ?? RECLAIM_EVERY_MS;
  }

  /** Entry ids by stream; what is no id of this mailbox is left out. */
  #entriesByKey(deliveryIds: readonly string[]): Map<string, string[]> {
    const entries = new Map<string, string[]>();
    for (const deliveryId of deliveryIds) {
      const [, id, key] = DELIVERY_ID.exec(deliveryId) ?? [];
      if (id === undefined || (key !== this.#lettersKey && key !== this.#controlKey)) continue;
      const ids = entries.get(key) ?? [];
      ids.push(id);
      entries.set(key, ids);
    }
    return entries;
  }

  #listPendingIfDue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#listPendingAtMs) return;
    this.#listPendingAtMs = nowMs + this.#reclaimMs;
    this.#pending.listAgain();
  }

  async #readNew(countMax: number, keys: readonly string[], blockMs = BLOCK_MS): Promise<Delivery[]> {
    const reply = await this.#blockingRead(this.#letterReader, 'XREADGROUP', [
      ...['GROUP', GROUP, CONSUMER, 'COUNT', countMax],
      ...(blockMs > 0 ? ['BLOCK', blockMs] : []),
      ...['STREAMS', ...keys, ...keys.map(() => '>')],
    ]);
    const deliveries: Delivery[] = [];
    for (const key of keys) {
      const entries = reply.find(([of]) => of.toString() === key)?.[1] ?? [];
      deliveries.push(...(await this.#deliver(key, entries, { attempt: 1, isSuspect: false })));
    }
    return deliveries;
  }

  /** New control letters still go first; the others wait until what is pending was handled. */
  async #readPending(countMax: number): Promise<Delivery[]> {
    const control = await this.#readNew(countMax, [this.#controlKey], 0);
    if (control.length > 0) return control;
    const letter = await this.#pending.next(this.#isHeld);
    if (!letter) return [];
    const { key, entry, attempts: attempt, isSuspect } = letter;
    this.#options.metrics.count('mailbox_redelivered_total');
    return this.#deliver(key, [entry], { attempt, isSuspect });
  }

  async #deliver(
    key: string,
    entries: readonly StreamEntry[],
    history: Pick<Delivery, 'attempt' | 'isSuspect'>,
  ): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    const unreadable: string[] = [];
    for (const [id, fields] of entries) {
      const deliveryId = deliveryIdOf(key, id.toString());
      const envelope = envelopeOf(fields);
      this.#outstanding.add(deliveryId);
      if (envelope) deliveries.push({ deliveryId, envelope, ...history });
      else unreadable.push(deliveryId);
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
  ): Promise<NonNullable<StreamReply>> {
    const { clock, metrics } = this.#options;
    const startedMs = clock.monotonicMs();
    const reply = (await reader.callBuffer(command, ...args)) as StreamReply;
    if (!reply && clock.monotonicMs() - startedMs > OVERSTAY_MS) {
      metrics.count('mailbox_reader_replaced_total');
      this.#pending.listAgain();
      reader.disconnect(true);
    }
    return reply ?? [];
  }

  /** NOGROUP, UNBLOCKED: the stream is gone. Anything else: the connection is. */
  async #recover(error: unknown): Promise<void> {
    if (this.#closed) return;
    const { log, metrics, redis } = this.#options;
    const reason = String(error);
    this.#pending.listAgain();
    if (/NOGROUP|UNBLOCKED/.test(reason)) {
      metrics.count('mailbox_recreated_total', { to: this.name });
      log.warn({ mailbox: this.name }, 'mailbox vanished, recreating it');
      await createMailbox(redis, this.name).catch(() => this.#pause());
      return;
    }
    metrics.count('mailbox_read_errors_total');
    await this.#pause();
  }

  /** An ack that fails is repeated: without it the letter would be handled again only after a restart. */
  async #untilDone(step: () => Promise<unknown>): Promise<void> {
    while (!this.#closed) {
      try {
        await step();
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

/** Both streams count their entries alike, so the stream is part of the delivery id. */
const deliveryIdOf = (key: string, id: string): string => `${id}@${key}`;
/** 19 digits always fit what Redis takes for an id. */
const DELIVERY_ID = /^(\d{1,19}-\d{1,19})@(.+)$/;
