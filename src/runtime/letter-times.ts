/**
 * Three histograms per letter type: `actor_letter_queue_seconds` (sent → taken),
 * `actor_letter_handling_seconds` (its share of the turn) and `actor_letter_latency_seconds` (sent → effects
 * durable and answers gone).
 *
 * Of the letters of one type in one turn the oldest stands for all: it waited longest, and a full turn of 256
 * letters costs as much to observe as one. Sender and receiver read the same machine's wall clock; a
 * difference below zero counts as zero.
 */
import type { AnyReceived } from './actor.ts';
import type { Clock } from './clock.ts';
import type { Metrics } from './metrics.ts';

export class LetterTimes {
  readonly #clock: Clock;
  readonly #metrics: Metrics;

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  taken(letters: readonly AnyReceived[]): void {
    this.#observeAge('actor_letter_queue_seconds', letters);
  }

  /** `turnSeconds`: of the whole turn. */
  ran(letters: readonly AnyReceived[], turnSeconds: number): void {
    for (const { type } of oldestOfEachType(letters)) {
      this.#metrics.observeSeconds('actor_letter_handling_seconds', turnSeconds / letters.length, { type });
    }
  }

  done(letters: readonly AnyReceived[]): void {
    this.#observeAge('actor_letter_latency_seconds', letters);
  }

  #observeAge(name: string, letters: readonly AnyReceived[]): void {
    const nowMs = this.#clock.nowMs();
    for (const { type, sentAtMs } of oldestOfEachType(letters)) {
      this.#metrics.observeSeconds(name, Math.max(0, nowMs - sentAtMs) / 1000, { type });
    }
  }
}

function oldestOfEachType(letters: readonly AnyReceived[]): Iterable<AnyReceived> {
  const oldest = new Map<string, AnyReceived>();
  for (const letter of letters) {
    const known = oldest.get(letter.type);
    if (!known || letter.sentAtMs < known.sentAtMs) oldest.set(letter.type, letter);
  }
  return oldest.values();
}
