/**
 * Strings that vanish after a time, in this process's memory: what Redis's SET … EX, GETDEL and INCR are,
 * for ports' memory implementations. Two ports that meet at the same keys share one map.
 *
 * Entries are forgotten when they are looked at after their time; nothing sweeps. Not for production.
 */
import type { Clock } from './clock.ts';

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
  /** Written, or read by `get`. */
  usedAtMs: number;
}

export class ExpiringMap {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): string | undefined {
    const entry = this.#living(key);
    if (entry) entry.usedAtMs = this.#clock.nowMs();
    return entry?.value;
  }

  /** Replaces value and time to live; returns the value before. */
  set(key: string, value: string, ttlSeconds: number): string | undefined {
    const before = this.get(key);
    const usedAtMs = this.#clock.nowMs();
    this.#entries.set(key, { value, expiresAtMs: usedAtMs + ttlSeconds * 1000, usedAtMs });
    return before;
  }

  /** Reads and deletes: of two takers one gets the value. */
  take(key: string): string | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** Counts up from 0. The time to live begins with the first count and is not renewed by later ones. */
  increment(key: string, ttlSeconds: number): number {
    const entry = this.#living(key);
    const count = Number(entry?.value ?? 0) + 1;
    const expiresAtMs = entry?.expiresAtMs ?? this.#clock.nowMs() + ttlSeconds * 1000;
    this.#entries.set(key, { value: String(count), expiresAtMs, usedAtMs: this.#clock.nowMs() });
    return count;
  }

  /** What is left of the time to live, rounded up; undefined if there is no such key. */
  ttlSeconds(key: string): number | undefined {
    const entry = this.#living(key);
    return entry && Math.ceil((entry.expiresAtMs - this.#clock.nowMs()) / 1000);
  }

  /** Whole seconds since it was written or read; undefined if there is no such key. */
  idleSeconds(key: string): number | undefined {
    const entry = this.#living(key);
    return entry && Math.floor((this.#clock.nowMs() - entry.usedAtMs) / 1000);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Living keys, in order of insertion. */
  keys(): readonly string[] {
    return [...this.#entries.keys()].filter((key) => this.#living(key) !== undefined);
  }

  /** Forgets everything, as FLUSHALL does. */
  clear(): void {
    this.#entries.clear();
  }

  #living(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.expiresAtMs <= this.#clock.nowMs()) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry;
  }
}
