/**
 * Writes what a commit books: terms of accepted bets, settlements, transfers, balances. Each table at once,
 * in the order in which their checks look at one another, with what the chain is to say of it.
 *
 * A bet is known to the database by its number; which bet has which is remembered while it is open, and only
 * after the commit, so that a commit that failed is not remembered.
 */
import { type BetSettled, type LedgerEvent, transfersOf, walletAccount } from '../../domain/ledger.ts';
import type { DecidedVerdict } from '../../domain/settlement.ts';
import { RowInserter, type SqliteDatabase, type SqliteValue } from '../../runtime/index.ts';
import {
  BET_TERMS_COLUMNS,
  betTermsRow,
  SETTLEMENT_COLUMNS,
  settlementValues,
  termsValues,
} from './bet-rows.ts';
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
  'tick_seq',
] as const;

export class EventWriter {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #openSeqs = new Map<string, number>();
  #written: WrittenRows | undefined;

  constructor(db: SqliteDatabase) {
    this.#sql = prepare(db);
  }

  /** Inside the transaction of the commit. */
  write(booked: readonly BookedEvent[], draft: CommitDraft): void {
    const rows = new WrittenRows(this.#sql.lastSeq.get()?.seq ?? 0, draft);
    this.#written = rows;
    for (let at = 0; at < booked.length; ) {
      const settled = this.#settledTogether(booked, at, rows);
      for (const { seq, event, tickSeq } of settled) rows.addSettled(seq, event, tickSeq);
      at += settled.length;
      const next = booked[at];
      if (settled.length > 0 || !next) continue;
      if (next.event.type === 'AccountOpened') this.#sql.insertAccount.run(walletAccount(next.event.wallet));
      if (next.event.type !== 'BetSettled') rows.add(next.event, next.tickSeq);
      at += 1;
    }
    this.#sql.bets.insert(rows.bets);
    this.#sql.settlements.insert(rows.settlements);
    this.#sql.transfers.insert(rows.transfers);
    for (const [account, change] of rows.changes)
      if (this.#sql.moveBalance.run(change, account).changes !== 1)
        throw new Error(`ledger: there is no account ${account}`);
  }

  /** The commit is durable. */
  committed(): void {
    for (const [betId, seq] of this.#written?.opened ?? []) this.#openSeqs.set(betId, seq);
    for (const betId of this.#written?.closed ?? []) this.#openSeqs.delete(betId);
    this.#written = undefined;
  }

  /** Says the number of a bet that was read from the database. */
  remember(betId: string, seq: number): void {
    this.#openSeqs.set(betId, seq);
  }

  /**
   * The bets that one tick settled, from there on, by number. No order among them means anything, and
   * neighbours in the tables written one after the other cost a fraction of scattered ones.
   */
  #settledTogether(booked: readonly BookedEvent[], from: number, rows: WrittenRows): SettledBet[] {
    const settled: SettledBet[] = [];
    const tickSeq = booked[from]?.tickSeq ?? 0;
    for (let at = from; at < booked.length; at += 1) {
      const next = booked[at];
      if (next?.event.type !== 'BetSettled' || next.tickSeq !== tickSeq) break;
      const { id } = next.event.bet;
      settled.push({ seq: rows.opened.get(id) ?? this.#seqOf(id), event: next.event, tickSeq });
    }
    return settled.sort((a, b) => a.seq - b.seq);
  }

  #seqOf(betId: string): number {
    const seq = this.#openSeqs.get(betId) ?? this.#sql.seqOf.get(betId)?.seq;
    if (seq === undefined) throw new Error(`ledger: ${betId} is not there, or is settled already`);
    return seq;
  }
}

interface SettledBet {
  readonly seq: number;
  readonly event: BetSettled;
  readonly tickSeq: number;
}

/** What the rows of a settlement say, and the chain. */
interface SpeltVerdict {
  readonly values: readonly SqliteValue[];
  readonly chained: ChainedVerdict;
}

/** The rows of one commit, by table, and what they do to balances and to the numbers of bets. */
class WrittenRows {
  readonly bets: SqliteValue[] = [];
  readonly settlements: SqliteValue[] = [];
  readonly transfers: SqliteValue[] = [];
  readonly changes = new Map<string, number>();
  readonly opened = new Map<string, number>();
  readonly closed: string[] = [];
  #lastSeq: number;
  readonly #draft: CommitDraft;
  /** All bets of a cell share their verdict, so it is spelt out once. */
  readonly #verdicts = new Map<DecidedVerdict, SpeltVerdict>();

  constructor(lastSeq: number, draft: CommitDraft) {
    this.#lastSeq = lastSeq;
    this.#draft = draft;
  }

  add(event: Exclude<LedgerEvent, BetSettled>, tickSeq: number): void {
    let betSeq: number | null = null;
    if (event.type === 'BetAccepted') {
      this.#lastSeq += 1;
      betSeq = this.#lastSeq;
      this.opened.set(event.bet.id, betSeq);
      this.bets.push(betSeq, ...termsValues(event.bet), event.bet.probability ?? null);
    }
    this.#addTransfers(event, betSeq, tickSeq);
  }

  addSettled(seq: number, event: BetSettled, tickSeq: number): void {
    this.closed.push(event.bet.id);
    const { values, chained } = this.#spelt(event.verdict);
    this.settlements.push(seq, ...values);
    this.#addTransfers(event, seq, tickSeq, chained);
  }

  #addTransfers(event: LedgerEvent, betSeq: number | null, tickSeq: number, closed?: ChainedVerdict): void {
    const draft = this.#draft;
    for (const { code, from, to, amountMicros, ref } of transfersOf(event)) {
      const seq = draft.nextTransferSeq;
      this.transfers.push(seq, code, from, to, amountMicros, ref, betSeq, tickSeq);
      draft.transfer({
        ...{ seq, code, from_account: from, to_account: to, amount_micros: amountMicros },
        ...{ ref, tick_seq: tickSeq },
      });
      if (code === ACCEPTING_CODE && event.type === 'BetAccepted') draft.terms(betTermsRow(event.bet));
      if (closed && CLOSING_CODES.has(code)) draft.verdict(ref, closed);
      this.changes.set(from, (this.changes.get(from) ?? 0) - amountMicros);
      this.changes.set(to, (this.changes.get(to) ?? 0) + amountMicros);
    }
  }

  #spelt(verdict: DecidedVerdict): SpeltVerdict {
    const known = this.#verdicts.get(verdict);
    if (known) return known;
    const spelt = { values: settlementValues(verdict), chained: verdictRow(verdict) };
    this.#verdicts.set(verdict, spelt);
    return spelt;
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
    transfers: new RowInserter(db, 'transfers', TRANSFER_COLUMNS),
  };
}
