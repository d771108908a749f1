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
import { betTermsRow, SETTLEMENT_COLUMNS, settlementValues } from './bet-rows.ts';
import { CELL_VERDICT_COLUMNS, type SettledCellRow, settledCellRow } from './cell-rows.ts';
import { verdictRow } from './ledger-books.ts';
import { ACCEPTING_CODE, type ChainedVerdict, CLOSING_CODES, type CommitDraft } from './ledger-chain.ts';
import type { LedgerNumbers } from './ledger-numbers.ts';
import type { BookedEvent } from './ledger-store.ts';

const BET_COLUMNS = [
  'seq',
  'id',
  'wallet_no',
  'cell_no',
  'rules_no',
  'stake_micros',
  'multiplier_hundredths',
  'payout_micros',
  'received_at_ms',
  'accepted_seq',
  'accepted_at_ms',
  'accepted_price_cents',
  'sigma_per_sqrt_second',
  'rules_version',
  'transfer_seq',
  'tick_seq',
  'probability',
] as const;

const TRANSFER_COLUMNS = [
  'seq',
  'code',
  'from_no',
  'to_no',
  'amount_micros',
  'ref',
  'bet_seq',
  'cell_seq',
  'tick_seq',
] as const;

export class EventWriter {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #numbers: LedgerNumbers;

  constructor(db: SqliteDatabase, numbers: LedgerNumbers) {
    this.#sql = prepare(db);
    this.#numbers = numbers;
  }

  /** Inside the transaction of the commit. Returns the numbers of the bets it accepts, by their ids. */
  write(booked: readonly BookedEvent[], draft: CommitDraft): ReadonlyMap<string, number> {
    const sql = this.#sql;
    const seqOf = (betId: string): number | undefined => sql.seqOf.get(betId)?.seq;
    const rows = new WrittenRows(sql.lastSeq.get()?.seq ?? 0, seqOf, this.#numbers, draft);
    for (const { event, tickSeq } of booked) {
      if (event.type === 'AccountOpened') sql.insertAccount.run(walletAccount(event.wallet));
      rows.add(event, tickSeq);
    }
    for (const row of rows.chainedCells) draft.cell(row);
    sql.bets.insert(rows.bets);
    sql.settlements.insert(rows.settlements);
    sql.cells.insert(rows.cells);
    sql.transfers.insert(rows.transfers);
    for (const [accountNo, change] of rows.changes) sql.moveBalance.run(change, accountNo);
    return rows.opened;
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
  readonly cells: SqliteValue[] = [];
  /** The same, as the chain tells of them. */
  readonly chainedCells: SettledCellRow[] = [];
  readonly transfers: SqliteValue[] = [];
  /** By the numbers of accounts. */
  readonly changes = new Map<number, number>();
  /** Numbers of bets by their ids. */
  readonly opened = new Map<string, number>();
  #lastBetSeq: number;
  readonly #storedSeqOf: (betId: string) => number | undefined;
  readonly #numbers: LedgerNumbers;
  readonly #draft: CommitDraft;

  constructor(
    lastBetSeq: number,
    storedSeqOf: (betId: string) => number | undefined,
    numbers: LedgerNumbers,
    draft: CommitDraft,
  ) {
    this.#lastBetSeq = lastBetSeq;
    this.#storedSeqOf = storedSeqOf;
    this.#numbers = numbers;
    this.#draft = draft;
  }

  add(event: LedgerEvent, tickSeq: number): void {
    if (event.type === 'BetAccepted') this.#addAccepted(event, tickSeq);
    else if (event.type === 'CellSettled') this.#addCell(event, tickSeq);
    else if (event.type === 'BetVoided') this.#addVoided(event, tickSeq);
    else this.#addTransfers(event, tickSeq, {});
  }

  /** Its row is its transfers too: those are only told to the chain. */
  #addAccepted(event: BetAccepted, tickSeq: number): void {
    const { bet } = event;
    this.#lastBetSeq += 1;
    const betSeq = this.#lastBetSeq;
    this.opened.set(bet.id, betSeq);
    const numbers = this.#numbers;
    this.bets.push(
      betSeq,
      bet.id,
      numbers.ofAccount(walletAccount(bet.wallet)),
      numbers.ofCell(bet.cell),
      numbers.ofRules(bet.settlementRules),
      bet.stakeMicros,
      bet.multiplier,
      bet.payoutMicros,
      bet.receivedAtMs,
      bet.acceptedSeq,
      bet.acceptedAtMs,
      bet.acceptedPriceCents,
      bet.sigmaPerSqrtSecond,
      bet.rulesVersion,
      this.#draft.nextTransferSeq,
      tickSeq,
      bet.probability ?? null,
    );
    this.#addTransfers(event, tickSeq, { betSeq });
  }

  #addCell(event: CellSettled, tickSeq: number): void {
    const cellSeq = this.#draft.nextCellSeq + this.chainedCells.length;
    const row = settledCellRow(cellSeq, event);
    const numbers = this.#numbers;
    const verdict = CELL_VERDICT_COLUMNS.map((column) => row[column]);
    this.cells.push(cellSeq, numbers.ofCell(event.cell), numbers.ofRules(event.rules), ...verdict);
    this.chainedCells.push(row);
    this.#addTransfers(event, tickSeq, { cellSeq });
  }

