/**
 * Mailboxes in this process's memory: for tests and the simulator, with the same contract as Redis streams.
 * Envelopes pass through the codec, so what would not survive msgpack does not survive here either.
 */
import { decode, encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { SendResult } from '../actor.ts';
import type { Clock } from '../clock.ts';
import type { StatusBoard } from '../supervision/status-board.ts';
import { DEAD_LETTERS_MAX, type DeadLetter } from './dead-letters.ts';
import {
  type AskPostResult,
  CONTROL_LETTERS_MAX,
  type Delivery,
  MAILBOX_LETTERS_MAX,
  type Mailbox,
  POSTED_IDS_MAX,
  type PostOffice,
  REPLIES_MAX,
} from './mailbox.ts';
import { MemoryDelayedLetters } from './memory-delayed-letters.ts';

interface StoredLetter {
  readonly deliveryId: string;
  readonly bytes: Uint8Array;
  readonly isControl: boolean;
  attempts: number;
  /** Counts up over all deliveries of all letters; 0 before the first. */
  deliveredAs: number;
  isForgiven: boolean;
}

interface StoredMailbox {
  /** Control letters first, each kind in order. */
  letters: StoredLetter[];
  readonly delayed: MemoryDelayedLetters;
  /** Ids of `once` letters, oldest first. */
  postedIds: Set<string>;
  deliveries: number;
  replies: Uint8Array[];
  wake: () => void;
}

export class MemoryPostOffice implements PostOffice {
  readonly deadLetters: DeadLetter[] = [];
  readonly #clock: Clock;
  readonly #lettersMax: number;
  readonly #down = new Set<string>();
  /** Without a time to live: nobody here outlives whoever said so. */
  readonly statusBoard: StatusBoard = {
    down: async (actor) => void this.#down.add(actor),
    up: async (actor) => void this.#down.delete(actor),
  };
  readonly #boxes = new Map<string, StoredMailbox>();
  #nextDeliveryId = 1;

  /** Letters are due by the monotonic clock: here none outlives it. */
  constructor(clock: Clock, lettersMax: number = MAILBOX_LETTERS_MAX) {
    this.#clock = clock;
    this.#lettersMax = lettersMax;
  }

  async post(to: string, envelope: Envelope): Promise<SendResult> {
    const box = this.#box(to);
    if (!this.#put(box, envelope)) return 'full';
    box.wake();
    return 'posted';
  }

  async postLater(to: string, envelope: Envelope, dueInMs: number): Promise<SendResult> {
    const box = this.#box(to);
    if (envelope.once && box.postedIds.has(envelope.id)) return 'posted';
    const dueMs = this.#clock.monotonicMs() + dueInMs;
    if (!box.delayed.hold(envelope, dueMs, this.#roomMax(envelope))) return 'full';
    box.wake();
    return 'posted';
  }

  async cancelLater(to: string, id: string): Promise<boolean> {
    return this.#box(to).delayed.cancel(id);
  }

  async postAsk(to: string, envelope: Envelope): Promise<AskPostResult> {
    return this.#down.has(to) ? 'restarting' : this.post(to, envelope);
  }

  async postReply(to: string, envelope: Envelope): Promise<void> {
    const box = this.#box(to);
    box.replies.push(encode(envelope));
    if (box.replies.length > REPLIES_MAX) box.replies.shift();
    box.wake();
  }

  async open(name: string): Promise<Mailbox> {
    const box = this.#box(name);
    const put = (envelope: Envelope): boolean => this.#put(box, envelope);
    return new MemoryMailbox(name, box, this.deadLetters, { clock: this.#clock, put });
  }

  /** Letters and replies to these mailboxes nobody has taken yet: 0 means nothing is on its way. */
  inFlight(names: readonly string[]): number {
    let count = 0;
    for (const name of names) {
      const box = this.#box(name);
      count += box.replies.length + box.letters.filter((letter) => letter.deliveredAs === 0).length;
    }
    return count;
  }

  /** Forgets everything, as FLUSHALL does. */
  clear(): void {
    for (const name of this.#boxes.keys()) this.evict(name);
    this.deadLetters.length = 0;
    this.#down.clear();
  }

  /** One mailbox goes, as under memory pressure: its letters, their ids, its replies. */
  evict(name: string): void {
    const box = this.#box(name);
    box.letters = [];
    box.replies = [];
    box.postedIds.clear();
    box.delayed.clear();
  }

  /** False if it is full. */
  #put(box: StoredMailbox, envelope: Envelope): boolean {
    if (envelope.once && box.postedIds.has(envelope.id)) return true;
    const isControl = envelope.control ?? false;
    const sameKind = box.letters.filter((letter) => letter.isControl === isControl).length;
    if (sameKind >= this.#roomMax(envelope)) return false;
    const deliveryId = String(this.#nextDeliveryId++);
    const history = { attempts: 0, deliveredAs: 0, isForgiven: false };
    const letter = { deliveryId, bytes: encode(envelope), isControl, ...history };
    box.letters.splice(isControl ? sameKind : box.letters.length, 0, letter);
    if (envelope.once) remember(box.postedIds, envelope.id);
    return true;
  }

  #roomMax({ control }: Envelope): number {
    return control ? CONTROL_LETTERS_MAX : this.#lettersMax;
  }

  #box(name: string): StoredMailbox {
    let box = this.#boxes.get(name);
    if (!box) {
      const delayed = new MemoryDelayedLetters();
      box = { letters: [], delayed, postedIds: new Set(), deliveries: 0, replies: [], wake: () => {} };
      this.#boxes.set(name, box);
    }
    return box;
  }
}

/** What a mailbox needs to move letters that are due. */
interface Mover {
  readonly clock: Clock;
  /** False if the mailbox is full. */
  readonly put: (envelope: Envelope) => boolean;
}

class MemoryMailbox implements Mailbox {
  readonly #name: string;
  readonly #box: StoredMailbox;
  readonly #deadLetters: DeadLetter[];
  readonly #mover: Mover;
  /** How many deliveries were to earlier readers. */
  readonly #earlierDeliveries: number;
  /** Unacked letters of an earlier reader, delivered first, one at a time. Undefined: not listed yet. */
  #abandoned: StoredLetter[] | undefined;
  #suspect: StoredLetter | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(name: string, box: StoredMailbox, deadLetters: DeadLetter[], mover: Mover) {
    this.#name = name;
    this.#box = box;
    this.#deadLetters = deadLetters;
    this.#mover = mover;
    this.#earlierDeliveries = box.deliveries;
    box.replies = [];
    box.wake = () => this.#wake();
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    const { clock, put } = this.#mover;
    while (!this.#closed) {
      const nowMs = clock.monotonicMs();
      this.#box.delayed.moveDue(nowMs, put);
      const letters = this.#next(countMax);
      if (letters.length > 0) return letters.map((letter) => this.#deliver(letter));
      // What is due already did not fit: an ack makes room, and wakes.
      const dueMs = this.#box.delayed.dueAfter(nowMs);
      const timer = dueMs === undefined ? undefined : clock.after(dueMs - nowMs, () => this.#wake());
      await this.#sleep();
      timer?.cancel();
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const acked = new Set(deliveryIds);
    this.#box.letters = this.#box.letters.filter((letter) => !acked.has(letter.deliveryId));
    if (!this.#box.delayed.isEmpty) this.#wake();
  }

  async forgive(deliveryIds: readonly string[]): Promise<void> {
    if (this.#closed) return;
    const forgiven = new Set(deliveryIds);
    for (const letter of this.#box.letters) {
      if (letter.deliveredAs === 0 || !forgiven.has(letter.deliveryId)) continue;
      letter.attempts = 1;
      letter.isForgiven = true;
    }
  }

  async bury({ deliveryId, envelope, attempt }: Delivery, error: string, atMs: number): Promise<void> {
    if (this.#closed || !this.#box.letters.some((letter) => letter.deliveryId === deliveryId)) return;
    this.#deadLetters.push({
      ...{ id: deliveryId, actor: this.#name, envelope },
      ...{ error, attempts: attempt, atMs },
    });
    const ofThis = this.#deadLetters.filter(({ actor }) => actor === this.#name);
    const [oldest] = ofThis;
    if (oldest && ofThis.length > DEAD_LETTERS_MAX)
      this.#deadLetters.splice(this.#deadLetters.indexOf(oldest), 1);
    await this.ack([deliveryId]);
  }

  async takeReplies(): Promise<readonly Envelope[]> {
    while (!this.#closed) {
      const replies = this.#box.replies.splice(0);
      if (replies.length > 0) return replies.map((bytes) => decode(bytes) as Envelope);
      await this.#sleep();
    }
    return [];
  }

  async depth(): Promise<number> {
    return this.#box.letters.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
  }

  /** New control letters, else one abandoned letter, else new letters. */
  #next(countMax: number): StoredLetter[] {
    const fresh = this.#box.letters.filter((letter) => letter.deliveredAs === 0);
    const control = fresh.filter((letter) => letter.isControl).slice(0, countMax);
    this.#abandoned ??= this.#listAbandoned();
    if (control.length > 0 && this.#abandoned.length > 0) return control;
    for (;;) {
      const letter = this.#abandoned.shift();
      if (!letter) break;
      if (this.#box.letters.includes(letter)) return [letter];
    }
    return [...control, ...fresh.filter((letter) => !letter.isControl).slice(0, countMax)];
  }

  #listAbandoned(): StoredLetter[] {
    const abandoned = this.#box.letters.filter(
      ({ deliveredAs }) => deliveredAs > 0 && deliveredAs <= this.#earlierDeliveries,
    );
    this.#suspect = abandoned
      .filter(({ isForgiven }) => !isForgiven)
      .sort((a, b) => a.deliveredAs - b.deliveredAs)
      .at(-1);
    return abandoned;
  }

  #deliver(letter: StoredLetter): Delivery {
    const isSuspect = letter === this.#suspect;
    letter.attempts += 1;
    letter.isForgiven = false;
    this.#box.deliveries += 1;
    letter.deliveredAs = this.#box.deliveries;
    return {
      deliveryId: letter.deliveryId,
      envelope: decode(letter.bytes) as Envelope,
      attempt: letter.attempts,
      isSuspect,
    };
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > POSTED_IDS_MAX && oldest !== undefined) ids.delete(oldest);
}
