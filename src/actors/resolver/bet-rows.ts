/** Between a row of the table `bets` and a bet of the domain. The row is flat; names map one to one. */
import type { Bet, BetRecord } from '../../domain/bet.ts';
import type { BetKind } from '../../domain/cell.ts';
import type { DecidedTouch, VoidReason } from '../../domain/settlement.ts';
import type { MarketSymbol } from '../../domain/tick.ts';
import { cents, hundredths, micros } from '../../domain/units.ts';
import type { BetStatus } from '../../protocol/bet-view.ts';

export interface BetTermsRow {
  readonly id: string;
  readonly wallet: string;
  readonly symbol: string;
  readonly kind: string;
  readonly opens_at_ms: number;
  readonly closes_at_ms: number;
  readonly low_cents: number;
  readonly high_cents: number;
  readonly stake_micros: number;
  readonly multiplier_hundredths: number;
  readonly payout_micros: number;
  readonly received_at_ms: number;
  readonly accepted_seq: number;
  readonly accepted_at_ms: number;
  readonly accepted_price_cents: number;
  readonly sigma_per_sqrt_second: number;
  readonly rules_version: string;
  readonly max_gap_ms: number;
  readonly max_degraded_fraction: number;
}

export interface BetRow extends BetTermsRow {
  readonly status: BetStatus;
  readonly reason: string | null;
  readonly settled_seq: number | null;
  readonly settled_at_ms: number | null;
}

export const BET_TERMS_COLUMNS = [
  'id',
  'wallet',
  'symbol',
  'kind',
  'opens_at_ms',
  'closes_at_ms',
  'low_cents',
  'high_cents',
  'stake_micros',
  'multiplier_hundredths',
  'payout_micros',
  'received_at_ms',
  'accepted_seq',
  'accepted_at_ms',
  'accepted_price_cents',
  'sigma_per_sqrt_second',
  'rules_version',
  'max_gap_ms',
  'max_degraded_fraction',
] as const satisfies readonly (keyof BetTermsRow)[];

export const betTermsRow = (bet: Bet): BetTermsRow => ({
  id: bet.id,
  wallet: bet.wallet,
  symbol: bet.cell.symbol,
  kind: bet.cell.kind,
  opens_at_ms: bet.cell.opensAtMs,
  closes_at_ms: bet.cell.closesAtMs,
  low_cents: bet.cell.lowCents,
  high_cents: bet.cell.highCents,
  stake_micros: bet.stakeMicros,
  multiplier_hundredths: bet.multiplier,
  payout_micros: bet.payoutMicros,
  received_at_ms: bet.receivedAtMs,
  accepted_seq: bet.acceptedSeq,
  accepted_at_ms: bet.acceptedAtMs,
  accepted_price_cents: bet.acceptedPriceCents,
  sigma_per_sqrt_second: bet.sigmaPerSqrtSecond,
  rules_version: bet.rulesVersion,
  max_gap_ms: bet.settlementRules.maxGapMs,
  max_degraded_fraction: bet.settlementRules.maxDegradedFraction,
});

export const betOfRow = (row: BetTermsRow): Bet => ({
  id: row.id,
  wallet: row.wallet,
  cell: {
    symbol: row.symbol as MarketSymbol,
    kind: row.kind as BetKind,
    opensAtMs: row.opens_at_ms,
    closesAtMs: row.closes_at_ms,
    lowCents: cents(row.low_cents),
    highCents: cents(row.high_cents),
  },
  stakeMicros: micros(row.stake_micros),
  multiplier: hundredths(row.multiplier_hundredths),
  payoutMicros: micros(row.payout_micros),
  receivedAtMs: row.received_at_ms,
  acceptedSeq: row.accepted_seq,
  acceptedAtMs: row.accepted_at_ms,
  acceptedPriceCents: row.accepted_price_cents,
  sigmaPerSqrtSecond: row.sigma_per_sqrt_second,
  rulesVersion: row.rules_version,
  settlementRules: { maxGapMs: row.max_gap_ms, maxDegradedFraction: row.max_degraded_fraction },
});

export function betRecordOfRow(row: BetRow): BetRecord {
  const bet = betOfRow(row);
  const verdict = verdictOfRow(row);
  return verdict ? { bet, verdict } : { bet };
}

function verdictOfRow({ status, reason, settled_seq, settled_at_ms }: BetRow): DecidedTouch | undefined {
  if (status === 'open' || settled_seq === null || settled_at_ms === null) return undefined;
  const decided = { decidedSeq: settled_seq, decidedAtMs: settled_at_ms };
  if (status === 'void') return { outcome: 'void', reason: reason as VoidReason, ...decided };
  return { outcome: status, ...decided };
}
