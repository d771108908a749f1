/**
 * The ledger in one SQLite file (or `:memory:`): STRICT tables, append-only transfers, one IMMEDIATE
 * transaction per batch. The balances kept in `accounts` are sums of `transfers`, updated in the same
 * transaction, once per account and batch.
 *
 * better-sqlite3 is synchronous, so a commit is one atomic step of its thread.
 */
import { readFileSync } from 'node:fs';
import type { BetRecord } from '../../domain/bet.ts';
import { type BetSettled, type Transfer, transfersOf, walletAccount } from '../../domain/ledger.ts';
import { micros } from '../../domain/units.ts';
import type { BetStatus, BetView } from '../../protocol/bet-view.ts';
import type { Outcome } from '../../protocol/errors.ts';
import {
  failpoint,
  OUTBOX_MIGRATION,
  openSqlite,
  type SqliteDatabase,
  SqliteOutbox,
} from '../../runtime/index.ts';
import { betOfRow, betRecordOfRow, betTermsRow } from './bet-rows.ts';
import { type LedgerStatements, prepareLedger } from './ledger-statements.ts';
import type {
  BetQuery,
  BookedEvent,
  LedgerBatch,
  LedgerSnapshot,
  LedgerStore,
  LedgerTotals,
  RequestKey,
  StoredAnswer,
} from './ledger-store.ts';

const LEDGER_MIGRATIONS: readonly string[] = [
  readFileSync(new URL('./schema/0001-ledger.sql', import.meta.url), 'utf8'),
  OUTBOX_MIGRATION,
];

/** Opens or creates the ledger's database at `path`, or one of its own in `:memory:`. */
export const openLedgerDatabase = (path: string): SqliteDatabase =>
  openSqlite({ path, migrations: LEDGER_MIGRATIONS });

export class SqliteLedgerStore implements LedgerStore {
  readonly outbox: SqliteOutbox;
  readonly #db: SqliteDatabase;
  readonly #sql: LedgerStatements;
  readonly #commit: (batch: LedgerBatch) => void;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#sql = prepareLedger(db);
    this.outbox = new SqliteOutbox(db);
    this.#commit = db.transaction((batch: LedgerBatch) => this.#write(batch)).immediate;
  }

  async load(): Promise<LedgerSnapshot> {
    return this.#db.transaction(() => {
      const accounts = this.#sql.accounts.all();
      return {
        balances: accounts.map(({ name, balance_micros }) => [name, micros(balance_micros)] as const),
        openBets: this.#sql.openBets.all().map(betOfRow),
        cursorSeq: this.#sql.cursor.get()?.tick_seq ?? 0,
        isNew: this.#sql.anyTransfer.get() === undefined,
      };
    })();
  }

  async commit(batch: LedgerBatch): Promise<void> {
    failpoint('ledger.drafted');
    this.#commit(batch);
    failpoint('ledger.committed');
  }

  async findAnswers(keys: readonly RequestKey[]): Promise<readonly StoredAnswer[]> {
    return keys.flatMap(({ wallet, idempotencyKey }) => {
      const row = this.#sql.answer.get(wallet, idempotencyKey);
      if (!row) return [];
      const answer = JSON.parse(row.answer) as Outcome<BetView>;
      return [{ wallet, idempotencyKey, fingerprint: row.fingerprint, answer }];
    });
  }

  async findBet(wallet: string, betId: string): Promise<BetRecord | undefined> {
    const row = this.#sql.bet.get(betId, wallet);
    return row && betRecordOfRow(row);
  }

  async listBets({ wallet, limit, beforeId, status }: BetQuery): Promise<readonly BetRecord[]> {
    const query = { wallet, limit, beforeId: beforeId ?? null, status: status ?? null };
    return this.#sql.bets.all(query).map(betRecordOfRow);
  }

  async totals(): Promise<LedgerTotals> {
    const bets: Record<BetStatus, number> = { open: 0, won: 0, lost: 0, void: 0 };
    for (const { status, count } of this.#sql.betCounts.all()) bets[status] = count;
    const row = this.#sql.totals.get();
    return {
      sumMicros: row?.sum_micros ?? 0,
      houseMicros: micros(row?.house_micros ?? 0),
      escrowMicros: micros(row?.escrow_micros ?? 0),
      wallets: row?.wallets ?? 0,
      bets,
    };
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #write(batch: LedgerBatch): void {
    const changes = new Map<string, number>();
    for (const booked of batch.booked) {
      this.#writeEvent(booked);
      for (const transfer of transfersOf(booked.event)) {
        this.#writeTransfer(transfer, booked.tickSeq);
        changes.set(transfer.from, (changes.get(transfer.from) ?? 0) - transfer.amountMicros);
        changes.set(transfer.to, (changes.get(transfer.to) ?? 0) + transfer.amountMicros);
      }
    }
    for (const [account, change] of changes)
      mustChangeOne(this.#sql.moveBalance.run(change, account), account);
    for (const { wallet, idempotencyKey, fingerprint, answer } of batch.answers) {
      this.#sql.insertAnswer.run(wallet, idempotencyKey, fingerprint, JSON.stringify(answer));
    }
    this.outbox.append(batch.told ?? []);
    this.#sql.moveCursor.run(batch.cursorSeq);
    failpoint('ledger.written');
  }

  #writeEvent({ event }: BookedEvent): void {
    switch (event.type) {
      case 'HouseFunded':
        return;
      case 'AccountOpened':
        this.#sql.insertAccount.run(walletAccount(event.wallet));
        return;
      case 'BetAccepted':
        this.#sql.insertBet.run(betTermsRow(event.bet));
        return;
      case 'BetSettled':
        this.#settle(event);
        return;
      default:
        event satisfies never;
    }
  }

  #settle({ bet, verdict }: BetSettled): void {
    const reason = verdict.outcome === 'void' ? verdict.reason : null;
    const { outcome, decidedSeq, decidedAtMs } = verdict;
    mustChangeOne(this.#sql.settleBet.run(outcome, reason, decidedSeq, decidedAtMs, bet.id), bet.id);
  }

  #writeTransfer({ code, from, to, amountMicros, ref }: Transfer, tickSeq: number): void {
    this.#sql.insertTransfer.run(code, from, to, amountMicros, ref, tickSeq);
  }
}

function mustChangeOne(result: { readonly changes: number }, what: string): void {
  if (result.changes !== 1) throw new Error(`ledger: ${what} is not there, or is settled already`);
}
