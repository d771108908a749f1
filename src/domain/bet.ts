/**
 * A bet with its terms as accepted. The terms are frozen: rules or grids that change later never touch it,
 * which is why the numbers that settle it travel with it.
 */
import type { Cell } from './cell.ts';
import type { SettlementRules } from './rules.ts';
import type { DecidedVerdict } from './settlement.ts';
import { type Hundredths, type Micros, subMicros } from './units.ts';

export interface Bet {
  readonly id: string;
  readonly wallet: string;
  readonly cell: Cell;
  readonly stakeMicros: Micros;
  readonly multiplier: Hundredths;
  /** What it pays if it wins, stake included. */
  readonly payoutMicros: Micros;
  readonly receivedAtMs: number;
  /** The tick it was executed at. Only later ticks settle it. */
  readonly acceptedSeq: number;
  readonly acceptedAtMs: number;
  readonly acceptedPriceCents: number;
  readonly sigmaPerSqrtSecond: number;
  /** The chance to win it was priced with, 0 to 1. Not kept of bets before `touch-2`. */
  readonly probability?: number;
  readonly rulesVersion: string;
  readonly settlementRules: SettlementRules;
}

/** An accepted bet, decided or not. */
export interface BetRecord {
  readonly bet: Bet;
  readonly verdict?: DecidedVerdict;
}

/** What the house puts up for a bet beside the stake: what it may lose on it. */
export const reserveMicros = (bet: Bet): Micros => subMicros(bet.payoutMicros, bet.stakeMicros);
