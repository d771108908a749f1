/**
 * Posting on Redis streams. Letters posted in one turn of the event loop to one mailbox travel in one script
 * call, which keeps their order and costs one round trip.
 *
 * XADD would silently recreate an evicted stream without its consumer group, so the script refuses to and
 * says the mailbox is gone; then it is made anew, group first, and the post repeated.
 */
import { encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import {
  controlMailboxKey,
  downKey,
  mailboxKey,
  postedIdsKey,
  repliesKey,
} from '../../protocol/redis-keys.ts';
import type { SendResult } from '../actor.ts';
import type { MemoryGuard } from '../redis/memory-guard.ts';
import { luaScript } from '../redis/redis-connections.ts';
import {
  type AskPostResult,
  CONTROL_LETTERS_MAX,
  MAILBOX_LETTERS_MAX,
  type Mailbox,
  POSTED_IDS_MAX,
  type PostOffice,
  REPLIES_MAX,
} from './mailbox.ts';
import { RedisMailbox, type RedisMailboxOptions } from './redis-mailbox.ts';
import { createMailbox } from './redis-streams.ts';

/** `redis`: connected command connection of this thread. */
export interface RedisPostOfficeOptions extends RedisMailboxOptions {
  readonly lettersMax?: number;
  /** While it refuses, asks are answered `full`. */
  readonly memory?: Pick<MemoryGuard, 'isRefusing'>;
}

interface WaitingPost {
  /** Empty for a letter that is not taken once by its id. */
  readonly onceId: string;
  readonly bytes: Buffer;
  readonly isAsk: boolean;
  readonly settle: (result: AskPostResult) => void;
}

/** Bounds the time one script call holds Redis. */
const LETTERS_PER_CALL_MAX = 500;
const REPLIES_TTL_SECONDS = 600;
const POSTED_IDS_TTL_SECONDS = 600;
/** What the script answers instead of a count. */
const ACTOR_IS_DOWN = -2;

export class RedisPostOffice implements PostOffice {
  readonly #options: RedisPostOfficeOptions;
  /** By stream. */
  readonly #waiting = new Map<string, WaitingPost[]>();
  #opened: RedisMailbox[] = [];
  readonly #postLetters: ReturnType<typeof luaScript>;

  constructor(options: RedisPostOfficeOptions) {
    this.#options = options;
    this.#postLetters = luaScript(options.redis, new URL('./lua/post-letters-3.lua', import.meta.url));
  }

  post(to: string, envelope: Envelope): Promise<SendResult> {
    return this.#enqueue(to, envelope, false) as Promise<SendResult>;
  }

  postAsk(to: string, envelope: Envelope): Promise<AskPostResult> {
    return this.#enqueue(to, envelope, true);
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
    const mailbox = await RedisMailbox.open(name, this.#options);
    this.#opened.push(mailbox);
    return mailbox;
  }

  /** What the mailboxes opened here can do without. */
  async trim(): Promise<void> {
    this.#opened = this.#opened.filter((mailbox) => !mailbox.isClosed);
    await Promise.all(this.#opened.map((mailbox) => mailbox.trimReplies()));
  }

  #enqueue(to: string, envelope: Envelope, isAsk: boolean): Promise<AskPostResult> {
    const isNewWork = envelope.replyTo !== undefined && !envelope.control;
    if (isNewWork && this.#options.memory?.isRefusing) {
      this.#options.metrics.count('mailbox_refused_memory_total', { to });
      return Promise.resolve('full');
    }
    return new Promise((settle) => {
      const key = envelope.control ? controlMailboxKey(to) : mailboxKey(to);
      const waiting = this.#waiting.get(key);
      const onceId = envelope.once ? envelope.id : '';
      const post = { onceId, bytes: Buffer.from(encode(envelope)), isAsk, settle };
      if (waiting) {
        waiting.push(post);
        return;
      }
      this.#waiting.set(key, [post]);
      queueMicrotask(() => void this.#flush(to, key));
    });
  }

  async #flush(to: string, key: string): Promise<void> {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (let from = 0; from < waiting.length; from += LETTERS_PER_CALL_MAX) {
      await this.#postAll(to, key, waiting.slice(from, from + LETTERS_PER_CALL_MAX));
    }
  }

  async #postAll(to: string, key: string, posts: readonly WaitingPost[]): Promise<void> {
    const { metrics, log } = this.#options;
    try {
      const accepted = await this.#postOrRecreate(to, key, posts);
      if (accepted === ACTOR_IS_DOWN) return await this.#refuseAsks(to, key, posts);
      for (const [index, post] of posts.entries()) post.settle(index < accepted ? 'posted' : 'full');
      if (accepted < posts.length)
        metrics.count('mailbox_refused_full_total', { to }, posts.length - accepted);
    } catch (error) {
      log.warn({ to, letters: posts.length, error: String(error) }, 'mailbox unreachable');
      metrics.count('mailbox_unavailable_total', { to }, posts.length);
      for (const post of posts) post.settle('unavailable');
    }
  }

  /** The letters among them are taken all the same. */
  async #refuseAsks(to: string, key: string, posts: readonly WaitingPost[]): Promise<void> {
    const [asks, letters] = [posts.filter(({ isAsk }) => isAsk), posts.filter(({ isAsk }) => !isAsk)];
    for (const { settle } of asks) settle('restarting');
    this.#options.metrics.count('mailbox_refused_restarting_total', { to }, asks.length);
    if (letters.length > 0) await this.#postAll(to, key, letters);
  }

  async #postOrRecreate(to: string, key: string, posts: readonly WaitingPost[]): Promise<number> {
    const { redis, metrics, lettersMax = MAILBOX_LETTERS_MAX } = this.#options;
    const roomMax = key === controlMailboxKey(to) ? CONTROL_LETTERS_MAX : lettersMax;
    const pairs = posts.flatMap(({ onceId, bytes }) => [onceId, bytes]);
    const keys = [key, postedIdsKey(to), downKey(to)];
    const hasAsks = posts.some(({ isAsk }) => isAsk) ? 1 : 0;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const accepted = Number(
        await this.#postLetters(...keys, roomMax, POSTED_IDS_MAX, POSTED_IDS_TTL_SECONDS, hasAsks, ...pairs),
      );
      if (accepted >= 0 || accepted === ACTOR_IS_DOWN) return accepted;
      metrics.count('mailbox_recreated_total', { to });
      await createMailbox(redis, to);
    }
    throw new Error(`mailbox ${to} keeps vanishing`);
  }
}
