/**
 * All the Resolver knows of the market, in memory: balances, open bets, exposure, the last tick, volatility.
 * Rebuilt from the ledger and the tick log; changed only by events and by recorded ticks, in order.
 *
 * Invariants: ticks are applied once and densely; what `advance` and `apply` do is the same on every replay.
 * If anything here throws, memory is wrong: the owner must end and rebuild, there is no undo.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { Exposure } from './exposure.ts';
import {
  Balances,
  type BetVoided,
  type CellSettled,
  ESCROW,
  type LedgerEvent,
  transfersOf,
  walletAccount,
} from './ledger.ts';
import { MarketOdds, type MarketOddsSnapshot } from './market-odds.ts';
import { OpenBets } from './open-bets.ts';
import { type RecentReserve, RecentReserves } from './recent-reserves.ts';
import type { MarketRules, SettlementRules } from './rules.ts';
import { SelfLimitBook } from './self-limits.ts';
import { type DecidedVerdict, voided } from './settlement.ts';
import type { IndexTick } from './tick.ts';
import { type Micros, micros } from './units.ts';

export interface WalletAccount {
  readonly balanceMicros: Micros;
  readonly stakedMicros: Micros;
  readonly openBets: number;
}

export interface MarketBookSource {
  readonly balances: Iterable<readonly [string, Micros]>;
  readonly openBets: Iterable<Bet>;
  /** Bets of the last minute, settled or not, in the order of acceptance. */
  readonly recentReserves?: Iterable<RecentReserve>;
  /** Bets that operators voided before their column opened. */
  readonly voidedEarly?: Iterable<Pick<Bet, 'wallet' | 'cell'>>;
  /** Odds as of an earlier tick; the ticks after it must follow. */
  readonly odds?: MarketOddsSnapshot;
}

export class MarketBook {
  readonly rules: MarketRules;
  /** What bets taken now settle by; one for all of them. */
  readonly settlementRules: SettlementRules;
  readonly exposure = new Exposure();
  readonly balances: Balances;
  /** What quotes stand on: volatility, its correction, how cells turned out. */
  readonly odds: MarketOdds;
  /** What was put up in the last minute. */
  readonly recent: RecentReserves;
  /** Takes no bets while set: by the operator, or because a check failed. */
  paused = false;
  /** Limits that wallets set for themselves. */
  readonly selfLimits = new SelfLimitBook();
  readonly #openBets = new OpenBets();
  #lastTick: IndexTick | undefined;

  constructor(rules: MarketRules, source: MarketBookSource = { balances: [], openBets: [] }) {
    this.rules = rules;
    const { maxGapMs, maxDegradedFraction } = rules;
    this.settlementRules = Object.freeze({ maxGapMs, maxDegradedFraction });
    this.balances = new Balances(source.balances);
    this.recent = new RecentReserves(source.recentReserves);
    this.odds = new MarketOdds(rules, source.odds);
    for (const bet of source.openBets) this.#open(bet);
    for (const { wallet, cell } of source.voidedEarly ?? []) this.exposure.holdVoided(wallet, cell, 0);
  }

  get lastTick(): IndexTick | undefined {
    return this.#lastTick;
  }

  /** The last applied tick's seq; 0 before the first. */
  get lastSeq(): number {
    return this.#lastTick?.seq ?? 0;
  }

  get sigmaPerSqrtSecond(): number {
    return this.odds.forecast.sigmaPerSqrtSecond;
  }

  get openBetCount(): number {
    return this.#openBets.size;
  }

  account(wallet: string): WalletAccount | undefined {
    const balanceMicros = this.balances.find(walletAccount(wallet));
    if (balanceMicros === undefined) return undefined;
    const { stakedMicros, openBets } = this.exposure.wallet(wallet);
    return { balanceMicros, stakedMicros, openBets };
  }

  /** For accounts that hold bets, which are therefore open. */
  accountOrEmpty(wallet: string): WalletAccount {
    return this.account(wallet) ?? { balanceMicros: micros(0), stakedMicros: micros(0), openBets: 0 };
  }

  /** Books an event that was decided against this very state. */
  apply(event: LedgerEvent): void {
    if (event.type === 'AccountOpened') this.balances.open(walletAccount(event.wallet));
    for (const transfer of transfersOf(event)) this.balances.post(transfer);
    if (event.type === 'BetAccepted') this.#accept(event.bet);
    if (event.type === 'CellSettled') this.#closeCell(event);
    if (event.type === 'BetVoided') this.#closeBet(event);
  }

  /** Moves the market over the next recorded tick and settles what it decides. The result is booked. */
  advance(tick: IndexTick): CellSettled[] {
    if (this.#lastTick && tick.seq !== this.#lastTick.seq + 1) {
      throw new RangeError(`tick ${tick.seq} does not follow tick ${this.#lastTick.seq}`);
    }
    const decided = this.#openBets.advance(this.#lastTick, tick);
    this.#step(tick);
    return decided.map((cell) => {
      const settled: CellSettled = { type: 'CellSettled', ...cell };
      this.apply(settled);
      return settled;
    });
  }

  /**
   * Voids the open bets that match, at the last tick, as an operator may. A bet accepted at that very
   * tick stays open: only a later one settles it. The result is booked.
   */
  voidByOperator(matches: (bet: Bet) => boolean): BetVoided[] {
    const tick = this.#lastTick;
    if (!tick) return [];
    const verdict = voided('OPERATOR', tick);
    const taken = this.#openBets.take((bet) => bet.acceptedSeq < tick.seq && matches(bet));
    return taken.map((bet) => {
      const taken: BetVoided = { type: 'BetVoided', bet, verdict };
      this.apply(taken);
      this.exposure.holdVoided(bet.wallet, bet.cell, tick.atMs);
      return taken;
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

  #accept(bet: Bet): void {
    const { wallet, acceptedAtMs } = bet;
    this.recent.add({ wallet, acceptedAtMs, reserveMicros: reserveMicros(bet) });
    this.#open(bet);
  }

  #open(bet: Bet): void {
    this.#openBets.add(bet);
    this.exposure.add(bet);
  }

  #closeCell({ cell, verdict, bets }: CellSettled): void {
    this.exposure.removeAll(cell, bets);
    for (const bet of bets) this.#noteSettled(bet, verdict);
  }

  #closeBet({ bet, verdict }: BetVoided): void {
    this.exposure.removeAll(bet.cell, [bet]);
    this.#noteSettled(bet, verdict);
  }

  #noteSettled(bet: Bet, verdict: DecidedVerdict): void {
    this.odds.noteSettled(bet, verdict);
    if (!this.selfLimits.state(bet.wallet)) return;
    const netMicros = { won: bet.payoutMicros - bet.stakeMicros, lost: -bet.stakeMicros, void: 0 };
    const settled = { atMs: verdict.decidedAtMs, netMicros: netMicros[verdict.outcome] };
    this.selfLimits.noteSettled(bet.wallet, settled);
  }

  #step(tick: IndexTick): void {
    if (this.#lastTick && tick.atMs <= this.#lastTick.atMs) {
      throw new RangeError(`tick ${tick.seq} is not later than the one before`);
    }
    this.odds.advance(this.#lastTick, tick);
    this.#lastTick = tick;
  }
}
