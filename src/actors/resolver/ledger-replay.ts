/**
 * Reads a ledger back from its first transfer: every commit must hash to what is stored, every balance must
 * be the sum of its transfers, every closing transfer must agree with the verdict of its bet.
 *
 * Works in steps of bounded size, so that it can run beside a live writer, and goes on where it stopped when
 * more was committed. Needs memory for one number per account. Reads only; returns in words what is wrong.
 */
import { createHash, type Hash } from 'node:crypto';
import type { SqliteDatabase } from '../../runtime/index.ts';
import { CELL_VERDICT_COLUMNS, type SettledCellRow } from './cell-rows.ts';
import {
  ACCEPTING_CODE,
  actionLine,
  answersLine,
  type ChainedAction,
  type ChainedLimits,
  type ChainedTerms,
  type ChainedTransfer,
  type ChainedVerdict,
  CLOSING_CODES,
  type CommitRow,
  cellLine,
  genesisOf,
  limitsLine,
  prepareChain,
  termsLine,
  transferLine,
  verdictLine,
} from './ledger-chain.ts';

interface Ends {
  readonly transfers: number;
  readonly actions: number;
  readonly limits: number;
  readonly cells: number;
}

type JoinedTransfer = ChainedTransfer & ChainedVerdict & ChainedTerms;

interface OpenCommit {
  readonly row: CommitRow;
  readonly hash: Hash;
}

export interface ReplayStep {
  /** True: everything committed so far was read. */
  readonly isCaughtUp: boolean;
  readonly problems: readonly string[];
}

const ROWS_PER_PAGE = 5_000;
const STATUS_OF_CODE: Readonly<Record<string, string>> = { payout: 'won', forfeit: 'lost', refund: 'void' };

export class LedgerReplay {
  readonly #sql: ReturnType<typeof prepareReplay>;
  readonly #balances = new Map<string, number>();
  #changed = new Set<string>();
  #verified: CommitRow;
  #open: OpenCommit | undefined;
  #transferSeq: number;
  #rows = 0;
  readonly #replaysBalances: boolean;

  /** `from`: the commit to begin after, taken on trust; balances are only replayed from the first one. */
  constructor(db: SqliteDatabase, from?: CommitRow) {
    this.#sql = prepareReplay(db);
    this.#verified = from ?? genesisOf(this.#sql.chain.ledgerId());
    this.#transferSeq = this.#verified.transfer_seq;
    this.#replaysBalances = from === undefined;
  }

  /** The last commit that was verified. */
  get verifiedSeq(): number {
    return this.#verified.seq;
  }

