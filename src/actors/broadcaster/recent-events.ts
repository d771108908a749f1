/**
 * Account events that were told lately, by `pos`, so that a client that was cut off gets exactly what it
 * missed. Whole from its floor to its head; who was before the floor cannot be helped.
 *
 * Entries are kept as they came and an event is built where it is shown: most are of wallets that nobody on
 * this thread listens to, and each Broadcaster hears of every bet there is. Which wallet is where is looked
 * up when the first client comes back, not before.
 */
import {
  type AccountEvent,
  eventTold,
  type StoredEvent,
  walletsTold,
  weightOfTold,
} from '../../protocol/account-events.ts';
import type { Position } from '../../protocol/api/frames.ts';

/** About 4 MB of account events. */
const RECENT_EVENTS_MAX = 10_000;
/** The events of one outbox entry take numbers of one such block. */
const NUMBERS_PER_ENTRY = 2 ** 20;

/**
 * The number of an account event: by its entry in the outbox, then by its place in it. Its two pushes have
 * numbers of their own, this one and the next, because a connection may end between them.
 */
export const eventPos = (entrySeq: number, index: number): number => entrySeq * NUMBERS_PER_ENTRY + 2 * index;

/** The number of the last push of the event with this number. */
export const lastPushOf = (pos: number): number => pos + 1;

/** The last number an entry may use: everything up to it was told once the entry was. */
export const lastPosOf = (entrySeq: number): number => eventPos(entrySeq + 1, 0) - 1;

export interface NumberedEvent {
  readonly pos: number;
  readonly event: AccountEvent;
}

/** What one entry of the outbox told, in order. An event is known by its place among all of them. */
export class ToldEntry {
  readonly seq: number;
  readonly #told: readonly StoredEvent[];

  constructor(seq: number, told: readonly StoredEvent[]) {
    this.seq = seq;
    this.#told = told;
  }

  /** How many events. */
  get size(): number {
    return this.#told.reduce((sum, told) => sum + weightOfTold(told), 0);
  }

  /** One for each event. */
  wallets(): readonly string[] {
    return this.#told.flatMap(walletsTold);
  }

  eventAt(place: number): NumberedEvent | undefined {
    let before = 0;
    for (const told of this.#told) {
      const here = weightOfTold(told);
      if (place < before + here)
        return { pos: eventPos(this.seq, place), event: eventTold(told, place - before) };
      before += here;
    }
    return undefined;
  }

  /** Those of the wallets that are wanted. */
  eventsFor(isWanted: (wallet: string) => boolean): readonly NumberedEvent[] {
    const events: NumberedEvent[] = [];
    let place = 0;
    for (const told of this.#told)
      for (const [at, wallet] of walletsTold(told).entries()) {
        if (isWanted(wallet)) events.push({ pos: eventPos(this.seq, place), event: eventTold(told, at) });
        place += 1;
      }
    return events;
  }
}

interface EventPlace {
  readonly entry: ToldEntry;
  readonly place: number;
}

/** Of all wallets, so that it does not matter to which thread a client comes back. */
export class RecentEvents {
  #position: Position | undefined;
  #floorPos = 0;
  #kept: { readonly entry: ToldEntry; readonly events: number }[] = [];
  #eventsKept = 0;
  /** Undefined until somebody comes back. */
  #byWallet: Map<string, EventPlace[]> | undefined;

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
    this.#eventsKept = 0;
    this.#byWallet = undefined;
  }

  /** All events of one entry. */
  add(epoch: string, entrySeq: number, told: readonly StoredEvent[]): ToldEntry {
    const before = { epoch, seq: lastPosOf(entrySeq - 1) };
    if (!this.isAt(before)) this.begin(before);
    const entry = new ToldEntry(entrySeq, told);
    const events = entry.size;
    this.#kept.push({ entry, events });
    this.#eventsKept += events;
    if (this.#byWallet) fileByWallet(this.#byWallet, entry);
    this.#position = { epoch, seq: lastPosOf(entrySeq) };
    if (this.#eventsKept >= 2 * RECENT_EVENTS_MAX) this.#forgetOldest();
    return entry;
  }

  /**
   * At most `countMax` events of the wallet with a push after that place; undefined if not all of them are
   * here.
   */
  after(wallet: string, since: Position, countMax: number): readonly NumberedEvent[] | undefined {
    if (!this.reaches(since)) return undefined;
    const places = this.#placesByWallet().get(wallet) ?? [];
    const isMissed = ({ entry, place }: EventPlace): boolean =>
      lastPushOf(eventPos(entry.seq, place)) > since.seq;
    const from = places.findIndex(isMissed);
    if (from < 0) return [];
    return places.slice(from, from + countMax).flatMap(({ entry, place }) => entry.eventAt(place) ?? []);
  }

  /** Whether everything after that place is here. */
  reaches(since: Position): boolean {
    const { epoch, seq } = this.#position ?? {};
    if (epoch !== since.epoch || seq === undefined) return false;
    return since.seq >= this.#floorPos && since.seq <= seq;
  }

  #placesByWallet(): ReadonlyMap<string, EventPlace[]> {
    if (this.#byWallet) return this.#byWallet;
    const byWallet = new Map<string, EventPlace[]>();
    for (const { entry } of this.#kept) fileByWallet(byWallet, entry);
    this.#byWallet = byWallet;
    return byWallet;
  }

  /** Whole entries, as long as enough is kept without them. */
  #forgetOldest(): void {
    let gone = 0;
    for (const { entry, events } of this.#kept) {
      if (this.#eventsKept - events < RECENT_EVENTS_MAX) break;
      this.#eventsKept -= events;
      this.#floorPos = lastPosOf(entry.seq);
      gone += 1;
    }
    this.#kept = this.#kept.slice(gone);
    this.#byWallet = undefined;
  }
}

function fileByWallet(byWallet: Map<string, EventPlace[]>, entry: ToldEntry): void {
  for (const [place, wallet] of entry.wallets().entries()) {
    const ofWallet = byWallet.get(wallet);
    if (ofWallet) ofWallet.push({ entry, place });
    else byWallet.set(wallet, [{ entry, place }]);
  }
}
