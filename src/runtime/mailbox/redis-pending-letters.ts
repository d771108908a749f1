/**
 * Letters that were delivered and never acked: of an earlier life, of a reply that got lost on its way, or
 * of a reader under another consumer name that is gone. Listed with XPENDING, which delivers nothing, and
 * claimed one at a time with XCLAIM, which counts the attempt of that letter alone. (XAUTOCLAIM would count
 * up the letters this reader holds as well, and in the end bury a deferred one that did no harm.)
 */
import { callBinary, type RedisConnection } from '../redis/redis-connections.ts';
import { CONSUMER, GROUP, type StreamEntry } from './redis-streams.ts';

export interface PendingLetter {
  readonly key: string;
  readonly id: string;
  readonly attempts: number;
  readonly isSuspect: boolean;
}

export interface ClaimedLetter extends PendingLetter {
  readonly entry: StreamEntry;
}

interface Row extends Omit<PendingLetter, 'isSuspect'> {
  readonly idleMs: number;
}

type Held = (key: string, id: string) => boolean;

const ROWS_PER_PAGE = 1_000;
/** When a forgiven letter counts as delivered, ms since the Unix epoch: long before any other. */
export const FORGIVEN_AT_MS = 0;
/** As idle as this is only what was forgiven. */
const FORGIVEN_IDLE_MS = 1e12;

export class PendingLetters {
  readonly #redis: RedisConnection;
  readonly #keys: readonly string[];
  readonly #reclaimIdleMs: number;
  /** Undefined: must be listed. Empty: done. */
  #letters: PendingLetter[] | undefined;
  #isFirstList = true;

  /** Letters of `keys` come in that order. Another consumer's count as abandoned after `reclaimIdleMs`. */
  constructor(redis: RedisConnection, keys: readonly string[], reclaimIdleMs: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#reclaimIdleMs = reclaimIdleMs;
  }

  /** True if there is none but those `held` by this reader. */
  async isDone(held: Held): Promise<boolean> {
    this.#letters ??= await this.#list(held);
    return this.#letters.length === 0;
  }

  /** What is pending may have changed: list it again. */
  listAgain(): void {
    this.#letters = undefined;
  }

  /** The next one that is not `held`; undefined when there is none left. */
  async next(held: Held): Promise<ClaimedLetter | undefined> {
    this.#letters ??= await this.#list(held);
    for (;;) {
      const letter = this.#letters[0];
      if (!letter) return undefined;
      const claimed = (await callBinary(this.#redis, 'XCLAIM', [
        ...[letter.key, GROUP, CONSUMER, 0, letter.id],
      ])) as readonly (StreamEntry | null)[];
      this.#letters.shift();
      const entry = claimed[0];
      if (entry) return { ...letter, attempts: letter.attempts + 1, entry };
    }
  }

  async #list(held: Held): Promise<PendingLetter[]> {
    // At once, the last key first: idle times of different moments make the earlier key look younger.
    const lastFirst = await Promise.all(this.#keys.toReversed().map((key) => this.#rows(key)));
    const rows = lastFirst.toReversed().flat();
    const waiting = rows.filter(({ key, id }) => !held(key, id));
    // Whoever ended an earlier life was given to it last; later lists hold only letters lost on their way.
    const suspect = this.#isFirstList ? youngest(waiting) : undefined;
    this.#isFirstList = false;
    return waiting.map(({ key, id, attempts }) => ({
      ...{ key, id, attempts },
      isSuspect: suspect?.key === key && suspect.id === id,
    }));
  }

  async #rows(key: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let from = '-'; ; ) {
      const page = (await this.#redis.xpending(key, GROUP, from, '+', ROWS_PER_PAGE)) as [
        id: string,
        consumer: string,
        idleMs: number,
        attempts: number,
      ][];
      for (const [id, consumer, idleMs, attempts] of page) {
        if (consumer === CONSUMER || idleMs >= this.#reclaimIdleMs) rows.push({ key, id, idleMs, attempts });
      }
      const last = page.at(-1);
      if (!last || page.length < ROWS_PER_PAGE) return rows;
      from = `(${last[0]}`;
    }
  }
}

/** Of letters delivered in the same millisecond the last: batches are handled in order. None forgiven. */
const youngest = (rows: readonly Row[]): Row | undefined =>
  rows
    .filter(({ idleMs }) => idleMs < FORGIVEN_IDLE_MS)
    .reduce<Row | undefined>((best, row) => (best && best.idleMs < row.idleMs ? best : row), undefined);
