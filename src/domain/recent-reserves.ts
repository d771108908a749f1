/**
 * What the house put up for bets it took in the last minute, settled or not: by wallet and in all. Time is
 * that of ticks.
 */
import { addMicros, type Micros, micros, subMicros } from './units.ts';

export const RECENT_MS = 60_000;

/** Bets are added in the order of their acceptance. */
export interface RecentReserve {
  readonly wallet: string;
  readonly acceptedAtMs: number;
  readonly reserveMicros: Micros;
}

export class RecentReserves {
  /** From `#first` on, oldest first. */
  #reserves: RecentReserve[] = [];
  #first = 0;
  readonly #byWallet = new Map<string, Micros>();
  #totalMicros: Micros = micros(0);

  constructor(reserves: Iterable<RecentReserve> = []) {
    for (const reserve of reserves) this.add(reserve);
  }

  add(reserve: RecentReserve): void {
    const { wallet, reserveMicros } = reserve;
    this.#reserves.push(reserve);
    this.#byWallet.set(wallet, addMicros(this.#byWallet.get(wallet) ?? micros(0), reserveMicros));
    this.#totalMicros = addMicros(this.#totalMicros, reserveMicros);
  }

  /** Of the minute that ends at this instant, which must not be before the last one asked for. */
  ofWallet(wallet: string, atMs: number): Micros {
    this.#forget(atMs - RECENT_MS);
    return this.#byWallet.get(wallet) ?? micros(0);
  }

  /** As `ofWallet`, of all wallets. */
  total(atMs: number): Micros {
    this.#forget(atMs - RECENT_MS);
    return this.#totalMicros;
  }

  #forget(untilMs: number): void {
    for (let oldest = this.#reserves[this.#first]; oldest; oldest = this.#reserves[this.#first]) {
      if (oldest.acceptedAtMs > untilMs) break;
      this.#first += 1;
      const { wallet, reserveMicros } = oldest;
      const left = subMicros(this.#byWallet.get(wallet) ?? micros(0), reserveMicros);
      if (left === 0) this.#byWallet.delete(wallet);
      else this.#byWallet.set(wallet, left);
      this.#totalMicros = subMicros(this.#totalMicros, reserveMicros);
    }
    // Half of it is past: moving the rest costs what adding it did.
    if (2 * this.#first <= this.#reserves.length) return;
    this.#reserves = this.#reserves.slice(this.#first);
    this.#first = 0;
  }
}
