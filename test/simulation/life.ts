/**
 * One life of an actor or a process. When it ends, its code must not go on as if nothing had happened, as a
 * killed thread's does not: every port it was given goes silent (promises never settle, timers never fire,
 * synchronous calls throw), so what is left of it can do nothing any more.
 */
import type { Clock } from '../../src/runtime/index.ts';
import type { SimClock } from './sim-clock.ts';

/** How soon a life that hung notices that it does no more. */
const HANG_LOOK_MS = 50;

/** Thrown into a life that has ended, and by faults the simulator injects: never the product's fault. */
export class Injected extends Error {}

export class Life {
  readonly id: string;
  readonly #enders = new Set<() => void>();
  /** Ends this life as a crash; set by whoever supervises it. */
  crash: (reason: string) => void = () => this.end();
  #isAlive = true;
  /** Until this monotonic instant it does nothing: it hangs. */
  hangsUntilMs = 0;

  constructor(id: string) {
    this.id = id;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  end(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const ended of this.#enders) ended();
    this.#enders.clear();
  }

  /** Resolves once it does not hang: a hang may be ended before its time. */
  async awake(clock: SimClock): Promise<void> {
    for (;;) {
      const hangMs = this.hangsUntilMs - clock.monotonicMs();
      if (hangMs <= 0) return;
      await clock.delay(Math.min(hangMs, HANG_LOOK_MS));
    }
  }

  /** Calls back when the life ends, at once if it has; returns the way to take it back. */
  onEnd(callback: () => void): () => void {
    if (!this.#isAlive) {
      callback();
      return () => {};
    }
    this.#enders.add(callback);
    return () => this.#enders.delete(callback);
  }

  /** As the promise while alive; never settles afterwards. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.#isAlive && resolve(value),
        (error: unknown) => this.#isAlive && reject(error),
      );
    });
  }

  assertAlive(): void {
    if (!this.#isAlive) throw new Injected(`${this.id} is dead`);
  }

  clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, callback) => clock.after(delayMs, () => this.#isAlive && callback()),
    };
  }
}
