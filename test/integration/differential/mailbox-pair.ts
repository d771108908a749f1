/**
 * A post office in memory and one on a real Redis, with the same commands given to both. Ids that a store
 * gives (of deliveries, of dead letters) differ, so they are known here by their place in the answers.
 */
import { expect } from 'vitest';
import type { Envelope } from '../../../src/protocol/envelope.ts';
import { controlMailboxKey, mailboxKey, postedIdsKey, repliesKey } from '../../../src/protocol/redis-keys.ts';
import { ManualClock, type RedisConnection, systemClock, withDeadline } from '../../../src/runtime/index.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import type { DeadLetter, DeadLetters } from '../../../src/runtime/mailbox/dead-letters.ts';
import type { Delivery, Mailbox, PostOffice } from '../../../src/runtime/mailbox/mailbox.ts';
import { MemoryDeadLetters } from '../../../src/runtime/mailbox/memory-dead-letters.ts';
import { MemoryPostOffice } from '../../../src/runtime/mailbox/memory-mailbox.ts';
import { RedisDeadLetters } from '../../../src/runtime/mailbox/redis-dead-letters.ts';
import { RedisPostOffice } from '../../../src/runtime/mailbox/redis-post-office.ts';
import { Metrics } from '../../../src/runtime/metrics.ts';
import { RedisStatusBoard } from '../../../src/runtime/supervision/redis-status-board.ts';
import type { StatusBoard } from '../../../src/runtime/supervision/status-board.ts';

export const LETTERS_MAX = 5;
/** Longer than this Redis never takes to deliver what is there. */
const DELIVERY_MS_MAX = 5_000;

interface Side {
  readonly postOffice: PostOffice;
  readonly deadLetters: DeadLetters;
  readonly statusBoard: StatusBoard;
}

type Sides<T> = readonly [twin: T, real: T];

interface Reader {
  readonly mailboxes: Sides<Mailbox>;
  isClosed: boolean;
  /** Deliveries of this reader, and those of earlier ones that are acked or buried: ids it may know. */
  readonly known: Sides<Delivery>[];
  readonly settled: Set<Sides<Delivery>>;
}

export class MailboxPair {
  readonly #redis: RedisConnection;
  readonly #office = new MemoryPostOffice(new ManualClock(1_700_000_000_000), LETTERS_MAX);
  readonly #sides: Sides<Side>;
  readonly #readers = new Map<string, Reader>();
  #letters = 0;

