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
import type { RecentReserve } from '../../domain/recent-reserves.ts';
import type { SelfLimitsState, SettledNet } from '../../domain/self-limits.ts';
import type { Micros } from '../../domain/units.ts';
import type { ToldEvent } from '../../protocol/account-events.ts';
import type { BetStatus, BetView } from '../../protocol/bet-view.ts';
import type { Outcome } from '../../protocol/errors.ts';
import type { OutboxLog } from '../../runtime/index.ts';
import type { LedgerHistory } from './ledger-guard.ts';
import type { ReplayStep } from './ledger-replay.ts';
import type { StoredOdds } from './odds-snapshot.ts';

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
  readonly told?: readonly ToldEvent[];
  /** What operators did in this turn. */
  readonly actions?: readonly OperatorAction[];
  /** Limits that wallets set for themselves. */
  readonly limits?: readonly SelfLimitsChange[];
  /** Every tick up to this one is applied. Never goes back. */
  readonly cursorSeq: number;
  /** Replaces the one that was kept. */
  readonly odds?: StoredOdds;
}

export interface OperatorAction {
  /** The operator's own name for the command; at most one action has it. */
  readonly id: string;
  readonly atMs: number;
  readonly tickSeq: number;
  readonly actor: string;
  readonly action: OperatorActionType;
  /** What it was done to; empty for all of the market. */
  readonly target: string;
  readonly reason: string;
  /** How many bets it voided. */
  readonly bets: number;
}
export type OperatorActionType = 'pause' | 'resume' | 'void' | 'accept-rollback';

export interface SelfLimitsChange {
  readonly wallet: string;
  readonly atMs: number;
  readonly limits: SelfLimitsState;
}

export interface LedgerSnapshot {
  /** What the odds stood on at some tick up to the cursor. */
  readonly storedOdds?: StoredOdds;
  /** Bets settled by ticks that are not in it, in order. */
  readonly settledAfterOdds: readonly BetRecord[];
  readonly balances: readonly (readonly [account: string, balanceMicros: Micros])[];
  /** In the order of acceptance. */
  readonly openBets: readonly Bet[];
  /** Bets of the minute up to the newest one, settled or not, in the order of acceptance. */
  readonly recentReserves: readonly RecentReserve[];
  readonly cursorSeq: number;
  /** True until the house got its bankroll. */
  readonly isNew: boolean;
  /** Bets an operator voided before their column opened. */
  readonly voidedEarly: readonly Bet[];
  /** The last word of operators was to pause. */
  readonly isPaused: boolean;
  /** Of the wallets that set some. */
  readonly selfLimits: readonly (readonly [wallet: string, limits: SelfLimitsState])[];
}

/** The ledger as its own witness. Synchronous: it reads what the last commit left. */
export interface LedgerBooks extends LedgerHistory {
  /** Begins to read back what was committed, from the first, and says what is wrong with it. */
  readBack(): { step(rowsMax: number): ReplayStep };
  /** Sum over all accounts: 0. */
  sumMicros(): number;
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
  readonly books: LedgerBooks;
  load(): Promise<LedgerSnapshot>;
  commit(batch: LedgerBatch): Promise<void>;
  /** The stored ones among these. */
  findAnswers(keys: readonly RequestKey[]): Promise<readonly StoredAnswer[]>;
  /** Another wallet's bet is as unknown as none. */
  findBet(wallet: string, betId: string): Promise<BetRecord | undefined>;
  /** Newest first. */
  listBets(query: BetQuery): Promise<readonly BetRecord[]>;
  totals(): Promise<LedgerTotals>;
  findAction(id: string): Promise<OperatorAction | undefined>;
  /** The newest last. */
  listActions(limit: number): Promise<readonly OperatorAction[]>;
  /** Bets of a wallet settled after that time. */
  settledSince(wallet: string, sinceMs: number): Promise<readonly SettledNet[]>;
  close(): Promise<void>;
}
