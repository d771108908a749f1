/**
 * Writes what a commit books: terms of accepted bets, settled cells, transfers, balances. Each table at once,
 * in the order in which their checks look at one another, with what the chain is to say of it.
 */
import {
  type BetAccepted,
  type BetVoided,
  type CellSettled,
  type LedgerEvent,
  transfersOf,
  walletAccount,
} from '../../domain/ledger.ts';
import { RowInserter, type SqliteDatabase, type SqliteValue } from '../../runtime/index.ts';
import {
  BET_TERMS_COLUMNS,
  betTermsRow,
  SETTLEMENT_COLUMNS,
  settlementValues,
  termsValues,
} from './bet-rows.ts';
import { SETTLED_CELL_COLUMNS, type SettledCellRow, settledCellRow } from './cell-rows.ts';
import { verdictRow } from './ledger-books.ts';
import { ACCEPTING_CODE, type ChainedVerdict, CLOSING_CODES, type CommitDraft } from './ledger-chain.ts';
import type { BookedEvent } from './ledger-store.ts';

const TRANSFER_COLUMNS = [
  'seq',
  'code',
  'from_account',
  'to_account',
  'amount_micros',
  'ref',
  'bet_seq',
  'cell_seq',
  'tick_seq',
] as const;

export class EventWriter {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: SqliteDatabase) {
    this.#sql = prepare(db);
  }

  /** Inside the transaction of the commit. */
  write(booked: readonly BookedEvent[], draft: CommitDraft): void {
    const sql = this.#sql;
    const seqOf = (betId: string): number | undefined => sql.seqOf.get(betId)?.seq;
    const rows = new WrittenRows(sql.lastSeq.get()?.seq ?? 0, seqOf, draft);
    for (const { event, tickSeq } of booked) {
      if (event.type === 'AccountOpened') sql.insertAccount.run(walletAccount(event.wallet));
      rows.add(event, tickSeq);
    }
    for (const row of rows.cells) draft.cell(row);
    sql.bets.insert(rows.bets);
    sql.settlements.insert(rows.settlements);
    sql.cells.insert(rows.cells.flatMap((row) => SETTLED_CELL_COLUMNS.map((column) => row[column])));
    sql.transfers.insert(rows.transfers);
    for (const [account, change] of rows.changes)
      if (sql.moveBalance.run(change, account).changes !== 1)
        throw new Error(`ledger: there is no account ${account}`);
  }
}

/** What a transfer is for, if not for a wallet or the house. */
interface TransferOf {
  readonly betSeq?: number;
  readonly cellSeq?: number;
  /** The verdict of the one bet it closes. */
  readonly closed?: ChainedVerdict;
}

/** The rows of one commit, by table, and what they do to balances. */
class WrittenRows {
  readonly bets: SqliteValue[] = [];
  readonly settlements: SqliteValue[] = [];
  readonly cells: SettledCellRow[] = [];
  readonly transfers: SqliteValue[] = [];
  readonly changes = new Map<string, number>();
  readonly #opened = new Map<string, number>();
  #lastBetSeq: number;
  readonly #storedSeqOf: (betId: string) => number | undefined;
  readonly #draft: CommitDraft;

  constructor(lastBetSeq: number, storedSeqOf: (betId: string) => number | undefined, draft: CommitDraft) {
    this.#lastBetSeq = lastBetSeq;
    this.#storedSeqOf = storedSeqOf;
    this.#draft = draft;
  }

  add(event: LedgerEvent, tickSeq: number): void {
    if (event.type === 'BetAccepted') this.#addAccepted(event, tickSeq);
    else if (event.type === 'CellSettled') this.#addCell(event, tickSeq);
    else if (event.type === 'BetVoided') this.#addVoided(event, tickSeq);
    else this.#addTransfers(event, tickSeq, {});
  }

  #addAccepted(event: BetAccepted, tickSeq: number): void {
    this.#lastBetSeq += 1;
    const betSeq = this.#lastBetSeq;
    this.#opened.set(event.bet.id, betSeq);
    this.bets.push(betSeq, ...termsValues(event.bet), event.bet.probability ?? null);
    this.#addTransfers(event, tickSeq, { betSeq });
  }

  #addCell(event: CellSettled, tickSeq: number): void {
    const cellSeq = this.#draft.nextCellSeq + this.cells.length;
    this.cells.push(settledCellRow(cellSeq, event));
    this.#addTransfers(event, tickSeq, { cellSeq });
  }

  #addVoided(event: BetVoided, tickSeq: number): void {
    const { bet, verdict } = event;
    const betSeq = this.#opened.get(bet.id) ?? this.#storedSeqOf(bet.id);
    if (betSeq === undefined) throw new Error(`ledger: ${bet.id} is not there`);
    this.settlements.push(betSeq, ...settlementValues(verdict));
    this.#addTransfers(event, tickSeq, { betSeq, closed: verdictRow(verdict) });
  }

  #addTransfers(event: LedgerEvent, tickSeq: number, { betSeq, cellSeq, closed }: TransferOf): void {
    const draft = this.#draft;
    const [bet_seq, cell_seq] = [betSeq ?? null, cellSeq ?? null];
    for (const { code, from, to, amountMicros, ref } of transfersOf(event)) {
      const seq = draft.nextTransferSeq;
      this.transfers.push(seq, code, from, to, amountMicros, ref, bet_seq, cell_seq, tickSeq);
      draft.transfer({
        ...{ seq, code, from_account: from, to_account: to, amount_micros: amountMicros },
        ...{ ref, cell_seq, tick_seq: tickSeq },
      });
      if (code === ACCEPTING_CODE && event.type === 'BetAccepted') draft.terms(betTermsRow(event.bet));
      if (closed && CLOSING_CODES.has(code)) draft.verdict(ref, closed);
      this.changes.set(from, (this.changes.get(from) ?? 0) - amountMicros);
      this.changes.set(to, (this.changes.get(to) ?? 0) + amountMicros);
    }
  }
}

function prepare(db: SqliteDatabase) {
  return {
    lastSeq: db.prepare<[], { seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM accepted_bets'),
    seqOf: db.prepare<[string], { seq: number }>('SELECT seq FROM accepted_bets WHERE id = ?'),
    insertAccount: db.prepare<[string]>('INSERT INTO accounts (name, balance_micros) VALUES (?, 0)'),
    moveBalance: db.prepare<[number, string]>(
      'UPDATE accounts SET balance_micros = balance_micros + ? WHERE name = ?',
    ),
    bets: new RowInserter(db, 'accepted_bets', ['seq', ...BET_TERMS_COLUMNS, 'probability']),
    settlements: new RowInserter(db, 'settlements', ['bet_seq', ...SETTLEMENT_COLUMNS]),
    cells: new RowInserter(db, 'settled_cells', SETTLED_CELL_COLUMNS),
    transfers: new RowInserter(db, 'transfers', TRANSFER_COLUMNS),
  };
}
