/**
 * Watches the thread that watches all others. Nobody can end it when it is late, but everybody can see it:
 * while the main thread is late, heartbeats are, and the admin server is.
 */
import type { Clock, Timer } from '../clock.ts';
import { LoopLag } from '../loop-lag.ts';
import type { Metrics } from '../metrics.ts';
import { HEARTBEAT_INTERVAL_MS } from './heartbeat.ts';

export interface MainThreadHealth {
  /** How late timers fired at most in the last second, ms. */
  readonly loopDelayMs: number;
  readonly heapBytes: number;
}

export class MainThread {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #lag = new LoopLag();
  #loopDelayMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#arm();
  }

  get health(): MainThreadHealth {
    return { loopDelayMs: this.#loopDelayMs, heapBytes: process.memoryUsage().heapUsed };
  }

  close(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer = this.#clock.after(HEARTBEAT_INTERVAL_MS, () => {
      this.#loopDelayMs = this.#lag.takeMs();
      this.#metrics.gauge('event_loop_lag_seconds', this.#loopDelayMs / 1_000);
      this.#arm();
    });
  }
}
