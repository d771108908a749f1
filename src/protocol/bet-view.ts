/**
 * A bet as everyone outside the Resolver sees it: in replies, account events, the HTTP API and the client.
 * Money and multipliers are decimal strings, prices integer cents, times integer ms.
 */
import type { BetKind } from '../domain/cell.ts';
import type { MarketSymbol } from '../domain/tick.ts';

export type BetStatus = 'open' | 'won' | 'lost' | 'void';

export interface BetView {
  readonly id: string;
  readonly wallet: string;
  readonly symbol: MarketSymbol;
  readonly kind: BetKind;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number;
  readonly highCents: number;
  readonly stakeMicros: string;
  readonly multiplier: string;
  /** What it pays if it wins, stake included. */
  readonly payoutMicros: string;
  readonly status: BetStatus;
  /** When the Resolver got the bet. */
  readonly receivedAtMs: number;
  /** The tick it was executed at: its seq, time and price, and the volatility it was priced with. */
  readonly acceptedSeq: number;
  readonly acceptedAtMs: number;
  readonly acceptedPriceCents: number;
  readonly sigmaPerSqrtSecond: number;
  readonly rulesVersion: string;
  /** Present once settled: the tick that decided, and for `void` the reason. */
  readonly settledSeq?: number;
  readonly settledAtMs?: number;
  readonly reason?: string;
}

export interface AccountView {
  readonly wallet: string;
  /** What can be staked now. */
  readonly balanceMicros: string;
  /** Stakes of open bets. */
  readonly stakedMicros: string;
  readonly openBets: number;
}
