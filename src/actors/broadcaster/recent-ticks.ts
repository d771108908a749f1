/**
 * Ticks that were told lately, by `seq`, so that a client that was cut off gets exactly what it missed. Whole
 * from its floor to its head; who was before the floor cannot be helped. Account events: recent-events.ts.
 *
 * Bounded, in memory, one per broadcaster thread: however many clients come back at once, nobody else is
 * asked.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { Position } from '../../protocol/api/frames.ts';
import type { FeedLife } from '../../protocol/signals.ts';
import { SharedPush } from './push-frame.ts';

/** A minute of ticks. */
export const RECENT_TICKS_MAX = 600;
/** Of a feed. */
const LIVES_MAX = 16;

/**
 * Dense. A tick after a hole begins anew: what is kept never has one.
 *
 * A feed that begins anew goes on behind the last recorded tick. If it showed more before, that is void, and
 * its numbers are used again in a numbering of another name. So a place in an earlier numbering is good up to
 * where the next one began.
 */
export class RecentTicks {
  #kept: { readonly tick: IndexTick; readonly push: SharedPush }[] = [];
  /** Lives that were heard of, oldest first. Empty: the feed does not say. */
  #lives: FeedLife[] = [];

  get position(): Position | undefined {
    const epoch = this.#lives.at(-1)?.id;
    return epoch === undefined ? undefined : { epoch, seq: this.headSeq ?? 0 };
  }

  get headSeq(): number | undefined {
    return this.#kept.at(-1)?.tick.seq;
  }

  /** The oldest one that is kept. */
  get first(): IndexTick | undefined {
    return this.#kept[0]?.tick;
  }

  /** There may be older ones worth keeping. */
  get isShort(): boolean {
    return this.#kept.length < RECENT_TICKS_MAX && (this.first?.seq ?? 1) > 1;
  }

  /** Returns what is to be pushed, and whether ticks are missing before it. */
  add(tick: IndexTick, feed?: FeedLife): { readonly push: SharedPush; readonly isAfterHole: boolean } {
    const isVoid = this.#lives.at(-1)?.id !== feed?.id && this.#isVoidedBy(feed);
    const isAfterHole = isVoid || tick.seq !== (this.headSeq ?? Number.NaN) + 1;
    if (isAfterHole) this.#kept = [];
    const push = pushOf(tick);
    this.#kept.push({ tick, push });
    if (this.#kept.length >= 2 * RECENT_TICKS_MAX) this.#kept = this.#kept.slice(-RECENT_TICKS_MAX);
    return { push, isAfterHole };
  }

  /** Recorded ticks, in order: those right before the ones that are kept are kept as well. */
  fillIn(ticks: readonly IndexTick[]): void {
    for (const tick of [...ticks].reverse()) {
      const first = this.#kept[0]?.tick;
      if (first && tick.seq === first.seq - 1) this.#kept.unshift({ tick, push: pushOf(tick) });
    }
  }

  /** Whether everything after that place is here. */
  reaches({ epoch, seq }: Position): boolean {
    const at = this.#lives.findIndex(({ id }) => id === epoch);
    const next = this.#lives[at + 1];
    if (at < 0 || (next && seq >= next.fromSeq)) return false;
    return this.after(seq, 0) !== undefined;
  }

  /** At most `countMax` pushes after `seq`, oldest first; undefined if not all of them are here. */
  after(seq: number, countMax: number): readonly SharedPush[] | undefined {
    const first = this.#kept[0]?.tick.seq;
    const head = this.headSeq;
    if (first === undefined || head === undefined || seq < first - 1 || seq > head) return undefined;
    const from = seq - first + 1;
    return this.#kept.slice(from, from + countMax).map(({ push }) => push);
  }

  /** Another life begins. True: what is kept was told by one whose end it took back. */
  #isVoidedBy(feed: FeedLife | undefined): boolean {
    if (!feed) this.#lives = [];
    else this.#lives = [...this.#lives, feed].slice(-LIVES_MAX);
    return !feed || (this.headSeq ?? 0) >= feed.fromSeq;
  }
}

const pushOf = (tick: IndexTick): SharedPush => new SharedPush({ push: 'price', seq: tick.seq, tick });
