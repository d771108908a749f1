/**
 * Judges a child by its heartbeats. Pure: counts beats, not seconds on a clock, so that a pause of the whole
 * process (a suspended machine, a debugger) or of the main thread is not mistaken for a hang of every child.
 */
import type { ChildHealth } from './child.ts';
import type { ChildSpec } from './child-spec.ts';

export const HEARTBEAT_INTERVAL_MS = 1_000;
/** Silence that one missed beat can stand for: its wait, and its interval before. */
const SILENCE_PER_BEAT_MS_MAX = 2 * HEARTBEAT_INTERVAL_MS;
/** A wait that took longer was ours: we were away, and the answer may lie in our own queue. */
export const WAIT_MS_MAX = 1.5 * HEARTBEAT_INTERVAL_MS;
/** One late beat is a pause (start, garbage collection); this many in a row are a state. */
export const STRIKES_MAX = 3;
/** Of `heapMibMax`, where a child that keeps its limit by itself leaves. */
export const HEAP_FRACTION_MAX = 0.9;
const MIB = 1024 * 1024;

export type HeartbeatVerdict =
  | { readonly kind: 'hang' | 'loop-lag' | 'out-of-memory'; readonly reason: string }
  | undefined;

export class HeartbeatJudge {
  readonly #spec: ChildSpec;
  #silentMs = 0;
  #lagStrikes = 0;
  #heapStrikes = 0;

  constructor(spec: ChildSpec) {
    this.#spec = spec;
  }

  /** How long there was no answer, ms. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /**
   * No answer, `sinceLastMs` after the last beat, answered or not. `heapBytes` was seen from outside: above
   * the limit nobody waits for more, the thread is on its way to fill the machine.
   */
  missed(sinceLastMs: number, heapBytes?: number): HeartbeatVerdict {
    const { heapMibMax, neverTerminate, hungAfterMs } = this.#spec;
    this.#silentMs += Math.min(sinceLastMs, SILENCE_PER_BEAT_MS_MAX);
    if (neverTerminate && heapMibMax !== undefined && (heapBytes ?? 0) > heapMibMax * MIB)
      return { kind: 'out-of-memory', reason: `hangs, and its heap grew beyond ${heapMibMax} MiB` };
    if (this.#silentMs < hungAfterMs) return undefined;
    return { kind: 'hang', reason: `hangs: no heartbeat for ${Math.round(this.#silentMs)} ms` };
  }

  answered({ loopDelayMs, heapBytes }: ChildHealth): HeartbeatVerdict {
    const { loopLagMsMax, heapMibMax, neverTerminate } = this.#spec;
    this.#silentMs = 0;
    this.#lagStrikes = loopDelayMs > loopLagMsMax ? this.#lagStrikes + 1 : 0;
    if (this.#lagStrikes >= STRIKES_MAX)
      return { kind: 'loop-lag', reason: `hangs: its event loop is ${Math.round(loopDelayMs)} ms late` };
    // The heap limit of an ordinary thread is V8's to keep. Where that would abort the process, we keep it.
    const isFull =
      neverTerminate && heapMibMax !== undefined && heapBytes > heapMibMax * MIB * HEAP_FRACTION_MAX;
    this.#heapStrikes = isFull ? this.#heapStrikes + 1 : 0;
    if (this.#heapStrikes >= STRIKES_MAX)
      return { kind: 'out-of-memory', reason: `its heap of ${heapMibMax} MiB is almost full` };
    return undefined;
  }
}
