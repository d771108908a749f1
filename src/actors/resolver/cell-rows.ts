/** Settled cells as the chain tells of them: what all their bets share, and what they come to together. */
import { reserveMicros } from '../../domain/bet.ts';
import { sumMicros } from '../../domain/ledger.ts';
import type { DecidedCell } from '../../domain/open-bets.ts';

/** An edge that is open, so that edges can be compared. */
export const OPEN_EDGE = -1;

/** What is told of a cell beside which one it is, and under which rules. */
export const CELL_VERDICT_COLUMNS = [
  'bets',
  'stake_micros',
  'payout_micros',
  'status',
  'reason',
  'settled_seq',
  'settled_at_ms',
  'near_cents',
  'near_at_ms',
  'near_seq',
] as const;

/** In the order of the chain. */
export const SETTLED_CELL_COLUMNS = [
  'seq',
  'opens_at_ms',
  'closes_at_ms',
  'kind',
  'low_cents',
  'high_cents',
  'symbol',
  'max_gap_ms',
  'max_degraded_fraction',
  ...CELL_VERDICT_COLUMNS,
] as const;

export type SettledCellRow = { readonly seq: number } & Readonly<
  Record<(typeof SETTLED_CELL_COLUMNS)[number], string | number | null>
>;

export function settledCellRow(seq: number, { cell, rules, verdict, bets }: DecidedCell): SettledCellRow {
  const stakeMicros = sumMicros(bets, (bet) => bet.stakeMicros);
  const near = 'nearMiss' in verdict ? verdict.nearMiss : undefined;
  return {
    seq,
    opens_at_ms: cell.opensAtMs,
    closes_at_ms: cell.closesAtMs,
    kind: cell.kind,
    low_cents: cell.lowCents ?? OPEN_EDGE,
    high_cents: cell.highCents ?? OPEN_EDGE,
    symbol: cell.symbol,
    max_gap_ms: rules.maxGapMs,
    max_degraded_fraction: rules.maxDegradedFraction,
    bets: bets.length,
    stake_micros: stakeMicros,
    payout_micros: stakeMicros + sumMicros(bets, reserveMicros),
    status: verdict.outcome,
    reason: verdict.outcome === 'void' ? verdict.reason : null,
    settled_seq: verdict.decidedSeq,
    settled_at_ms: verdict.decidedAtMs,
    near_cents: near?.cents ?? null,
    near_at_ms: near?.atMs ?? null,
    near_seq: near?.seq ?? null,
  };
}
