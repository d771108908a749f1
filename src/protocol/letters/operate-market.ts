/**
 * What operators may do to the market: take no more bets, take them again, void. There is no letter that sets
 * a price or an outcome.
 */
import type { Letter } from '../envelope.ts';

export type OperatorCommand =
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'void'; readonly betId: string }
  | { readonly type: 'void-column'; readonly opensAtMs: number; readonly closesAtMs: number };

export interface OperateMarketBody {
  /** The operator's own name for this command: sent twice, it is done once. */
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly command: OperatorCommand;
}
/** A control letter: it passes a full mailbox. */
export type OperateMarket = Letter<'OperateMarket', OperateMarketBody>;
export type GetOperations = Letter<'GetOperations', { readonly limit: number }>;

/** `LEDGER_CHECK`: the ledger was found wrong; only a start on a sound one ends that. */
export type PauseReason = 'OPERATOR' | 'LEDGER_CHECK';

/** One action as it stands in the ledger. */
export interface OperationView {
  /** As given with the command. */
  readonly id: string;
  readonly atMs: number;
  readonly tickSeq: number;
  readonly actor: string;
  readonly action: string;
  /** A bet's id, or `<opensAtMs>-<closesAtMs>` of a column; empty for all of the market. */
  readonly target: string;
  readonly reason: string;
  /** Bets it voided. */
  readonly bets: number;
}

export interface OperationsView {
  readonly paused: boolean;
  readonly pauseReason?: PauseReason;
  /** The newest last. */
  readonly actions: readonly OperationView[];
}
