/** Between rows of bets and settlements and a bet of the domain. Rows are flat; names map one to one. */
import type { Bet, BetRecord } from '../../domain/bet.ts';
import type { BetKind } from '../../domain/cell.ts';
import type { DecidedVerdict, VoidReason, VoidVerdict } from '../../domain/settlement.ts';
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
  readonly low_cents: number | null;
  readonly high_cents: number | null;
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

/** What is kept of a bet beside its terms. */
export interface StoredBetRow extends BetTermsRow {
  /** Null of bets from before it was kept. */
  readonly probability: number | null;
}

export interface BetRow extends StoredBetRow {
  readonly status: BetStatus;
  readonly reason: string | null;
  readonly settled_seq: number | null;
  readonly settled_at_ms: number | null;
  readonly near_cents: number | null;
  readonly near_at_ms: number | null;
  readonly near_seq: number | null;
}

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

export const betOfRow = (row: StoredBetRow): Bet => ({
  id: row.id,
  wallet: row.wallet,
  cell: {
    symbol: row.symbol as MarketSymbol,
    kind: row.kind as BetKind,
    opensAtMs: row.opens_at_ms,
    closesAtMs: row.closes_at_ms,
    lowCents: row.low_cents === null ? null : cents(row.low_cents),
    highCents: row.high_cents === null ? null : cents(row.high_cents),
  },
  stakeMicros: micros(row.stake_micros),
  multiplier: hundredths(row.multiplier_hundredths),
  payoutMicros: micros(row.payout_micros),
  receivedAtMs: row.received_at_ms,
  acceptedSeq: row.accepted_seq,
  acceptedAtMs: row.accepted_at_ms,
  acceptedPriceCents: row.accepted_price_cents,
  sigmaPerSqrtSecond: row.sigma_per_sqrt_second,
  ...(row.probability !== null && { probability: row.probability }),
  rulesVersion: row.rules_version,
  settlementRules: { maxGapMs: row.max_gap_ms, maxDegradedFraction: row.max_degraded_fraction },
});

export function betRecordOfRow(row: BetRow): BetRecord {
  const bet = betOfRow(row);
  const verdict = verdictOfRow(row);
  return verdict ? { bet, verdict } : { bet };
}

export const SETTLEMENT_COLUMNS = [
  'status',
  'reason',
  'settled_seq',
  'settled_at_ms',
] as const satisfies readonly (keyof BetRow)[];

/** In the order of SETTLEMENT_COLUMNS. */
export const settlementValues = ({ reason, decidedSeq, decidedAtMs }: VoidVerdict): (string | number)[] => [
  'void',
  reason,
  decidedSeq,
  decidedAtMs,
];

function verdictOfRow(row: BetRow): DecidedVerdict | undefined {
  const { status, settled_seq, settled_at_ms, near_cents, near_at_ms, near_seq } = row;
  if (status === 'open' || settled_seq === null || settled_at_ms === null) return undefined;
  const decided = { decidedSeq: settled_seq, decidedAtMs: settled_at_ms };
  if (status === 'void') return { outcome: 'void', reason: row.reason as VoidReason, ...decided };
  if (near_cents === null || near_at_ms === null || near_seq === null) return { outcome: status, ...decided };
  return {
    outcome: status,
    ...decided,
    nearMiss: { cents: near_cents, atMs: near_at_ms, seq: near_seq },
  };
}
