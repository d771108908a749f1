/**
 * Mailboxes in this process's memory: for tests and the simulator, with the same contract as Redis streams.
 * Envelopes pass through the codec, so what would not survive msgpack does not survive here either.
 */
import { decode, encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { SendResult } from '../actor.ts';
import type { StatusBoard } from '../supervision/status-board.ts';
import type { DeadLetter } from './dead-letters.ts';
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

interface StoredLetter {
  readonly deliveryId: string;
  readonly bytes: Uint8Array;
  readonly isControl: boolean;
  attempts: number;
  /** Counts up over all deliveries of all letters; 0 before the first. */
  deliveredAs: number;
}

interface StoredMailbox {
  /** Control letters first, each kind in order. */
  letters: StoredLetter[];
  /** Ids of `once` letters, oldest first. */
  postedIds: Set<string>;
  deliveries: number;
  replies: Uint8Array[];
  wake: () => void;
}

export class MemoryPostOffice implements PostOffice {
  readonly deadLetters: DeadLetter[] = [];
  readonly #lettersMax: number;
  readonly #down = new Set<string>();
  /** Without a time to live: nobody here outlives whoever said so. */
  readonly statusBoard: StatusBoard = {
    down: async (actor) => void this.#down.add(actor),
    up: async (actor) => void this.#down.delete(actor),
  };
  readonly #boxes = new Map<string, StoredMailbox>();
  #nextDeliveryId = 1;

  constructor(lettersMax: number = MAILBOX_LETTERS_MAX) {
    this.#lettersMax = lettersMax;
  }

  async post(to: string, envelope: Envelope): Promise<SendResult> {
    const box = this.#box(to);
    if (envelope.once && box.postedIds.has(envelope.id)) return 'posted';
    const isControl = envelope.control ?? false;
    const sameKind = box.letters.filter((letter) => letter.isControl === isControl).length;
    if (sameKind >= (isControl ? CONTROL_LETTERS_MAX : this.#lettersMax)) return 'full';
    const deliveryId = String(this.#nextDeliveryId++);
    const letter = { deliveryId, bytes: encode(envelope), isControl, attempts: 0, deliveredAs: 0 };
    box.letters.splice(isControl ? sameKind : box.letters.length, 0, letter);
    if (envelope.once) remember(box.postedIds, envelope.id);
    box.wake();
    return 'posted';
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
    return new MemoryMailbox(name, this.#box(name), this.deadLetters);
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
    for (const box of this.#boxes.values()) {
      box.letters = [];
      box.replies = [];
      box.postedIds.clear();
    }
  }

  #box(name: string): StoredMailbox {
    let box = this.#boxes.get(name);
    if (!box) {
      box = { letters: [], postedIds: new Set(), deliveries: 0, replies: [], wake: () => {} };
      this.#boxes.set(name, box);
    }
    return box;
  }
}

class MemoryMailbox implements Mailbox {
  readonly #name: string;
  readonly #box: StoredMailbox;
  readonly #deadLetters: DeadLetter[];
  /** Unacked letters of an earlier reader, to be delivered first, one at a time. */
  #abandoned: StoredLetter[];
  readonly #suspect: StoredLetter | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(name: string, box: StoredMailbox, deadLetters: DeadLetter[]) {
    this.#name = name;
    this.#box = box;
    this.#deadLetters = deadLetters;
    this.#abandoned = box.letters.filter((letter) => letter.deliveredAs > 0);
    this.#suspect = this.#abandoned.reduce<StoredLetter | undefined>(
      (last, letter) => (last && last.deliveredAs > letter.deliveredAs ? last : letter),
      undefined,
    );
    box.wake = () => this.#wake();
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    while (!this.#closed) {
      const letters = this.#next(countMax);
      if (letters.length > 0) return letters.map((letter) => this.#deliver(letter));
      await this.#sleep();
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    const acked = new Set(deliveryIds);
    this.#box.letters = this.#box.letters.filter((letter) => !acked.has(letter.deliveryId));
  }

  async forgive(deliveryIds: readonly string[]): Promise<void> {
    const forgiven = new Set(deliveryIds);
    for (const letter of this.#box.letters) {
      if (forgiven.has(letter.deliveryId)) letter.attempts = 1;
    }
  }

  async bury({ deliveryId, envelope, attempt }: Delivery, error: string, atMs: number): Promise<void> {
    if (!this.#box.letters.some((letter) => letter.deliveryId === deliveryId)) return;
    this.#deadLetters.push({
      ...{ id: deliveryId, actor: this.#name, envelope },
      ...{ error, attempts: attempt, atMs },
    });
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
    this.#abandoned = this.#abandoned.filter((letter) => this.#box.letters.includes(letter));
    const ordinary = fresh.filter((letter) => !letter.isControl).slice(0, countMax);
    if (this.#abandoned.length === 0) return [...control, ...ordinary];
    return control.length > 0 ? control : this.#abandoned.splice(0, 1);
  }

  #deliver(letter: StoredLetter): Delivery {
    const isSuspect = letter === this.#suspect;
    letter.attempts += 1;
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