  /** Transfers read so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Reads about `rowsMax` rows more. */
  step(rowsMax: number): ReplayStep {
    const problems: string[] = [];
    for (let left = rowsMax; left > 0; left -= 1) {
      const commit = this.#open ?? this.#begin();
      if (!commit) {
        problems.push(...this.#strayRows(), ...this.#balanceProblems());
        return { isCaughtUp: true, problems };
      }
      this.#open = commit;
      left -= this.#readTransfers(commit, left, problems);
      if (this.#transferSeq < commit.row.transfer_seq) continue;
      this.#close(commit, problems);
    }
    return { isCaughtUp: false, problems };
  }

  #begin(): OpenCommit | undefined {
    const row = this.#sql.chain.at(this.#verified.seq + 1);
    return row && { row, hash: createHash('sha256').update(this.#verified.hash) };
  }

  #readTransfers({ row: commit, hash }: OpenCommit, limit: number, problems: string[]): number {
    if (this.#transferSeq === commit.transfer_seq) return 0;
    const upTo = Math.min(commit.transfer_seq, this.#transferSeq + limit);
    const rows = this.#sql.transfers.all({ after: this.#transferSeq, upTo });
    for (const row of rows) {
      if (row.seq !== this.#transferSeq + 1) problems.push(`transfer ${this.#transferSeq + 1} is missing`);
      this.#transferSeq = row.seq;
      if (CLOSING_CODES.has(row.code) && row.status !== STATUS_OF_CODE[row.code])
        problems.push(`${row.ref} is ${row.status}, but was closed by a ${row.code}`);
      this.#move(row.from_account, -row.amount_micros);
      this.#move(row.to_account, row.amount_micros);
    }
    hash.update(textOf(rows));
    this.#rows += rows.length;
    if (rows.length === 0) {
      problems.push(`transfers up to ${upTo} of commit ${commit.seq} are missing`);
      this.#transferSeq = upTo;
    }
    return rows.length;
  }

  #close({ row: commit, hash }: OpenCommit, problems: string[]): void {
    const before = this.#verified;
    if (commit.cell_seq > before.cell_seq)
      for (const row of this.#sql.cells.all(before.cell_seq, commit.cell_seq)) hash.update(cellLine(row));
    if (commit.action_seq > before.action_seq)
      for (const row of this.#sql.actions.all(before.action_seq, commit.action_seq))
        hash.update(actionLine(row));
    if (commit.limit_seq > before.limit_seq)
      for (const row of this.#sql.limits.all(before.limit_seq, commit.limit_seq))
        hash.update(limitsLine(row));
    hash.update(answersLine(commit.answers));
    if (!hash.digest().equals(commit.hash))
      problems.push(`commit ${commit.seq} does not hash to what it should`);
    this.#verified = commit;
    this.#open = undefined;
  }

  #move(account: string, byMicros: number): void {
    this.#balances.set(account, (this.#balances.get(account) ?? 0) + byMicros);
    this.#changed.add(account);
  }

  /** What somebody wrote beside the chain. */
  #strayRows(): string[] {
    const { transfer_seq, action_seq, limit_seq, cell_seq } = this.#verified;
    const ends = this.#sql.ends.get();
    if (!ends) return [];
    const strays = [
      ['transfers', ends.transfers - transfer_seq],
      ['operator actions', ends.actions - action_seq],
      ['changes of limits', ends.limits - limit_seq],
      ['settled cells', ends.cells - cell_seq],
    ] as const;
    return strays.flatMap(([what, more]) => (more === 0 ? [] : [`${more} ${what} more than the chain has`]));
  }

  #balanceProblems(): string[] {
    if (!this.#replaysBalances) return [];
    const problems: string[] = [];
    for (const account of this.#changed) {
      const held = this.#sql.balance.get(account)?.balance_micros;
      const due = this.#balances.get(account);
      if (held !== due) problems.push(`${account} has ${held}, its transfers give ${due}`);
    }
    this.#changed = new Set();
    return problems;
  }
}

/**
 * Gives a ledger that is older than its chain a first commit, of all it has. Returns where the chain ends;
 * undefined if nothing was booked yet.
 */
export function chainOldRows(db: SqliteDatabase): CommitRow | undefined {
  const { chain, transfers, counts, cells } = prepareReplay(db);
  const last = chain.last();
  const { transfer_seq = 0, cell_seq = 0, answers = 0 } = counts.get() ?? {};
  if (last || (transfer_seq === 0 && answers === 0)) return last;
  const genesis = genesisOf(chain.ledgerId());
  const hash = createHash('sha256').update(genesis.hash);
  for (let seq = 0; seq < transfer_seq; ) {
    const upTo = Math.min(transfer_seq, seq + ROWS_PER_PAGE);
    hash.update(textOf(transfers.all({ after: seq, upTo })));
    seq = upTo;
  }
  for (const row of cells.iterate(0, cell_seq)) hash.update(cellLine(row));
  hash.update(answersLine(answers));
  const first = { ...genesis, seq: 1, transfer_seq, cell_seq, answers, hash: hash.digest() };
  chain.insert(first);
  return first;
}

function textOf(rows: readonly JoinedTransfer[]): string {
  let text = '';
  for (const row of rows) {
    text += transferLine(row);
    if (row.code === ACCEPTING_CODE) text += termsLine(row);
    if (row.cell_seq === null && CLOSING_CODES.has(row.code)) text += verdictLine(row.ref, row);
  }
  return text;
}

/** Transfers are numbered without a hole. */
interface TransferRange {
  readonly after: number;
  readonly upTo: number;
}

/**
 * In the order of their numbers; a stake with the terms of its bet, what closes something with its verdict.
 * Each kind of transfer by its own range, which the view of all would not find by an index; and joined
 * table by table, as an outer join with the view of bets would read all of it.
 */
const TRANSFERS_BETWEEN = `
  SELECT t.*, b.id, a.wallet, c.symbol, c.kind, c.opens_at_ms, c.closes_at_ms,
    nullif(c.low_cents, -1) AS low_cents, nullif(c.high_cents, -1) AS high_cents, b.stake_micros,
    b.multiplier_hundredths, b.payout_micros, b.received_at_ms, b.accepted_seq, b.accepted_at_ms,
    b.accepted_price_cents, b.sigma_per_sqrt_second, b.rules_version, r.max_gap_ms, r.max_degraded_fraction,
    coalesce(s.status, d.status, 'open') AS status, s.reason, s.settled_seq, s.settled_at_ms
  FROM (
    SELECT t.seq, t.code, f.name AS from_account, o.name AS to_account, t.amount_micros,
      coalesce(t.ref, (SELECT id FROM accepted_bets WHERE seq = t.bet_seq)) AS ref, t.bet_seq, t.cell_seq,
      t.tick_seq
    FROM transfers AS t JOIN accounts AS f ON f.no = t.from_no JOIN accounts AS o ON o.no = t.to_no
    WHERE t.seq > @after AND t.seq <= @upTo
    UNION ALL
    SELECT transfer_seq, 'stake', name, 'escrow', stake_micros, id, seq, NULL, tick_seq
    FROM accepted_bets JOIN accounts ON no = wallet_no
    WHERE transfer_seq > @after AND transfer_seq <= @upTo
    UNION ALL
    SELECT transfer_seq + 1, 'reserve', 'house', 'escrow', payout_micros - stake_micros, id, seq, NULL,
      tick_seq
    FROM accepted_bets
    WHERE transfer_seq > @after - 1 AND transfer_seq <= @upTo - 1 AND payout_micros > stake_micros) AS t
  LEFT JOIN accepted_bets AS b ON b.seq = t.bet_seq AND t.code = 'stake'
  LEFT JOIN accounts AS a ON a.no = b.wallet_no
  LEFT JOIN cells AS c ON c.no = b.cell_no
  LEFT JOIN settlement_rules AS r ON r.no = b.rules_no
  LEFT JOIN settlements AS s ON s.bet_seq = t.bet_seq AND t.code IN ('payout', 'forfeit', 'refund')
  LEFT JOIN settled_cells AS d ON d.seq = t.cell_seq
  ORDER BY t.seq`;

/** The number of the last one, of whichever kind. */
const LAST_TRANSFER = `(SELECT max(
  (SELECT coalesce(max(seq), 0) FROM transfers),
  (SELECT coalesce(max(transfer_seq + (payout_micros > stake_micros)), 0)
   FROM (SELECT * FROM accepted_bets ORDER BY seq DESC LIMIT 1))))`;

function prepareReplay(db: SqliteDatabase) {
  const verdict = CELL_VERDICT_COLUMNS.map((name) => `s.${name}`).join(', ');
  return {
    chain: prepareChain(db),
    transfers: db.prepare<[TransferRange], JoinedTransfer>(TRANSFERS_BETWEEN),
    cells: db.prepare<[number, number], SettledCellRow>(
      `SELECT s.seq, c.opens_at_ms, c.closes_at_ms, c.kind, c.low_cents, c.high_cents, c.symbol,
              r.max_gap_ms, r.max_degraded_fraction, ${verdict}
       FROM settled_cells AS s JOIN cells AS c ON c.no = s.cell_no
         JOIN settlement_rules AS r ON r.no = s.rules_no
       WHERE s.seq > ? AND s.seq <= ? ORDER BY s.seq`,
    ),
    actions: db.prepare<[number, number], ChainedAction>(
      'SELECT * FROM operator_actions WHERE seq > ? AND seq <= ? ORDER BY seq',
    ),
    limits: db.prepare<[number, number], ChainedLimits>(
      'SELECT * FROM self_limits WHERE seq > ? AND seq <= ? ORDER BY seq',
    ),
    counts: db.prepare<[], { transfer_seq: number; cell_seq: number; answers: number }>(
      `SELECT ${LAST_TRANSFER} AS transfer_seq,
              (SELECT coalesce(max(seq), 0) FROM settled_cells) AS cell_seq,
              (SELECT count(*) FROM requests) AS answers`,
    ),
    balance: db.prepare<[string], { balance_micros: number }>(
      'SELECT balance_micros FROM accounts WHERE name = ?',
    ),
    ends: db.prepare<[], Ends>(
      `SELECT ${LAST_TRANSFER} AS transfers,
              (SELECT coalesce(max(seq), 0) FROM operator_actions) AS actions,
              (SELECT coalesce(max(seq), 0) FROM self_limits) AS limits,
              (SELECT coalesce(max(seq), 0) FROM settled_cells) AS cells`,
    ),
  };
}
