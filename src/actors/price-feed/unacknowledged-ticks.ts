/**
 * Ticks published but not yet known to be in the durable log, and when to send them again. Bounded: when it
 * is full the feed must stop making ticks. Dropping the oldest instead would leave a hole in `seq` that the
 * log refuses for ever; stopping leaves a gap in time, which the rules know how to void.
 */
import type { IndexTick } from '../../domain/tick.ts';

/** A minute at ten ticks a second. */
export const UNACKNOWLEDGED_TICKS_MAX = 600;
const RESEND_MS_BASE = 1_000;
/** After an acknowledgement of nothing new: most likely the log is waiting at a hole. */
const RESEND_HURRY_MS = 200;
const RESEND_MS_MAX = 8_000;

export class UnacknowledgedTicks {
  #ticks: IndexTick[] = [];
  #resendMs = RESEND_MS_BASE;
  #resendDueMs = Number.POSITIVE_INFINITY;

  get isFull(): boolean {
    return this.#ticks.length >= UNACKNOWLEDGED_TICKS_MAX;
  }

  get size(): number {
    return this.#ticks.length;
  }

  add(tick: IndexTick, monotonicMs: number): void {
    if (this.isFull) throw new Error('no room for another unacknowledged tick');
    if (this.#ticks.length === 0) this.#expectProgress(monotonicMs);
    this.#ticks.push(tick);
  }

  acknowledge(upToSeq: number, monotonicMs: number): void {
    const left = this.#ticks.filter((tick) => tick.seq > upToSeq);
    if (left.length < this.#ticks.length) this.#expectProgress(monotonicMs);
    else if (this.#resendMs === RESEND_MS_BASE) this.#hurry(monotonicMs);
    this.#ticks = left;
  }

  /** All of them when none was acknowledged for too long, else nothing. Each time the next wait doubles. */
  takeDue(monotonicMs: number): readonly IndexTick[] {
    if (this.#ticks.length === 0 || monotonicMs < this.#resendDueMs) return [];
    this.#resendMs = Math.min(2 * this.#resendMs, RESEND_MS_MAX);
    this.#resendDueMs = monotonicMs + this.#resendMs;
    return this.#ticks;
  }

  /** Once per stall: the waits after it double as ever. */
  #hurry(monotonicMs: number): void {
    this.#resendDueMs = Math.min(this.#resendDueMs, monotonicMs + RESEND_HURRY_MS);
  }

  #expectProgress(monotonicMs: number): void {
    this.#resendMs = RESEND_MS_BASE;
    this.#resendDueMs = monotonicMs + RESEND_MS_BASE;
  }
}
