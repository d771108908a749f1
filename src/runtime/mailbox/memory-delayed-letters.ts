/** Letters of one mailbox held until they are due: the twin of redis-delayed-letters.ts, for tests. */
import { decode, encode } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';

interface HeldLetter {
  readonly id: string;
  readonly dueMs: number;
  readonly bytes: Uint8Array;
  readonly isControl: boolean;
}

export class MemoryDelayedLetters {
  /** The next one due first, then in the order of posting. */
  #held: HeldLetter[] = [];

  /** False if as many of its kind are held already. One id is held once; the first counts. */
  hold(envelope: Envelope, dueMs: number, heldMax: number): boolean {
    const { id, control: isControl = false } = envelope;
    const sameKind = this.#held.filter((letter) => letter.isControl === isControl);
    if (sameKind.some((letter) => letter.id === id)) return true;
    if (sameKind.length >= heldMax) return false;
    this.#held.push({ id, dueMs, bytes: encode(envelope), isControl });
    this.#held.sort((a, b) => a.dueMs - b.dueMs);
    return true;
  }

  cancel(id: string): boolean {
    const before = this.#held.length;
    this.#held = this.#held.filter((letter) => letter.id !== id);
    return this.#held.length < before;
  }

  /** Offers what is due to `put`, in order. What it refuses stays, and what follows it of its kind. */
  moveDue(nowMs: number, put: (envelope: Envelope) => boolean): void {
    const refused = new Set<boolean>();
    this.#held = this.#held.filter(({ dueMs, bytes, isControl }) => {
      if (dueMs > nowMs || refused.has(isControl)) return true;
      const isTaken = put(decode(bytes) as Envelope);
      if (!isTaken) refused.add(isControl);
      return !isTaken;
    });
  }

  /** When the next one is due that is not due yet. */
  dueAfter(nowMs: number): number | undefined {
    return this.#held.find(({ dueMs }) => dueMs > nowMs)?.dueMs;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  clear(): void {
    this.#held = [];
  }
}
