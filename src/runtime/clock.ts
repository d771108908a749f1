/**
 * The only place that reads time or sets timers. Actors get a Clock; tests and simulations a ManualClock.
 * Wall time labels things and orders ticks; durations and deadlines use the monotonic clock.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, integer ms since the Unix epoch. */
  nowMs(): number;
  /** Never goes back; ms with fractions, from an arbitrary origin. */
  monotonicMs(): number;
  /** Calls back once after at least `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs` of the given clock. */
export const delay = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });

/** Settles with `promise`, or rejects with `onExpiry()` after `deadlineMs`. The promise itself goes on. */
export function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  promise: Promise<T>,
  onExpiry: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(deadlineMs, () => reject(onExpiry()));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

interface ManualTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to. Timers fire in order of their due time, then of creation. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallOffsetMs = 0;
  #order = 0;
  #timers: ManualTimer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** As when somebody sets the machine's time: no duration and no timer notices. */
  setWallClockBy(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    return { cancel: () => this.#remove(timer) };
  }

  /**
   * Moves to the next due timer at or before `limitMs` (of the monotonic clock) and fires it; false (and
   * time = limit) if there is none.
   */
  fireNext(limitMs: number): boolean {
    const next = this.#timers.reduce<ManualTimer | undefined>(
      (first, timer) => earlier(first, timer),
      undefined,
    );
    if (!next || next.dueMs > limitMs) {
      this.#nowMs = Math.max(this.#nowMs, limitMs);
      return false;
    }
    this.#remove(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.callback();
    return true;
  }

  #remove(timer: ManualTimer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}

function earlier(a: ManualTimer | undefined, b: ManualTimer): ManualTimer {
  if (!a) return b;
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order) ? a : b;
}
