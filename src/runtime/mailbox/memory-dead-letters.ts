/** The dead letters of a MemoryPostOffice, with the contract of the Redis ones. */
import {
  type DeadLetter,
  type DeadLetters,
  isQuarantined,
  type ReplayResult,
  replayedEnvelope,
} from './dead-letters.ts';
import type { MemoryPostOffice } from './memory-mailbox.ts';

export class MemoryDeadLetters implements DeadLetters {
  readonly #postOffice: MemoryPostOffice;

  constructor(postOffice: MemoryPostOffice) {
    this.#postOffice = postOffice;
  }

  async actors(): Promise<readonly string[]> {
    return [...new Set(this.#postOffice.deadLetters.map(({ actor }) => actor))].sort();
  }

  async list(actor: string): Promise<readonly DeadLetter[]> {
    return this.#postOffice.deadLetters.filter((letter) => letter.actor === actor);
  }

  async replay(actor: string, id: string): Promise<ReplayResult> {
    const letter = this.#find(actor, id);
    if (!letter) return 'unknown';
    if (isQuarantined(letter)) return 'quarantined';
    const posted = await this.#postOffice.post(actor, replayedEnvelope(letter));
    if (posted !== 'posted') return 'full';
    await this.drop(actor, id);
    return 'replayed';
  }

  async drop(actor: string, id: string): Promise<boolean> {
    const letter = this.#find(actor, id);
    if (letter) this.#postOffice.deadLetters.splice(this.#postOffice.deadLetters.indexOf(letter), 1);
    return letter !== undefined;
  }

  #find(actor: string, id: string): DeadLetter | undefined {
    return this.#postOffice.deadLetters.find((letter) => letter.actor === actor && letter.id === id);
  }
}