  #addVoided(event: BetVoided, tickSeq: number): void {
    const { bet, verdict } = event;
    const betSeq = this.opened.get(bet.id) ?? this.#storedSeqOf(bet.id);
    if (betSeq === undefined) throw new Error(`ledger: ${bet.id} is not there`);
    this.settlements.push(betSeq, ...settlementValues(verdict));
    this.#addTransfers(event, tickSeq, { betSeq, closed: verdictRow(verdict) });
  }

  #addTransfers(event: LedgerEvent, tickSeq: number, { betSeq, cellSeq, closed }: TransferOf): void {
    const draft = this.#draft;
    const [bet_seq, cell_seq] = [betSeq ?? null, cellSeq ?? null];
    for (const { code, from, to, amountMicros, ref } of transfersOf(event)) {
      const seq = draft.nextTransferSeq;
      const fromNo = this.#numbers.ofAccount(from);
      const toNo = this.#numbers.ofAccount(to);
      if (event.type !== 'BetAccepted') {
        const ownRef = bet_seq === null ? ref : null;
        this.transfers.push(seq, code, fromNo, toNo, amountMicros, ownRef, bet_seq, cell_seq, tickSeq);
      }
      draft.transfer({
        seq,
        code,
        from_account: from,
        to_account: to,
        amount_micros: amountMicros,
        ref,
        cell_seq,
        tick_seq: tickSeq,
      });
      if (code === ACCEPTING_CODE && event.type === 'BetAccepted') draft.terms(betTermsRow(event.bet));
      if (closed && CLOSING_CODES.has(code)) draft.verdict(ref, closed);
      this.changes.set(fromNo, (this.changes.get(fromNo) ?? 0) - amountMicros);
      this.changes.set(toNo, (this.changes.get(toNo) ?? 0) + amountMicros);
    }
  }
}

function prepare(db: SqliteDatabase) {
  return {
    lastSeq: db.prepare<[], { seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM accepted_bets'),
    seqOf: db.prepare<[string], { seq: number }>('SELECT seq FROM accepted_bets WHERE id = ?'),
    insertAccount: db.prepare<[string]>('INSERT INTO accounts (name, balance_micros) VALUES (?, 0)'),
    moveBalance: db.prepare<[number, number]>(
      'UPDATE accounts SET balance_micros = balance_micros + ? WHERE no = ?',
    ),
    bets: new RowInserter(db, 'accepted_bets', BET_COLUMNS),
    settlements: new RowInserter(db, 'settlements', ['bet_seq', ...SETTLEMENT_COLUMNS]),
    cells: new RowInserter(db, 'settled_cells', ['seq', 'cell_no', 'rules_no', ...CELL_VERDICT_COLUMNS]),
    transfers: new RowInserter(db, 'transfers', TRANSFER_COLUMNS),
  };
}
