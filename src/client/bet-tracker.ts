/**
 * The bets of one wallet as far as this client knows them, from answers, pushes and listings in whatever
 * order they come. Says of each whether it is news.
 *
 * Invariants: a bet is news at most once open and once settled, and never open after settled; a settled bet
 * that was open here is news even if it is first seen again in a listing years later. What was settled before
 * the client began to listen is history, not news.
 */
import type { BetView } from '../protocol/bet-view.ts';

export type BetNews = 'opened' | 'settled';

/** More than any replay, snapshot or listing reaches back beyond what is open. */
const SETTLED_IDS_KEPT_MAX = 20_000;
/** Bets are accepted, and listed, in nearly the order in which they were received. */
const ORDER_SLACK_MS = 10_000;
/** A settlement takes a few ticks after the window; one that was not heard of by then is asked for. */
const OVERDUE_AFTER_MS = 5_000;

export class BetTracker {
  readonly #open = new Map<string, BetView>();
  readonly #settled = new Set<string>();
  /** Bets received up to here and not open are history; undefined until a listing told. */
  #historyEndsAtMs: number | undefined;
  #newestReceivedAtMs = 0;

  /** Not seen to settle. */
  get open(): readonly BetView[] {
    return [...this.#open.values()];
  }

  get isSynced(): boolean {
    return this.#historyEndsAtMs !== undefined;
  }

  isSettled(id: string): boolean {
    return this.#settled.has(id);
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  /** An answer or a push: true now, whatever was known before. */
  told(bet: BetView): BetNews | undefined {
    this.#newestReceivedAtMs = Math.max(this.#newestReceivedAtMs, bet.receivedAtMs);
    if (this.#settled.has(bet.id)) return undefined;
    if (bet.status === 'open') {
      if (this.#open.has(bet.id)) return undefined;
      this.#open.set(bet.id, bet);
      return 'opened';
    }
    this.#open.delete(bet.id);
    this.#settled.add(bet.id);
    for (const oldest of this.#settled) {
      if (this.#settled.size <= SETTLED_IDS_KEPT_MAX) break;
      this.#settled.delete(oldest);
    }
    return 'settled';
  }

  /** A bet of a listing, which also holds history. */
  listed(bet: BetView): BetNews | undefined {
    const isNews = this.#open.has(bet.id) || bet.receivedAtMs > (this.#historyEndsAtMs ?? Infinity);
    return isNews || bet.status === 'open' ? this.told(bet) : undefined;
  }

  /** A listing must go back to bets received before this; Infinity: its first bet is enough. */
  get listingEndsAtMs(): number {
    const oldestOpenMs = Math.min(...this.open.map(({ receivedAtMs }) => receivedAtMs));
    const knownMs = this.isSynced ? this.#newestReceivedAtMs : Infinity;
    return Math.min(oldestOpenMs, knownMs) - ORDER_SLACK_MS;
  }

  /** A listing went far enough; `newest` is its first bet, undefined if there are none at all. */
  synced(newest: BetView | undefined): void {
    this.#historyEndsAtMs ??= newest?.receivedAtMs ?? 0;
    this.#newestReceivedAtMs = Math.max(this.#newestReceivedAtMs, newest?.receivedAtMs ?? 0);
  }

  /** Open bets whose outcome should have been told. `nowMs`: index time. */
  overdue(nowMs: number): readonly string[] {
    return this.open.filter(({ closesAtMs }) => closesAtMs + OVERDUE_AFTER_MS < nowMs).map(({ id }) => id);
  }
}
