/**
 * The ledger in one SQLite file (or `:memory:`): STRICT tables, append-only transfers, one IMMEDIATE
 * transaction per batch. The balances kept in `accounts` are sums of `transfers`, updated in the same
 * transaction, once per account and batch.
 *
 * better-sqlite3 is synchronous, so a commit is one atomic step of its thread.
 */
import { readFileSync } from 'node:fs';
import type { BetRecord } from '../../domain/bet.ts';
import { RECENT_MS, type RecentReserve } from '../../domain/recent-reserves.ts';
import type { SelfLimitsState, SettledNet } from '../../domain/self-limits.ts';
import { micros } from '../../domain/units.ts';
import { weightOfTold } from '../../protocol/account-events.ts';
import { type BetStatus, type BetView, betView } from '../../protocol/bet-view.ts';
import { done, type Outcome } from '../../protocol/errors.ts';
import {
  failpoint,
  OUTBOX_MIGRATION,
  openSqlite,
  RowInserter,
  type SqliteDatabase,
  SqliteOutbox,
  type SqliteValue,
} from '../../runtime/index.ts';
import { LEDGER_FUNCTIONS, requestHash, requestKeyText } from './bet-request.ts';
import { betOfRow, betRecordOfRow } from './bet-rows.ts';
import { EventWriter } from './event-writer.ts';
import { actionOfRow, actionRow, sqliteBooks } from './ledger-books.ts';
import {
  type ChainStatements,
  CommitDraft,
  type CommitRow,
  genesisOf,
  prepareChain,
} from './ledger-chain.ts';
import { LedgerNumbers } from './ledger-numbers.ts';
import { chainOldRows } from './ledger-replay.ts';
import { ANSWERS_PER_LOOK, type LedgerStatements, prepareLedger } from './ledger-statements.ts';
import type {
  BetQuery,
  LedgerBatch,
  LedgerBooks,
  LedgerSnapshot,
  LedgerStore,
  LedgerTotals,
  OperatorAction,
  RequestKey,
  SelfLimitsChange,
  StoredAnswer,
} from './ledger-store.ts';

const migration = (file: string): string =>
  readFileSync(new URL(`./schema/${file}`, import.meta.url), 'utf8');

/** Statements that bring version n of the file to n + 1; never edited once released. */
export const LEDGER_MIGRATIONS: readonly string[] = [
  migration('0001-ledger.sql'),
  OUTBOX_MIGRATION,
  migration('0002-kinds.sql'),
  migration('0003-safe-money.sql'),
  migration('0004-calibration.sql'),
  migration('0005-cells.sql'),
  migration('0006-numbers.sql'),
];

/** Of no request. */
const NO_HASH = -1;

/** Keys may share a hash. */
const keyTextOf = (row: { readonly wallet: string; readonly idempotency_key: string }): string =>
  requestKeyText({ wallet: row.wallet, idempotencyKey: row.idempotency_key });

const ANSWER_COLUMNS = ['key_hash', 'wallet', 'idempotency_key', 'fingerprint', 'bet_seq', 'answer'] as const;

/** Opens or creates the ledger's database at `path`, or one of its own in `:memory:`. */
export const openLedgerDatabase = (path: string): SqliteDatabase =>
  openSqlite({ path, migrations: LEDGER_MIGRATIONS, functions: LEDGER_FUNCTIONS, cacheMib: 64, logMib: 64 });

export class SqliteLedgerStore implements LedgerStore {
  readonly outbox: SqliteOutbox;
  readonly books: LedgerBooks;
  readonly #chain: ChainStatements;
  /** Where the chain ends. */
  #last: CommitRow;
  readonly #db: SqliteDatabase;
  readonly #sql: LedgerStatements;
  readonly #numbers: LedgerNumbers;
  readonly #events: EventWriter;
  readonly #answers: RowInserter;
  readonly #commit: (batch: LedgerBatch) => CommitRow;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#sql = prepareLedger(db);
    this.#numbers = new LedgerNumbers(db);
    this.#events = new EventWriter(db, this.#numbers);
    this.#answers = new RowInserter(db, 'requests', ANSWER_COLUMNS);
    this.outbox = new SqliteOutbox(db);
    this.#chain = prepareChain(db);
    const ledgerId = this.#chain.ledgerId();
    this.#last = chainOldRows(db) ?? genesisOf(ledgerId);
    this.books = sqliteBooks(db, this.#chain);
    this.#commit = db.transaction((batch: LedgerBatch) => this.#write(batch)).immediate;
  }

