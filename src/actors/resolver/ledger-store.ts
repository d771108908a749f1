/**
 * Where money is durable. A batch port, asynchronous in its type: one `commit` per turn makes everything the
 * turn decided durable at once, or nothing of it.
 *
 * Contract (test/contract/ledger-store.contract.ts): a resolved commit survives the end of the process; a
 * rejected one left nothing behind; what would settle a bet twice, overdraw an account or answer a request
 * twice is rejected, whatever the caller believes. One writer at a time.
 */
import type { Bet, BetRecord } from '../../domain/bet.ts';
import type { LedgerEvent } from '../../domain/ledger.ts';
import type { Micros } from '../../domain/units.ts';
import type { AccountEvent } from '../../protocol/account-events.ts';
import type { BetStatus, BetView } from '../../protocol/bet-view.ts';
import type { Outcome } from '../../protocol/errors.ts';
import type { OutboxLog } from '../../runtime/index.ts';

/** A wallet's own name for one request. */
export interface RequestKey {
  readonly wallet: string;
  readonly idempotencyKey: string;
}

export interface StoredAnswer extends RequestKey {
  /** SHA-256 of the canonical body, hex: tells a repeated request from another one under the same key. */
  readonly fingerprint: string;
  readonly answer: Outcome<BetView>;
}

/** An event and the tick it was decided at; 0 before the first. */
export interface BookedEvent {
  readonly event: LedgerEvent;
  readonly tickSeq: number;
}

export interface LedgerBatch {
  /** In the order they were decided. */
  readonly booked: readonly BookedEvent[];
  readonly answers: readonly StoredAnswer[];
  /** What wallets are to be told of it, in order. */
  readonly told?: readonly AccountEvent[];
  /** Every tick up to this one is applied. Never goes back. */
  readonly cursorSeq: number;
}

export interface LedgerSnapshot {
  readonly balances: readonly (readonly [account: string, balanceMicros: Micros])[];
  /** In the order of acceptance. */
  readonly openBets: readonly Bet[];
  readonly cursorSeq: number;
  /** True until the house got its bankroll. */
  readonly isNew: boolean;
}

export interface BetQuery {
  readonly wallet: string;
  readonly limit: number;
  /** Only bets accepted before this one. */
  readonly beforeId?: string;
  readonly status?: BetStatus;
}

/** What the durable books say in all. `sumMicros` must be 0. */
export interface LedgerTotals {
  readonly sumMicros: number;
  readonly houseMicros: Micros;
  readonly escrowMicros: Micros;
  readonly wallets: number;
  readonly bets: Readonly<Record<BetStatus, number>>;
}

export interface LedgerStore {
  /** What committed batches told, to be relayed. */
  readonly outbox: OutboxLog;
  load(): Promise<LedgerSnapshot>;
  commit(batch: LedgerBatch): Promise<void>;
  /** The stored ones among these. */
  findAnswers(keys: readonly RequestKey[]): Promise<readonly StoredAnswer[]>;
  /** Another wallet's bet is as unknown as none. */
  findBet(wallet: string, betId: string): Promise<BetRecord | undefined>;
  /** Newest first. */
  listBets(query: BetQuery): Promise<readonly BetRecord[]>;
  totals(): Promise<LedgerTotals>;
  close(): Promise<void>;
}
