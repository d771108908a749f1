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
   * `new-line`: the line began anew behind its last recorded tick; what was shown beyond that is void.
   */
  readonly reason: 'slow-reader' | 'not-recovered' | 'new-line';
  /** How many ticks are missing; with `new-line`, at least so many. */
  readonly missed: number;
}

/** A tick as it is followed live. */
export interface LiveTick extends PushedTick {
  /** What is missing right before this tick. Absent: nothing. */
  readonly gap?: TickGap;
}

export class TickFollower {
  #epoch: string | undefined;
  #last: Pick<PushedTick, 'seq' | 'atMs'> | undefined;
  #reason: TickGap['reason'] = 'slow-reader';

  /** What a subscription resumes from. */
  get position(): Position | undefined {
    return this.#epoch === undefined || !this.#last ? undefined : { epoch: this.#epoch, seq: this.#last.seq };
  }

  /** A subscription was confirmed; its ticks follow. */
  subscribed({ epoch, recovered }: { readonly epoch: string; readonly recovered: boolean }): void {
    if (this.#last && !recovered) this.#reason = epoch === this.#epoch ? 'not-recovered' : 'new-line';
    this.#epoch = epoch;
  }

  /** The tick with what is missing before it; undefined if it is none that follows. */
  follow(tick: PushedTick): LiveTick | undefined {
    const last = this.#last;
    if (last && tick.atMs <= last.atMs) return undefined;
    // Numbers that are used again, by later ticks: the line went back to what is recorded.
    const reason = last && tick.seq <= last.seq ? 'new-line' : this.#reason;
    this.#last = tick;
    this.#reason = 'slow-reader';
    const missed = last ? Math.max(0, tick.seq - last.seq - 1) : 0;
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
