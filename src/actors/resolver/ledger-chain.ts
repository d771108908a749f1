/**
 * The chain of commits: `h_n = SHA-256(h_{n−1} ‖ what commit n wrote)`, h_0 from the ledger's name. What a
 * commit wrote is a text with a line for each transfer (with the terms of the bet it accepts, or the verdict
 * of the bet it closes alone), each settled cell, each operator's action, each change of self-limits, and
 * the number of answers so far.
 *
 * The writer hashes what it writes; a verifier reads the rows back, page by page, and must get the same. One
 * hash for a commit, however many rows it has. Non-goal: secrecy or authorship; who can write the file can
 * write a new chain, which is why its head is kept outside too (ledger-anchor.ts).
 */
import { createHash, type Hash } from 'node:crypto';
import type { SqliteDatabase } from '../../runtime/index.ts';
import { SETTLED_CELL_COLUMNS, type SettledCellRow } from './cell-rows.ts';

export interface LedgerHead {
  /** Which ledger. */
  readonly ledgerId: string;
  /** Commits that booked something; 0 before the first. */
  readonly commitSeq: number;
  readonly transferSeq: number;
  /** Hex. */
  readonly hash: string;
}

export interface CommitRow {
  readonly seq: number;
  readonly transfer_seq: number;
  readonly action_seq: number;
  readonly limit_seq: number;
  readonly cell_seq: number;
  readonly answers: number;
  readonly hash: Buffer;
}

/** The frozen terms that are part of the chain. Never reordered; a new column would need a new line. */
export const CHAINED_TERMS = [
  'id',
  'wallet',
  'symbol',
  'kind',
  'opens_at_ms',
  'closes_at_ms',
  'low_cents',
  'high_cents',
  'stake_micros',
  'multiplier_hundredths',
  'payout_micros',
  'received_at_ms',
  'accepted_seq',
  'accepted_at_ms',
  'accepted_price_cents',
  'sigma_per_sqrt_second',
  'rules_version',
  'max_gap_ms',
  'max_degraded_fraction',
] as const;

/** `BetTermsRow` is one. Null where a band has no edge, or a transfer no bet. */
export type ChainedTerms = Readonly<Record<(typeof CHAINED_TERMS)[number], string | number | null>>;

export interface ChainedTransfer {
  readonly seq: number;
  readonly code: string;
  readonly from_account: string;
  readonly to_account: string;
  readonly amount_micros: number;
  readonly ref: string;
  /** Null if it closes no cell. */
  readonly cell_seq: number | null;
  readonly tick_seq: number;
}

export interface ChainedVerdict {
  readonly status: string;
  readonly reason: string | null;
  readonly settled_seq: number | null;
  readonly settled_at_ms: number | null;
}

export interface ChainedAction {
  readonly seq: number;
  readonly id: string;
  readonly at_ms: number;
  readonly tick_seq: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly reason: string;
  readonly bets: number;
}

export interface ChainedLimits {
  readonly seq: number;
  readonly wallet: string;
  readonly at_ms: number;
  readonly limits: string;
}

export const ACCEPTING_CODE = 'stake';
export const CLOSING_CODES: ReadonlySet<string> = new Set(['payout', 'forfeit', 'refund']);

/** None of these fields contains the separator. */
export const transferLine = (row: ChainedTransfer): string =>
  `t|${row.seq}|${row.code}|${row.from_account}|${row.to_account}|${row.amount_micros}|` +
  `${row.ref}|${row.tick_seq}${row.cell_seq === null ? '' : `|${row.cell_seq}`}\n`;
/** The whole row. */
export const cellLine = (row: SettledCellRow): string =>
  `c|${SETTLED_CELL_COLUMNS.map((name) => row[name] ?? '').join('|')}\n`;
export const verdictLine = (betId: string, verdict: ChainedVerdict): string =>
  `v|${betId}|${verdict.status}|${verdict.reason ?? ''}|${verdict.settled_seq}|${verdict.settled_at_ms}\n`;
/** In the order of CHAINED_TERMS; written out, as there is one for every bet. */
export const termsLine = (b: ChainedTerms): string =>
  `b|${b.id}|${b.wallet}|${b.symbol}|${b.kind}|${b.opens_at_ms}|${b.closes_at_ms}|${b.low_cents ?? ''}|` +
  `${b.high_cents ?? ''}|${b.stake_micros}|${b.multiplier_hundredths}|${b.payout_micros}|` +
  `${b.received_at_ms}|${b.accepted_seq}|${b.accepted_at_ms}|${b.accepted_price_cents}|` +
  `${b.sigma_per_sqrt_second}|${b.rules_version}|${b.max_gap_ms}|${b.max_degraded_fraction}\n`;
