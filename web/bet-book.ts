/**
 * The bets of the signed-in wallet as far as the page knows them, from answers, pushes and resyncs in
 * whatever order they come. A settled bet never turns open again.
 */
import type { BetView, PlaceBetRequest } from '../src/client/index.ts';

const KEPT_MAX = 200;

/** A bet that was tapped and has no answer yet. */
export interface PendingBet
  extends Pick<BetView, 'kind' | 'opensAtMs' | 'closesAtMs' | 'lowCents' | 'highCents'> {
  readonly key: string;
  readonly stakeMicros: string;
  readonly multiplier: string;
}

export interface BetBookEvents {
  /** Anything changed. */
  changed(): void;
  /** Seen to settle, as opposed to read from history. */
  settled(bet: BetView): void;
}

export class BetBook {
  readonly #events: BetBookEvents;
  readonly #bets = new Map<string, BetView>();
  readonly #pending = new Map<string, PendingBet>();

  constructor(events: BetBookEvents) {
    this.#events = events;
  }

  /** Newest first. */
  get bets(): readonly BetView[] {
    return [...this.#bets.values()].sort((a, b) => b.receivedAtMs - a.receivedAtMs);
  }

  get pending(): readonly PendingBet[] {
    return [...this.#pending.values()];
  }

  merge(bets: readonly BetView[]): void {
    for (const bet of bets) this.#mergeOne(bet);
    for (const old of this.bets.filter(({ status }) => status !== 'open').slice(KEPT_MAX))
      this.#bets.delete(old.id);
    this.#events.changed();
  }

  startPlacing(key: string, request: PlaceBetRequest, multiplier: string): void {
    this.#pending.set(key, { ...request, key, multiplier });
    this.#events.changed();
  }

  endPlacing(key: string, bet?: BetView): void {
    this.#pending.delete(key);
    this.merge(bet ? [bet] : []);
  }

  /** Whether this exact cell has a touch bet or is about to. */
  has(cell: Pick<BetView, 'opensAtMs' | 'lowCents' | 'highCents'>): boolean {
    return [...this.pending, ...this.#bets.values()].some(
      (bet) =>
        bet.kind === 'touch' &&
        bet.opensAtMs === cell.opensAtMs &&
        bet.lowCents === cell.lowCents &&
        bet.highCents === cell.highCents,
    );
  }

  clear(): void {
    this.#bets.clear();
    this.#pending.clear();
    this.#events.changed();
  }

  #mergeOne(bet: BetView): void {
    const known = this.#bets.get(bet.id);
    if (known && known.status !== 'open') return;
    this.#bets.set(bet.id, bet);
    if (known && bet.status !== 'open') this.#events.settled(bet);
  }
}
