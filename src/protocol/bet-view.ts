/**
 * A bet as everyone outside the Resolver sees it: in replies, account events, the HTTP API and the client.
 * Money and multipliers are decimal strings, prices integer cents, times integer ms.
 */
import type { Bet } from '../domain/bet.ts';
import type { BetKind } from '../domain/cell.ts';
import type { SignedReceipt } from '../domain/proof/signed-statements.ts';
import type { SettlementRules } from '../domain/rules.ts';
import type { DecidedVerdict } from '../domain/settlement.ts';
import type { MarketSymbol } from '../domain/tick.ts';
import { formatMicros, formatMultiplier } from '../domain/units.ts';

export type BetStatus = 'open' | 'won' | 'lost' | 'void';

export interface BetView {
  readonly id: string;
  readonly wallet: string;
  readonly symbol: MarketSymbol;
  readonly kind: BetKind;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  /** Edges of the band; null: open on that side, which only `inside` and `outside` have. */
  readonly lowCents: number | null;
  readonly highCents: number | null;
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
  /** The rules it settles by. Absent only in answers from before they were told. */
  readonly settlementRules?: SettlementRules;
  /** Signed terms; in the answer to placing, maybe with others', and in `GET /v1/bets/{id}`. */
  readonly receipt?: SignedReceipt;
  /** Present once settled: the tick that decided, and for `void` the reason. */
  readonly settledSeq?: number;
  readonly settledAtMs?: number;
  readonly reason?: string;
  /** Of a touch that was lost and a no_touch that was won: the closest the path came to the cell. */
  readonly nearMiss?: NearMissView;
}

export interface NearMissView {
  /** Distance in whole cents, rounded up. */
  readonly cents: number;
  /** When: a tick's time, or an end of the window. */
  readonly atMs: number;
  /** The tick there, or the one that ends the stretch it is on. */
  readonly seq: number;
}

export interface AccountView {
  readonly wallet: string;
  /** What can be staked now. */
  readonly balanceMicros: string;
  /** Stakes of open bets. */
  readonly stakedMicros: string;
  readonly openBets: number;
}

export function betView(bet: Bet, verdict?: DecidedVerdict): BetView {
  const { cell } = bet;
  return {
    id: bet.id,
    wallet: bet.wallet,
    symbol: cell.symbol,
    kind: cell.kind,
    opensAtMs: cell.opensAtMs,
    closesAtMs: cell.closesAtMs,
    lowCents: cell.lowCents,
    highCents: cell.highCents,
    stakeMicros: formatMicros(bet.stakeMicros),
    multiplier: formatMultiplier(bet.multiplier),
    payoutMicros: formatMicros(bet.payoutMicros),
    status: verdict?.outcome ?? 'open',
    receivedAtMs: bet.receivedAtMs,
    acceptedSeq: bet.acceptedSeq,
    acceptedAtMs: bet.acceptedAtMs,
    acceptedPriceCents: bet.acceptedPriceCents,
    sigmaPerSqrtSecond: bet.sigmaPerSqrtSecond,
    rulesVersion: bet.rulesVersion,
    settlementRules: bet.settlementRules,
    ...(verdict && { settledSeq: verdict.decidedSeq, settledAtMs: verdict.decidedAtMs }),
    ...(verdict?.outcome === 'void' && { reason: verdict.reason }),
    ...(verdict && 'nearMiss' in verdict && { nearMiss: verdict.nearMiss }),
  };
}
