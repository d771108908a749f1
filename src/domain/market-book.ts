/**
 * All the Resolver knows of the market, in memory: balances, open bets, exposure, the last tick, volatility.
 * Rebuilt from the ledger and the tick log; changed only by events and by recorded ticks, in order.
 *
 * Invariants: ticks are applied once and densely; what `advance` and `apply` do is the same on every replay.
 * If anything here throws, memory is wrong: the owner must end and rebuild, there is no undo.
 */
import type { Bet } from './bet.ts';
import { Exposure } from './exposure.ts';
import { Balances, type BetSettled, ESCROW, type LedgerEvent, transfersOf, walletAccount } from './ledger.ts';
import { OpenBets } from './open-bets.ts';
import type { MarketRules } from './rules.ts';
import type { IndexTick } from './tick.ts';
import type { Micros } from './units.ts';
import {
  advanceVolatility,
  initialVolatility,
  sigmaPerSqrtSecond,
  type VolatilityState,
} from './volatility.ts';

export interface WalletAccount {
  readonly balanceMicros: Micros;
  readonly stakedMicros: Micros;
  readonly openBets: number;
}

export interface MarketBookSource {
  readonly balances: Iterable<readonly [string, Micros]>;
  readonly openBets: Iterable<Bet>;
}

export class MarketBook {
  readonly rules: MarketRules;
  readonly exposure = new Exposure();
  readonly balances: Balances;
  /** Takes no bets while set: by the operator, or because a check failed. */
  paused = false;
  readonly #openBets = new OpenBets();
  #volatility: VolatilityState;
  #lastTick: IndexTick | undefined;

  constructor(rules: MarketRules, source: MarketBookSource = { balances: [], openBets: [] }) {
    this.rules = rules;
    this.balances = new Balances(source.balances);
    this.#volatility = initialVolatility(rules.volatility);
    for (const bet of source.openBets) this.#open(bet);
  }

  get lastTick(): IndexTick | undefined {
    return this.#lastTick;
  }

  /** The last applied tick's seq; 0 before the first. */
  get lastSeq(): number {
    return this.#lastTick?.seq ?? 0;
  }

  get sigmaPerSqrtSecond(): number {
    return sigmaPerSqrtSecond(this.#volatility);
  }

  get openBetCount(): number {
    return this.#openBets.size;
  }

  account(wallet: string): WalletAccount | undefined {
    const account = walletAccount(wallet);
    if (!this.balances.has(account)) return undefined;
    const { stakedMicros, openBets } = this.exposure.wallet(wallet);
    return { balanceMicros: this.balances.of(account), stakedMicros, openBets };
  }

  /** Books an event that was decided against this very state. */
  apply(event: LedgerEvent): void {
    if (event.type === 'AccountOpened') this.balances.open(walletAccount(event.wallet));
    for (const transfer of transfersOf(event)) this.balances.post(transfer);
    if (event.type === 'BetAccepted') this.#open(event.bet);
    if (event.type === 'BetSettled') this.exposure.remove(event.bet);
  }

  /** Moves the market over the next recorded tick and settles what it decides. The result is booked. */
  advance(tick: IndexTick): BetSettled[] {
    if (this.#lastTick && tick.seq !== this.#lastTick.seq + 1) {
      throw new RangeError(`tick ${tick.seq} does not follow tick ${this.#lastTick.seq}`);
    }
    const decided = this.#openBets.advance(this.#lastTick, tick);
    this.#step(tick);
    return decided.map(({ bet, verdict }) => {
      const settled: BetSettled = { type: 'BetSettled', bet, verdict };
      this.apply(settled);
      return settled;
    });
  }

  /** Takes note of a tick whose effects are booked already, or cannot have any: nothing settles. */
  warm(tick: IndexTick): void {
    this.#openBets.warm(this.#lastTick, tick);
    this.#step(tick);
  }

  /** What does not add up, in words; undefined if all does. */
  brokenInvariant(): string | undefined {
    const sumMicros = this.balances.sumMicros();
    if (sumMicros !== 0) return `all accounts together hold ${sumMicros}, not 0`;
    const escrowMicros = this.balances.of(ESCROW);
    const { payoutsMicros } = this.exposure;
    if (escrowMicros !== payoutsMicros)
      return `escrow holds ${escrowMicros}, open payouts are ${payoutsMicros}`;
    return undefined;
  }

  #open(bet: Bet): void {
    this.#openBets.add(bet);
    this.exposure.add(bet);
  }

  #step(tick: IndexTick): void {
    if (this.#lastTick && tick.atMs <= this.#lastTick.atMs) {
      throw new RangeError(`tick ${tick.seq} is not later than the one before`);
    }
    this.#volatility = advanceVolatility(this.#volatility, tick);
    this.#lastTick = tick;
  }
}