  async load(): Promise<LedgerSnapshot> {
    return this.#db.transaction(() => {
      const accounts = this.#sql.accounts.all();
      const storedOdds = this.#sql.odds.get();
      return {
        ...(storedOdds && { storedOdds }),
        settledAfterOdds: storedOdds
          ? this.#sql.settledAfter.all({ tickSeq: storedOdds.tickSeq }).map(betRecordOfRow)
          : [],
        balances: accounts.map(({ name, balance_micros }) => [name, micros(balance_micros)] as const),
        openBets: this.#sql.openBets.all().map(betOfRow),
        recentReserves: this.#recentReserves(),
        cursorSeq: this.#sql.cursor.get()?.tick_seq ?? 0,
        isNew: this.#sql.anyTransfer.get() === undefined,
        voidedEarly: this.#sql.voidedEarly.all().map(betOfRow),
        isPaused: this.#sql.lastPausing.get()?.action === 'pause',
        selfLimits: this.#sql.selfLimits
          .all()
          .map(({ wallet, limits }) => [wallet, JSON.parse(limits) as SelfLimitsState] as const),
      };
    })();
  }

  async commit(batch: LedgerBatch): Promise<void> {
    failpoint('ledger.drafted');
    try {
      this.#last = this.#commit(batch);
    } catch (error) {
      this.#numbers.forget();
      throw error;
    }
    failpoint('ledger.committed');
  }

  async findAnswers(keys: readonly RequestKey[]): Promise<readonly StoredAnswer[]> {
    const found: StoredAnswer[] = [];
    for (let from = 0; from < keys.length; from += ANSWERS_PER_LOOK) {
      const some = keys.slice(from, from + ANSWERS_PER_LOOK);
      const hashes = some.map(requestHash);
      while (hashes.length < ANSWERS_PER_LOOK) hashes.push(NO_HASH);
      const rows = this.#sql.answers.all(hashes);
      if (rows.length === 0) continue;
      const byKey = new Map(rows.map((row) => [keyTextOf(row), row]));
      for (const key of some) {
        const row = byKey.get(requestKeyText(key));
        if (!row) continue;
        const { wallet, idempotencyKey } = key;
        const fingerprint = row.fingerprint.toString('hex');
        found.push({ wallet, idempotencyKey, fingerprint, answer: this.#answerOf(row) });
      }
    }
    return found;
  }

  /** Whatever became of the bet since, the answer is the bet as it was accepted. */
  #answerOf({ bet_seq, answer }: { bet_seq: number | null; answer: string | null }): Outcome<BetView> {
    const bet = bet_seq === null ? undefined : this.#sql.betAt.get(bet_seq);
    return bet ? done(betView(betOfRow(bet))) : (JSON.parse(answer ?? '') as Outcome<BetView>);
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

  async findAction(id: string): Promise<OperatorAction | undefined> {
    const row = this.#sql.action.get(id);
    return row && actionOfRow(row);
  }

  async listActions(limit: number): Promise<readonly OperatorAction[]> {
    return this.#sql.lastActions.all(limit).reverse().map(actionOfRow);
  }

  async settledSince(wallet: string, sinceMs: number): Promise<readonly SettledNet[]> {
    return this.#sql.settledSince.all(wallet, sinceMs);
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #write(batch: LedgerBatch): CommitRow {
    const draft = new CommitDraft(this.#last);
    this.#writeAnswers(batch.answers, this.#events.write(batch.booked, draft));
    this.#writeActions(batch.actions ?? [], draft);
    this.#writeLimits(batch.limits ?? [], draft);
    this.outbox.append(batch.told ?? [], weightOfTold);
    this.#sql.moveCursor.run(batch.cursorSeq);
    if (batch.odds) this.#sql.keepOdds.run(batch.odds);
    const commit = draft.close(batch.answers.length);
    if (commit) this.#chain.insert(commit);
    failpoint('ledger.written');
    return commit ?? this.#last;
  }

  /** `accepted`: the numbers of the bets of the same commit; each is the answer to its request. */
  #writeAnswers(answers: readonly StoredAnswer[], accepted: ReadonlyMap<string, number>): void {
    const values: SqliteValue[] = [];
    for (const stored of answers) {
      const { wallet, idempotencyKey, fingerprint, answer } = stored;
      const betSeq = answer.ok ? accepted.get(answer.value.id) : undefined;
      values.push(requestHash(stored), wallet, idempotencyKey, Buffer.from(fingerprint, 'hex'));
      values.push(betSeq ?? null, betSeq === undefined ? JSON.stringify(answer) : null);
    }
    this.#answers.insert(values);
  }

  /** Bets are numbered in the order of acceptance, so the newest minute is at the end. */
  #recentReserves(): RecentReserve[] {
    const recent: RecentReserve[] = [];
    let untilMs = Number.NEGATIVE_INFINITY;
    for (const reserve of this.#sql.newestReserves.iterate()) {
      if (recent.length === 0) untilMs = reserve.acceptedAtMs - RECENT_MS;
      if (reserve.acceptedAtMs <= untilMs) break;
      recent.push(reserve);
    }
    return recent.reverse();
  }

  #writeActions(actions: readonly OperatorAction[], draft: CommitDraft): void {
    for (const action of actions) {
      const row = actionRow(action, draft.nextActionSeq);
      this.#sql.insertAction.run(row);
      draft.action(row);
    }
  }

  #writeLimits(changes: readonly SelfLimitsChange[], draft: CommitDraft): void {
    for (const { wallet, atMs, limits } of changes) {
      const row = { seq: draft.nextLimitSeq, wallet, at_ms: atMs, limits: JSON.stringify(limits) };
      this.#sql.insertLimits.run(row);
      draft.limits(row);
    }
  }
}
