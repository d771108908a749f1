/** How many frames one connection sent in the running second of the clock. */
import type { Clock } from '../../runtime/index.ts';

export const FRAMES_PER_SECOND_MAX = 100;

export class FrameRate {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #second = 0;
  #frames = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Counts one more. True: it is one too many. */
  isTooHigh(): boolean {
    const second = Math.floor(this.#clock.monotonicMs() / 1_000);
    if (second !== this.#second) this.#frames = 0;
    this.#second = second;
    this.#frames += 1;
    return this.#frames > FRAMES_PER_SECOND_MAX;
  }
}
