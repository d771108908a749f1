/**
 * Moves the delayed letters of one mailbox into it when they are due: the reading end's part. It looks when
 * the next one is due that it knows of, and every LOOK_EVERY_MS for those that others have posted meanwhile.
 * The letters arrive on the streams, so the reader that waits there needs no other word.
 *
 * When a letter is due is decided by Redis' clock alone: sender and reader may be on machines whose clocks
 * differ, and an answer says only how long to wait. Any number of movers may move at once.
 */
import {
  controlMailboxKey,
  delayedControlKey,
  delayedKey,
  heldLettersKey,
  mailboxKey,
  postedIdsKey,
} from '../../protocol/redis-keys.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import { luaScript, type RedisConnection } from '../redis/redis-connections.ts';
import { CONTROL_LETTERS_MAX, LOOK_EVERY_MS, MAILBOX_LETTERS_MAX, POSTED_IDS_MAX } from './mailbox.ts';
import { createMailbox, POSTED_IDS_TTL_SECONDS } from './redis-streams.ts';

export interface DelayedLettersOptions {
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Letters the mailbox may hold. */
  readonly lettersMax?: number;
}

/** Bounds the time one script call holds Redis. */
const LETTERS_PER_MOVE_MAX = 500;
/** How soon to look again when due letters found their mailbox full. */
const FULL_RETRY_MS = 100;

export class DelayedLetters {
  readonly #name: string;
  readonly #options: DelayedLettersOptions;
  readonly #moveLetters: ReturnType<typeof luaScript>;
  #timer: Timer | undefined;
  #lookAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(name: string, options: DelayedLettersOptions) {
    this.#name = name;
    this.#options = options;
    this.#moveLetters = luaScript(options.redis, new URL('./lua/move-letters-4.lua', import.meta.url));
  }

  /** One will be due in so long: looks then, or earlier. */
  expect(dueInMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + dueInMs;
    if (this.#isClosed || atMs >= this.#lookAtMs) return;
    this.#lookAtMs = atMs;
    this.#timer?.cancel();
    this.#timer = clock.after(dueInMs, () => void this.#look());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    const { lettersMax = MAILBOX_LETTERS_MAX, metrics } = this.#options;
    let waitMs = LOOK_EVERY_MS;
    try {
      const waits = await Promise.all([
        this.#move(delayedControlKey(this.#name), controlMailboxKey(this.#name), CONTROL_LETTERS_MAX),
        this.#move(delayedKey(this.#name), mailboxKey(this.#name), lettersMax),
      ]);
      waitMs = Math.min(waitMs, ...waits);
    } catch {
      if (!this.#isClosed) metrics.count('mailbox_move_errors_total');
    }
    this.expect(waitMs);
  }

  /** How long to wait before there is more to move, ms. */
  async #move(idsKey: string, streamKey: string, lettersMax: number): Promise<number> {
    const keys = [idsKey, heldLettersKey(idsKey), streamKey, postedIdsKey(this.#name)];
    const limits = [lettersMax, LETTERS_PER_MOVE_MAX, POSTED_IDS_MAX, POSTED_IDS_TTL_SECONDS];
    const [moved, dueInMs] = (await this.#moveLetters(...keys, ...limits)) as [number, number];
    if (moved < 0) await createMailbox(this.#options.redis, this.#name);
    if (dueInMs < 0) return LOOK_EVERY_MS;
    const isFull = dueInMs === 0 && moved === 0;
    return isFull ? FULL_RETRY_MS : dueInMs;
  }
}
