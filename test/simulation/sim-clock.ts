/**
 * Virtual time. It moves only when told to; the wall clock can be set, as an operator or NTP does, while the
 * monotonic clock and every timer go on. Timers fire in order of their due time, then of creation.
 */
import type { Clock, Timer } from '../../src/runtime/index.ts';

interface SimTimer {
  readonly dueMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

export class SimClock implements Clock {
  #wallOffsetMs: number;
  #elapsedMs = 0;
  #order = 0;
  /** A binary heap, the next timer first. */
  readonly #heap: SimTimer[] = [];

  constructor(startMs: number) {
    this.#wallOffsetMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallOffsetMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: SimTimer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return {
      cancel: () => {
        timer.callback = undefined;
      },
    };
  }

  delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Sets the wall clock forward or back. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Fires the next timer due by `untilMs` of monotonic time; if there is none, false, and it is then. */
  fireNext(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.dueMs > untilMs) {
        this.#elapsedMs = Math.max(this.#elapsedMs, untilMs);
        return false;
      }
      this.#removeFirst();
      const { callback } = next;
      if (!callback) continue;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      callback();
      return true;
    }
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (!x || !y) return false;
    return x.dueMs < y.dueMs || (x.dueMs === y.dueMs && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (!x || !y) return;
    this.#heap[a] = y;
    this.#heap[b] = x;
  }
}
