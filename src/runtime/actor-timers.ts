/**
 * The timers of one actor. Each firing runs as a turn of its own; after `cancelAll` nothing fires any more.
 * It runs in the trace of the turn that set it.
 * A repeating timer is aligned to multiples of its interval, and runs missed in a pause coalesce into one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Timer } from './clock.ts';

type Work = () => Promise<void> | void;

export class ActorTimers {
  readonly #clock: Clock;
  readonly #runTurn: (work: Work) => void;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, runTurn: (work: Work) => void) {
    this.#clock = clock;
    this.#runTurn = runTurn;
  }

  after(delayMs: number, work: Work): Timer {
    const fire = AsyncLocalStorage.bind(() => {
      this.#timers.delete(timer);
      this.#runTurn(work);
    });
    const timer = this.#clock.after(delayMs, fire);
    this.#timers.add(timer);
    return timer;
  }

  /** The next run is set only after the last one ended, so a pause leaves one late run, not a flood. */
  every(intervalMs: number, work: Work): Timer {
    const clock = this.#clock;
    let current: Timer;
    let cancelled = false;
    const arm = (): void => waitUntil((Math.floor(clock.nowMs() / intervalMs) + 1) * intervalMs);
    const waitUntil = (dueMs: number): void => {
      current = this.after(dueMs - clock.nowMs(), async () => {
        // A timer may fire a hair before the wall clock reads `dueMs`: running then would skip this instant.
        const earlyMs = dueMs - clock.nowMs();
        const isEarly = earlyMs > 0 && earlyMs < intervalMs;
        if (!isEarly) await work();
        if (cancelled) return;
        if (isEarly) waitUntil(dueMs);
        else arm();
      });
    };
    arm();
    return {
      cancel: () => {
        cancelled = true;
        current.cancel();
      },
    };
  }

  cancelAll(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
