/**
 * Posting on Redis streams. Letters posted in one turn of the event loop to one mailbox travel in one script
 * call, which keeps their order and costs one round trip.
 *
 * XADD would silently recreate an evicted stream without its consumer group, so the script refuses to and
 * says the mailbox is gone; then it is made anew, group first, and the post repeated.
 */
import { encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import { mailboxKey, repliesKey } from '../../protocol/redis-keys.ts';
import type { SendResult } from '../actor.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { luaScript, type RedisConnection } from '../redis/redis-connections.ts';
import { MAILBOX_LETTERS_MAX, type Mailbox, type PostOffice, REPLIES_MAX } from './mailbox.ts';
import { createMailboxGroup, RedisMailbox } from './redis-mailbox.ts';

export interface RedisPostOfficeOptions {
  readonly redisUrl: string;
  /** Connected command connection of this thread. */
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lettersMax?: number;
}

interface WaitingPost {
  readonly bytes: Buffer;
  readonly settle: (result: SendResult) => void;
}

/** Script arguments per call; far below what Lua's stack takes. */
const LETTERS_PER_CALL_MAX = 500;
const REPLIES_TTL_SECONDS = 600;

export class RedisPostOffice implements PostOffice {
  readonly #options: RedisPostOfficeOptions;
  readonly #waiting = new Map<string, WaitingPost[]>();
  readonly #postLetters: ReturnType<typeof luaScript>;

  constructor(options: RedisPostOfficeOptions) {
    this.#options = options;
    this.#postLetters = luaScript(options.redis, new URL('./lua/post-letters-1.lua', import.meta.url));
  }

  post(to: string, envelope: Envelope): Promise<SendResult> {
    return new Promise((settle) => {
      const waiting = this.#waiting.get(to);
      const post = { bytes: Buffer.from(encode(envelope)), settle };
      if (waiting) {
        waiting.push(post);
        return;
      }
      this.#waiting.set(to, [post]);
      queueMicrotask(() => void this.#flush(to));
    });
  }

  async postReply(to: string, envelope: Envelope): Promise<void> {
    const key = repliesKey(to);
    const { redis, metrics } = this.#options;
    try {
      await Promise.all([
        redis.xadd(key, 'MAXLEN', '~', REPLIES_MAX, '*', 'e', Buffer.from(encode(envelope))),
        redis.expire(key, REPLIES_TTL_SECONDS),
      ]);
    } catch {
      metrics.count('mailbox_replies_lost_total');
    }
  }

  async open(name: string): Promise<Mailbox> {
    return RedisMailbox.open(name, this.#options);
  }

  async #flush(to: string): Promise<void> {
    const waiting = this.#waiting.get(to) ?? [];
    this.#waiting.delete(to);
    for (let from = 0; from < waiting.length; from += LETTERS_PER_CALL_MAX) {
      await this.#postAll(to, waiting.slice(from, from + LETTERS_PER_CALL_MAX));
    }
  }

  async #postAll(to: string, posts: readonly WaitingPost[]): Promise<void> {
    const { metrics, log } = this.#options;
    try {
      const accepted = await this.#postOrRecreate(to, posts);
      for (const [index, post] of posts.entries()) post.settle(index < accepted ? 'posted' : 'full');
      if (accepted < posts.length)
        metrics.count('mailbox_refused_full_total', { to }, posts.length - accepted);
    } catch (error) {
      log.warn({ to, letters: posts.length, error: String(error) }, 'mailbox unreachable');
      metrics.count('mailbox_unavailable_total', { to }, posts.length);
      for (const post of posts) post.settle('unavailable');
    }
  }

  async #postOrRecreate(to: string, posts: readonly WaitingPost[]): Promise<number> {
    const { redis, metrics, lettersMax = MAILBOX_LETTERS_MAX } = this.#options;
    const key = mailboxKey(to);
    const post = async (): Promise<number> =>
      Number(await this.#postLetters(key, lettersMax, ...posts.map(({ bytes }) => bytes)));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const accepted = await post();
      if (accepted >= 0) return accepted;
      metrics.count('mailbox_recreated_total', { to });
      await createMailboxGroup(redis, key);
    }
    throw new Error(`mailbox ${to} keeps vanishing`);
  }
}
