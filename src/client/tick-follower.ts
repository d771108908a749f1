/**
 * The position on the price line, over all connections: which tick came last, and what is missing before the
 * next one. `seq` is dense, so every hole shows.
 *
 * Invariants: no tick twice, none out of order; a tick after a hole says so.
 */
import type { Position, PushFrame } from '../protocol/api/frames.ts';

export type PushedTick = Extract<PushFrame, { readonly push: 'price' }>['tick'];

export interface TickGap {
  /**
   * `slow-reader`: newer ticks took their place, because this loop or this connection was too slow.
   * `not-recovered`: the server no longer had them when the connection was back.
   * `new-line`: another price line began, with numbers of its own.
   */
  readonly reason: 'slow-reader' | 'not-recovered' | 'new-line';
  /** How many ticks are missing; 0 with `new-line`, where nobody can tell. */
  readonly missed: number;
}

/** A tick as it is followed live. */
export interface LiveTick extends PushedTick {
  /** What is missing right before this tick. Absent: nothing. */
  readonly gap?: TickGap;
}

export class TickFollower {
  #epoch: string | undefined;
  #lastSeq: number | undefined;
  #reason: TickGap['reason'] = 'slow-reader';

  /** What a subscription resumes from. */
  get position(): Position | undefined {
    return this.#epoch === undefined || this.#lastSeq === undefined
      ? undefined
      : { epoch: this.#epoch, seq: this.#lastSeq };
  }

  /** A subscription was confirmed; its ticks follow. */
  subscribed({ epoch, recovered }: { readonly epoch: string; readonly recovered: boolean }): void {
    if (this.#lastSeq !== undefined && !recovered) this.#reason = 'not-recovered';
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      this.#reason = 'new-line';
      this.#lastSeq = undefined;
    }
    this.#epoch = epoch;
  }

  /** The tick with what is missing before it; undefined if it is none that follows. */
  follow(tick: PushedTick): LiveTick | undefined {
    const last = this.#lastSeq;
    if (last !== undefined && tick.seq <= last) return undefined;
    const reason = this.#reason;
    this.#lastSeq = tick.seq;
    this.#reason = 'slow-reader';
    const missed = last === undefined ? 0 : tick.seq - last - 1;
    return missed > 0 || reason === 'new-line' ? { ...tick, gap: { reason, missed } } : tick;
  }
}

/** The newer of two ticks once the older one is skipped. */
export function skipTick(older: LiveTick, newer: LiveTick): LiveTick {
  const gaps = [older.gap, newer.gap].filter((gap) => gap !== undefined);
  const missed = gaps.reduce((sum, gap) => sum + gap.missed, 1);
  const reason = (['new-line', 'not-recovered'] as const).find((each) =>
    gaps.some((gap) => gap.reason === each),
  );
  return { ...newer, gap: { reason: reason ?? 'slow-reader', missed } };
}
