/**
 * Mailboxes in this process's memory: for tests and the simulator, with the same contract as Redis streams.
 * Envelopes pass through the codec, so what would not survive msgpack does not survive here either.
 */
import { decode, encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { SendResult } from '../actor.ts';
import { type Delivery, MAILBOX_LETTERS_MAX, type Mailbox, type PostOffice, REPLIES_MAX } from './mailbox.ts';

interface StoredLetter {
  readonly deliveryId: string;
  readonly bytes: Uint8Array;
  attempts: number;
}

interface StoredMailbox {
  letters: StoredLetter[];
  replies: Uint8Array[];
  wake: () => void;
}

export interface DeadLetter {
  readonly actor: string;
  readonly envelope: Envelope;
  readonly error: string;
}

export class MemoryPostOffice implements PostOffice {
  readonly deadLetters: DeadLetter[] = [];
  readonly #lettersMax: number;
  readonly #boxes = new Map<string, StoredMailbox>();
  #nextDeliveryId = 1;

  constructor(lettersMax: number = MAILBOX_LETTERS_MAX) {
    this.#lettersMax = lettersMax;
  }

  async post(to: string, envelope: Envelope): Promise<SendResult> {
    const box = this.#box(to);
    if (box.letters.length >= this.#lettersMax) return 'full';
    box.letters.push({ deliveryId: String(this.#nextDeliveryId++), bytes: encode(envelope), attempts: 0 });
    box.wake();
    return 'posted';
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
      count += box.replies.length + box.letters.filter((letter) => letter.attempts === 0).length;
    }
    return count;
  }

  /** Forgets everything, as FLUSHALL does. */
  clear(): void {
    for (const box of this.#boxes.values()) {
      box.letters = [];
      box.replies = [];
    }
  }

  #box(name: string): StoredMailbox {
    let box = this.#boxes.get(name);
    if (!box) {
      box = { letters: [], replies: [], wake: () => {} };
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
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(name: string, box: StoredMailbox, deadLetters: DeadLetter[]) {
    this.#name = name;
    this.#box = box;
    this.#deadLetters = deadLetters;
    this.#abandoned = box.letters.filter((letter) => letter.attempts > 0);
    box.wake = () => this.#wake();
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    while (!this.#closed) {
      const letters = this.#next(countMax);
      if (letters.length > 0) return letters.map(deliver);
      await this.#sleep();
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    const acked = new Set(deliveryIds);
    this.#box.letters = this.#box.letters.filter((letter) => !acked.has(letter.deliveryId));
  }

  async bury(delivery: Delivery, error: string): Promise<void> {
    this.#deadLetters.push({ actor: this.#name, envelope: delivery.envelope, error });
    await this.ack([delivery.deliveryId]);
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

  #next(countMax: number): StoredLetter[] {
    const abandoned = this.#abandoned.shift();
    if (abandoned) return this.#box.letters.includes(abandoned) ? [abandoned] : this.#next(countMax);
    return this.#box.letters.filter((letter) => letter.attempts === 0).slice(0, countMax);
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function deliver(letter: StoredLetter): Delivery {
  letter.attempts += 1;
  return {
    deliveryId: letter.deliveryId,
    envelope: decode(letter.bytes) as Envelope,
    attempt: letter.attempts,
  };
}
