/** How late the event loop of this thread runs: what one long synchronous stretch costs everybody else. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

/** Measures from its creation on. A stretch that has not ended yet is not seen: its thread cannot look. */
export class LoopLag {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  /** How late timers fired at most since this was asked last, ms; 0 or more. */
  takeMs(): number {
    // The histogram holds the time between two looks, which is the resolution when nothing is late.
    const lateMs = this.#delay.max / NANOSECONDS_PER_MS - RESOLUTION_MS;
    this.#delay.reset();
    return Math.max(0, lateMs);
  }
}
