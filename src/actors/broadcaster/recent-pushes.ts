/**
 * What was told lately, so that a client that was cut off gets exactly what it missed: ticks by `seq`,
 * account events by `pos`. Each is whole from its floor to its head; who was before the floor cannot be
 * helped.
 *
 * Bounded, in memory, one per broadcaster thread: however many clients come back at once, nobody else is
 * asked.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { AccountEvent } from '../../protocol/account-events.ts';
import type { Position } from '../../protocol/api/frames.ts';
import type { FeedLife } from '../../protocol/signals.ts';
import { SharedPush } from './push-frame.ts';

/** A minute of ticks. */
export const RECENT_TICKS_MAX = 600;
/** About 10 MB of account events. */
const RECENT_EVENTS_MAX = 10_000;
/** The events of one outbox entry take numbers of one such block. */
const NUMBERS_PER_ENTRY = 2 ** 20;

/**
 * The number of an account event: by its entry in the outbox, then by its place in it. Its two pushes have
 * numbers of their own, this one and the next, because a connection may end between them.
 */
export const eventPos = (entrySeq: number, index: number): number => entrySeq * NUMBERS_PER_ENTRY + 2 * index;

/** The last number an entry may use: everything up to it was told once the entry was. */
export const lastPosOf = (entrySeq: number): number => eventPos(entrySeq + 1, 0) - 1;

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

export interface NumberedEvent {
  readonly pos: number;
  readonly event: AccountEvent;
}

/** Of all wallets, so that it does not matter to which thread a client comes back. */
export class RecentEvents {
  #position: Position | undefined;
  #floorPos = 0;
  #kept: NumberedEvent[] = [];
  #byWallet = new Map<string, NumberedEvent[]>();

  /** Where the stream is: every event up to here was told. */
  get position(): Position | undefined {
    return this.#position;
  }

  isAt({ epoch, seq }: Position): boolean {
    return this.#position?.epoch === epoch && this.#position.seq === seq;
  }

  /** Begins anew at a place: what was before is not known. */
  begin(position: Position): void {
    this.#position = position;
    this.#floorPos = position.seq;
    this.#kept = [];
    this.#byWallet.clear();
  }

  /** All events of one entry. */
  add(epoch: string, entrySeq: number, events: readonly AccountEvent[]): readonly NumberedEvent[] {
    const before = { epoch, seq: lastPosOf(entrySeq - 1) };
    if (!this.isAt(before)) this.begin(before);
    const numbered = events.map((event, index) => ({ pos: eventPos(entrySeq, index), event }));
    for (const one of numbered) {
      this.#kept.push(one);
      const ofWallet = this.#byWallet.get(one.event.wallet);
      if (ofWallet) ofWallet.push(one);
      else this.#byWallet.set(one.event.wallet, [one]);
    }
    this.#position = { epoch, seq: lastPosOf(entrySeq) };
    if (this.#kept.length >= 2 * RECENT_EVENTS_MAX) this.#forgetOldest();
    return numbered;
  }

  /**
   * At most `countMax` events of the wallet with a push after that place; undefined if not all of them are
   * here.
   */
  after(wallet: string, since: Position, countMax: number): readonly NumberedEvent[] | undefined {
    const { epoch, seq } = this.#position ?? {};
    if (epoch !== since.epoch || seq === undefined) return undefined;
    if (since.seq < this.#floorPos || since.seq > seq) return undefined;
    const ofWallet = this.#byWallet.get(wallet) ?? [];
    const from = ofWallet.findIndex(({ pos }) => lastPushOf(pos) > since.seq);
    return from < 0 ? [] : ofWallet.slice(from, from + countMax);
  }

  /** Whether everything after that place is here. */
  reaches(since: Position): boolean {
    return this.after('', since, 0) !== undefined;
  }

  #forgetOldest(): void {
    const kept = this.#kept.slice(-RECENT_EVENTS_MAX);
    this.#floorPos = (kept[0]?.pos ?? 1) - 1;
    this.#kept = kept;
    this.#byWallet = Map.groupBy(kept, ({ event }) => event.wallet);
  }
}

/** The number of the last push of the event with this number. */
export const lastPushOf = (pos: number): number => pos + 1;

const pushOf = (tick: IndexTick): SharedPush => new SharedPush({ push: 'price', seq: tick.seq, tick });