/** Operators write prose. */
export const actionLine = (row: ChainedAction): string => {
  const { seq, id, at_ms, tick_seq, actor, action, target, reason, bets } = row;
  return `o|${JSON.stringify([seq, id, at_ms, tick_seq, actor, action, target, reason, bets])}\n`;
};
export const limitsLine = ({ seq, wallet, at_ms, limits }: ChainedLimits): string =>
  `l|${JSON.stringify([seq, wallet, at_ms, limits])}\n`;
export const answersLine = (count: number): string => `a|${count}\n`;

const sha256 = (): Hash => createHash('sha256');

/** Where the chain of a ledger begins. */
export const genesisOf = (ledgerId: string): CommitRow => ({
  seq: 0,
  transfer_seq: 0,
  action_seq: 0,
  limit_seq: 0,
  cell_seq: 0,
  answers: 0,
  hash: sha256().update(`touchline ledger ${ledgerId}`).digest(),
});

export const headOf = (ledgerId: string, { seq, transfer_seq, hash }: CommitRow): LedgerHead => ({
  ledgerId,
  commitSeq: seq,
  transferSeq: transfer_seq,
  hash: hash.toString('hex'),
});

/** Text is hashed in pieces of about this size: one call for each line would cost more than its hash. */
const PIECE_CHARS = 16_384;

/** What one commit adds to the chain, while it is written. It may book 10⁵ rows: nothing is kept of them. */
export class CommitDraft {
  readonly #hash: Hash;
  readonly #seq: number;
  #text = '';
  #isEmpty = true;
  #transferSeq: number;
  #actionSeq: number;
  #limitSeq: number;
  #cellSeq: number;
  readonly #answers: number;

  constructor(before: CommitRow) {
    this.#hash = sha256().update(before.hash);
    this.#seq = before.seq + 1;
    this.#transferSeq = before.transfer_seq;
    this.#actionSeq = before.action_seq;
    this.#limitSeq = before.limit_seq;
    this.#cellSeq = before.cell_seq;
    this.#answers = before.answers;
  }

  get nextActionSeq(): number {
    return this.#actionSeq + 1;
  }

  get nextLimitSeq(): number {
    return this.#limitSeq + 1;
  }

  get nextCellSeq(): number {
    return this.#cellSeq + 1;
  }

  get nextTransferSeq(): number {
    return this.#transferSeq + 1;
  }

  transfer(row: ChainedTransfer): void {
    this.#transferSeq = row.seq;
    this.#add(transferLine(row));
  }

  terms(terms: ChainedTerms): void {
    this.#add(termsLine(terms));
  }

  verdict(betId: string, verdict: ChainedVerdict): void {
    this.#add(verdictLine(betId, verdict));
  }

  /** After all transfers. */
  cell(row: SettledCellRow): void {
    this.#cellSeq = row.seq;
    this.#add(cellLine(row));
  }

  action(row: ChainedAction): void {
    this.#actionSeq = row.seq;
    this.#add(actionLine(row));
  }

  limits(row: ChainedLimits): void {
    this.#limitSeq = row.seq;
    this.#add(limitsLine(row));
  }

  /** Closes the commit; undefined if it booked nothing. */
  close(answersMore: number): CommitRow | undefined {
    if (this.#isEmpty && answersMore === 0) return undefined;
    const answers = this.#answers + answersMore;
    this.#add(answersLine(answers));
    return {
      seq: this.#seq,
      transfer_seq: this.#transferSeq,
      action_seq: this.#actionSeq,
      limit_seq: this.#limitSeq,
      cell_seq: this.#cellSeq,
      answers,
      hash: this.#hash.update(this.#text).digest(),
    };
  }

  #add(line: string): void {
    this.#isEmpty = false;
    this.#text += line;
    if (this.#text.length < PIECE_CHARS) return;
    this.#hash.update(this.#text);
    this.#text = '';
  }
}

export interface ChainStatements {
  readonly ledgerId: () => string;
  readonly last: () => CommitRow | undefined;
  readonly at: (seq: number) => CommitRow | undefined;
  readonly insert: (row: CommitRow) => void;
}

export function prepareChain(db: SqliteDatabase): ChainStatements {
  const id = db.prepare<[], { ledger_id: string }>('SELECT ledger_id FROM ledger_chain');
  const last = db.prepare<[], CommitRow>('SELECT * FROM commits ORDER BY seq DESC LIMIT 1');
  const at = db.prepare<[number], CommitRow>('SELECT * FROM commits WHERE seq = ?');
  const insert = () =>
    db.prepare<[CommitRow]>(
      `INSERT INTO commits (seq, transfer_seq, action_seq, limit_seq, cell_seq, answers, hash)
       VALUES (@seq, @transfer_seq, @action_seq, @limit_seq, @cell_seq, @answers, @hash)`,
    );
  // A verifier reads only.
  const inserting = db.readonly ? undefined : insert();
  return {
    ledgerId: () => id.get()?.ledger_id ?? '',
    last: () => last.get(),
    at: (seq) => at.get(seq),
    insert: (row) => void inserting?.run(row),
  };
}