  constructor(redis: RedisConnection, redisUrl: string) {
    this.#redis = redis;
    const options = { redisUrl, redis, clock: systemClock, log: silentLogger, metrics: new Metrics('test') };
    const twin = {
      postOffice: this.#office,
      deadLetters: new MemoryDeadLetters(this.#office),
      statusBoard: this.#office.statusBoard,
    };
    const real = {
      postOffice: new RedisPostOffice({ ...options, lettersMax: LETTERS_MAX }),
      deadLetters: new RedisDeadLetters(redis, LETTERS_MAX),
      statusBoard: new RedisStatusBoard(redis),
    };
    this.#sides = [twin, real];
  }

  /** All at once, as from one turn of an actor. */
  async post(to: string, letters: readonly { readonly more: Partial<Envelope>; readonly isAsk: boolean }[]) {
    const envelopes = letters.map(({ more, isAsk }) => ({ envelope: this.#letter(more), isAsk }));
    await this.#same(({ postOffice }) =>
      Promise.all(
        envelopes.map(({ envelope, isAsk }) =>
          isAsk ? postOffice.postAsk(to, envelope) : postOffice.post(to, envelope),
        ),
      ),
    );
  }

  async postReply(to: string): Promise<void> {
    const envelope = this.#letter({});
    await this.#same(({ postOffice }) => postOffice.postReply(to, envelope));
  }

  /** The reader ends, whatever it holds, and a new one comes. */
  async reopen(name: string): Promise<void> {
    const last = this.#readers.get(name);
    await this.close(name);
    const mailboxes = await this.#each(({ postOffice }) => postOffice.open(name));
    const known = last?.known.filter((delivery) => last.settled.has(delivery)) ?? [];
    this.#readers.set(name, { mailboxes, isClosed: false, known, settled: new Set(known) });
  }

  async close(name: string): Promise<void> {
    const reader = this.#readers.get(name);
    if (!reader) return;
    await Promise.all(reader.mailboxes.map((mailbox) => mailbox.close()));
    reader.isClosed = true;
  }

  async take(name: string, countMax: number): Promise<void> {
    const reader = this.#readers.get(name);
    if (!reader) return;
    const [twin, real] = reader.mailboxes;
    const taking = twin.take(countMax);
    // Nothing there: both must wait, and wake for the same letter.
    if (!(await isSettled(taking))) await this.#postSentinel(name);
    expect(await isSettled(taking)).toBe(true);
    const expected = await taking;
    const actual = await this.#soon(real.take(countMax));
    expect(actual.map(withoutId)).toEqual(expected.map(withoutId));
    for (const [at, delivery] of expected.entries()) reader.known.push([delivery, actual[at] ?? delivery]);
    await this.#nextMillisecond();
  }

  async takeReplies(name: string): Promise<void> {
    const reader = this.#readers.get(name);
    if (!reader) return;
    const taking = reader.mailboxes[0].takeReplies();
    if (!(await isSettled(taking))) await this.postReply(name);
    expect(await isSettled(taking)).toBe(true);
    expect(await this.#soon(reader.mailboxes[1].takeReplies())).toEqual(await taking);
  }

  /** `picks` choose among what the reader knows; `strangers` are ids of no letter. */
  async ack(name: string, picks: readonly number[], strangers: readonly string[]): Promise<void> {
    await this.#withKnown(name, picks, async (reader, known) => {
      await this.#inMailboxes(reader, (mailbox, side) =>
        mailbox.ack([...known.map((delivery) => delivery[side].deliveryId), ...strangers]),
      );
      if (!reader.isClosed) for (const delivery of known) reader.settled.add(delivery);
    });
  }

  async forgive(name: string, picks: readonly number[], strangers: readonly string[]): Promise<void> {
    await this.#withKnown(name, picks, (reader, known) =>
      this.#inMailboxes(reader, (mailbox, side) =>
        mailbox.forgive([...known.map((delivery) => delivery[side].deliveryId), ...strangers]),
      ),
    );
  }

  async bury(name: string, pick: number, error: string): Promise<void> {
    await this.#withKnown(name, [pick], async (reader, [delivery]) => {
      if (!delivery) return;
      await this.#inMailboxes(reader, (mailbox, side) => mailbox.bury(delivery[side], error, 1_234));
      if (!reader.isClosed) reader.settled.add(delivery);
    });
  }

  async replay(name: string, pick: number): Promise<void> {
    const ids = await this.#deadIds(name, pick);
    await this.#same(({ deadLetters }, side) => deadLetters.replay(name, ids[side]));
  }

  async drop(name: string, pick: number): Promise<void> {
    const ids = await this.#deadIds(name, pick);
    await this.#same(({ deadLetters }, side) => deadLetters.drop(name, ids[side]));
  }

  async setDown(name: string, isDown: boolean): Promise<void> {
    await this.#same(({ statusBoard }) => (isDown ? statusBoard.down(name) : statusBoard.up(name)));
  }

  /** Everything of one mailbox goes, as under memory pressure. */
  async evict(name: string): Promise<void> {
    this.#office.evict(name);
    await this.#redis.del(mailboxKey(name), controlMailboxKey(name), postedIdsKey(name), repliesKey(name));
  }

  async flushAll(): Promise<void> {
    this.#office.clear();
    await this.#redis.flushall();
  }

  /** What can be seen without changing anything. */
  async expectSameState(names: readonly string[]): Promise<void> {
    await this.#same(({ deadLetters }) => deadLetters.actors());
    for (const name of names) {
      const [expected, actual] = await this.#each(({ deadLetters }) => deadLetters.list(name));
      expect(actual.map(withoutDeadId)).toEqual(expected.map(withoutDeadId));
      const reader = this.#readers.get(name);
      if (reader) await this.#inMailboxes(reader, (mailbox) => mailbox.depth());
    }
  }

  /** Two more lives: what is left, what was left by the one before, and then nothing. */
  async expectSameRest(name: string): Promise<void> {
    for (const countMax of [1, LETTERS_MAX]) {
      await this.reopen(name);
      const depth = (await this.#readers.get(name)?.mailboxes[0].depth()) ?? 0;
      for (let takes = 0; takes <= depth; takes += 1) await this.take(name, countMax);
    }
  }

  async end(): Promise<void> {
    for (const name of this.#readers.keys()) await this.close(name);
  }

  #letter(more: Partial<Envelope>): Envelope {
    this.#letters += 1;
    const body = { n: this.#letters };
    return { id: `l${this.#letters}`, type: 'Test', from: 'tester', sentAtMs: 1, body, ...more };
  }

  /** An ordinary letter if there is room, so that nothing else that Redis still has is overtaken. */
  async #postSentinel(name: string): Promise<void> {
    const posts = [{ more: {}, isAsk: false }];
    const before = await this.#readers.get(name)?.mailboxes[0].depth();
    await this.post(name, posts);
    if (before === (await this.#readers.get(name)?.mailboxes[0].depth()))
      await this.post(name, [{ more: { control: true }, isAsk: false }]);
  }

  async #withKnown(
    name: string,
    picks: readonly number[],
    act: (reader: Reader, known: readonly Sides<Delivery>[]) => Promise<unknown>,
  ): Promise<void> {
    const reader = this.#readers.get(name);
    if (!reader) return;
    const known = picks
      .map((pick) => reader.known.at(-1 - (pick % (reader.known.length + 1))))
      .filter((delivery) => delivery !== undefined);
    await act(reader, known);
  }

  /** By the place in the list; beyond its end an id that nobody has. */
  async #deadIds(name: string, pick: number): Promise<Sides<string>> {
    const [twin, real] = await this.#each(({ deadLetters }) => deadLetters.list(name));
    const id = (letters: readonly DeadLetter[]): string => letters[pick]?.id ?? (pick % 2 ? '1-1' : 'nobody');
    return [id(twin), id(real)];
  }

  async #inMailboxes<T>(
    { mailboxes }: Reader,
    work: (mailbox: Mailbox, side: 0 | 1) => Promise<T>,
  ): Promise<void> {
    const expected = await work(mailboxes[0], 0);
    expect(await this.#soon(work(mailboxes[1], 1))).toEqual(expected);
  }

  async #each<T>(work: (side: Side, at: 0 | 1) => Promise<T>): Promise<Sides<T>> {
    return [await work(this.#sides[0], 0), await this.#soon(work(this.#sides[1], 1))];
  }

  async #same<T>(work: (side: Side, at: 0 | 1) => Promise<T>): Promise<void> {
    const [expected, actual] = await this.#each(work);
    expect(actual).toEqual(expected);
  }

  #soon<T>(answer: Promise<T>): Promise<T> {
    return withDeadline(systemClock, DELIVERY_MS_MAX, answer, () => new Error('Redis does not answer'));
  }

  /** Redis tells which letter was delivered last by milliseconds. */
  async #nextMillisecond(): Promise<void> {
    const nowMs = async (): Promise<number> => {
      const [seconds, micros] = await this.#redis.time();
      return Math.floor(Number(seconds) * 1_000 + Number(micros) / 1_000);
    };
    const fromMs = await nowMs();
    while ((await nowMs()) < fromMs + 2);
  }
}

const withoutId = ({ envelope, attempt, isSuspect }: Delivery) => ({ envelope, attempt, isSuspect });
const withoutDeadId = ({ id: _, ...rest }: DeadLetter) => rest;

/** In memory what can happen has happened a few turns of the event loop later. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  for (let turn = 0; turn < 3 && !settled; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}
