/**
 * Posting on Redis streams. Letters posted in one turn of the event loop to one mailbox travel in one script
 * call, which keeps their order and costs one round trip; replies to one asker travel in one entry.
 *
 * XADD would silently recreate an evicted stream without its consumer group, so the script refuses to and
 * says the mailbox is gone; then it is made anew, group first, and the post repeated.
 */
import type { Envelope } from '../../protocol/envelope.ts';
import {
  controlMailboxKey,
  delayedControlKey,
  delayedKey,
  downKey,
  heldLettersKey,
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
import {
  createMailbox,
  letterBytes,
  POSTED_IDS_TTL_SECONDS,
  REPLIES_FIELD,
  replyBytes,
} from './redis-streams.ts';

/** `redis`: connected command connection of this thread. */
export interface RedisPostOfficeOptions extends RedisMailboxOptions {
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

interface WaitingReplies {
  readonly replies: Envelope[];
  readonly posted: Promise<void>;
}

/** Bounds the time one script call holds Redis. */
const LETTERS_PER_CALL_MAX = 500;
/** Bounds what one reader has to take at once. */
const REPLIES_PER_ENTRY_MAX = 64;
const REPLIES_TTL_SECONDS = 600;
/** What the script answers instead of places. */
const ACTOR_IS_DOWN = -2;

export class RedisPostOffice implements PostOffice {
  readonly #options: RedisPostOfficeOptions;
  /** By stream. */
  readonly #waiting = new Map<string, WaitingPost[]>();
  /** By asker: what was said to it in this turn of the event loop. */
  readonly #waitingReplies = new Map<string, WaitingReplies>();
  #opened: RedisMailbox[] = [];
  readonly #postLetters: ReturnType<typeof luaScript>;
  readonly #holdLetter: ReturnType<typeof luaScript>;
  readonly #cancelLetter: ReturnType<typeof luaScript>;

  constructor(options: RedisPostOfficeOptions) {
    this.#options = options;
    const script = (file: string) => luaScript(options.redis, new URL(`./lua/${file}`, import.meta.url));
    this.#postLetters = script('post-letters-3.lua');
    this.#holdLetter = script('hold-letter-3.lua');
    this.#cancelLetter = script('cancel-letter-2.lua');
  }

  post(to: string, envelope: Envelope): Promise<SendResult> {
    return this.#enqueue(to, envelope, false) as Promise<SendResult>;
  }

  postAsk(to: string, envelope: Envelope): Promise<AskPostResult> {
    return this.#enqueue(to, envelope, true);
  }

  async postLater(to: string, envelope: Envelope, dueInMs: number): Promise<SendResult> {
    const { metrics, lettersMax = MAILBOX_LETTERS_MAX } = this.#options;
    const { id, once, control } = envelope;
    const idsKey = control ? delayedControlKey(to) : delayedKey(to);
    const heldMax = control ? CONTROL_LETTERS_MAX : lettersMax;
    const keys = [idsKey, heldLettersKey(idsKey), postedIdsKey(to)];
    const bytes = letterBytes(envelope);
    try {
      const held = await this.#holdLetter(...keys, heldMax, dueInMs, id, once ? 1 : 0, bytes);
      if (held === 0) metrics.count('mailbox_refused_full_total', { to });
      if (held === 0) return 'full';
      this.#opened.find(({ name }) => name === to)?.expectDelayed(dueInMs);
      return 'posted';
    } catch (error) {
      this.#unreachable(to, 1, error);
      return 'unavailable';
    }
  }

  async cancelLater(to: string, id: string): Promise<boolean> {
    const cancel = (idsKey: string) => this.#cancelLetter(idsKey, heldLettersKey(idsKey), id);
    try {
      const cancelled = await Promise.all([cancel(delayedKey(to)), cancel(delayedControlKey(to))]);
      return cancelled.includes(1);
    } catch (error) {
      this.#unreachable(to, 1, error);
      return false;
    }
  }

  postReply(to: string, envelope: Envelope): Promise<void> {
    const waiting = this.#waitingReplies.get(to);
    if (waiting && waiting.replies.length < REPLIES_PER_ENTRY_MAX) {
      waiting.replies.push(envelope);
      return waiting.posted;
    }
    const replies = [envelope];
    const posted = Promise.resolve().then(() => this.#postReplies(to, replies));
    this.#waitingReplies.set(to, { replies, posted });
    return posted;
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

  async #postReplies(to: string, replies: readonly Envelope[]): Promise<void> {
    if (this.#waitingReplies.get(to)?.replies === replies) this.#waitingReplies.delete(to);
    const key = repliesKey(to);
    const { redis, metrics } = this.#options;
    try {
      await Promise.all([
        redis.xadd(key, 'MAXLEN', '~', REPLIES_MAX, '*', REPLIES_FIELD, replyBytes(replies)),
        redis.expire(key, REPLIES_TTL_SECONDS),
      ]);
    } catch {
      metrics.count('mailbox_replies_lost_total', {}, replies.length);
    }
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
      const post = { onceId, bytes: letterBytes(envelope), isAsk, settle };
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
    const { metrics } = this.#options;
    try {
      const refused = await this.#postOrRecreate(to, key, posts);
      if (refused === ACTOR_IS_DOWN) return await this.#refuseAsks(to, key, posts);
      for (const [at, post] of posts.entries()) post.settle(refused.has(at) ? 'full' : 'posted');
      if (refused.size > 0) metrics.count('mailbox_refused_full_total', { to }, refused.size);
    } catch (error) {
      this.#unreachable(to, posts.length, error);
      for (const post of posts) post.settle('unavailable');
    }
  }

  #unreachable(to: string, letters: number, error: unknown): void {
    this.#options.log.warn({ to, letters, error: String(error) }, 'mailbox unreachable');
    this.#options.metrics.count('mailbox_unavailable_total', { to }, letters);
  }

  /** The letters among them are taken all the same. */
  async #refuseAsks(to: string, key: string, posts: readonly WaitingPost[]): Promise<void> {
    const [asks, letters] = [posts.filter(({ isAsk }) => isAsk), posts.filter(({ isAsk }) => !isAsk)];
    for (const { settle } of asks) settle('restarting');
    this.#options.metrics.count('mailbox_refused_restarting_total', { to }, asks.length);
    if (letters.length > 0) await this.#postAll(to, key, letters);
  }

  /** Places of the posts refused. */
  async #postOrRecreate(
    to: string,
    key: string,
    posts: readonly WaitingPost[],
  ): Promise<ReadonlySet<number> | typeof ACTOR_IS_DOWN> {
    const { redis, metrics, lettersMax = MAILBOX_LETTERS_MAX } = this.#options;
    const roomMax = key === controlMailboxKey(to) ? CONTROL_LETTERS_MAX : lettersMax;
    const pairs = posts.flatMap(({ onceId, bytes }) => [onceId, bytes]);
    const keys = [key, postedIdsKey(to), downKey(to)];
    const hasAsks = posts.some(({ isAsk }) => isAsk) ? 1 : 0;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const limits = [roomMax, POSTED_IDS_MAX, POSTED_IDS_TTL_SECONDS];
      const reply = await this.#postLetters(...keys, ...limits, hasAsks, ...pairs);
      if (Array.isArray(reply)) return new Set(reply.map(Number));
      if (reply === ACTOR_IS_DOWN) return ACTOR_IS_DOWN;
      metrics.count('mailbox_recreated_total', { to });
      await createMailbox(redis, to);
    }
    throw new Error(`mailbox ${to} keeps vanishing`);
  }
}
