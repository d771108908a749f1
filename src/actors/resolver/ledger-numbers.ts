/**
 * The numbers by which rows of the ledger refer to accounts, cells and rules. Asked of the database once and
 * remembered; a cell or rules that have none yet get one, inside the transaction of the commit.
 *
 * Invariant: what is remembered is in the database. So after a commit that failed, all is forgotten.
 */
import { type Cell, cellKey } from '../../domain/cell.ts';
import type { SettlementRules } from '../../domain/rules.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';
import { OPEN_EDGE } from './cell-rows.ts';

/** More than are ever open; after that, they are asked for again. */
const CELLS_KEPT_MAX = 20_000;

export class LedgerNumbers {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #accounts = new Map<string, number>();
  readonly #cells = new Map<string, number>();
  readonly #rules = new Map<string, number>();

  constructor(db: SqliteDatabase) {
    this.#sql = prepare(db);
  }

  /** Throws if there is no such account. */
  ofAccount(name: string): number {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const no = this.#sql.account.get(name)?.no;
    if (no === undefined) throw new Error(`ledger: there is no account ${name}`);
    this.#accounts.set(name, no);
    return no;
  }

  ofCell(cell: Cell): number {
    const key = cellKey(cell);
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = cell;
    const values = [opensAtMs, closesAtMs, kind, lowCents ?? OPEN_EDGE, highCents ?? OPEN_EDGE, symbol];
    const no = this.#sql.cell.get(values)?.no ?? Number(this.#sql.insertCell.run(values).lastInsertRowid);
    if (this.#cells.size >= CELLS_KEPT_MAX) this.#cells.clear();
    this.#cells.set(key, no);
    return no;
  }

  ofRules({ maxGapMs, maxDegradedFraction }: SettlementRules): number {
    const key = `${maxGapMs}|${maxDegradedFraction}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const values = [maxGapMs, maxDegradedFraction];
    const no = this.#sql.rules.get(values)?.no ?? Number(this.#sql.insertRules.run(values).lastInsertRowid);
    this.#rules.set(key, no);
    return no;
  }

  forget(): void {
    this.#accounts.clear();
    this.#cells.clear();
    this.#rules.clear();
  }
}

type Numbered = { readonly no: number };

const prepare = (db: SqliteDatabase) => ({
  account: db.prepare<[string], Numbered>('SELECT no FROM accounts WHERE name = ?'),
  cell: db.prepare<[(string | number)[]], Numbered>(
    `SELECT no FROM cells WHERE opens_at_ms = ? AND closes_at_ms = ? AND kind = ? AND low_cents = ?
       AND high_cents = ? AND symbol = ?`,
  ),
  insertCell: db.prepare<[(string | number)[]]>(
    `INSERT INTO cells (opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ),
  rules: db.prepare<[number[]], Numbered>(
    'SELECT no FROM settlement_rules WHERE max_gap_ms = ? AND max_degraded_fraction = ?',
  ),
  insertRules: db.prepare<[number[]]>(
    'INSERT INTO settlement_rules (max_gap_ms, max_degraded_fraction) VALUES (?, ?)',
  ),
});
