/**
 * Inserts many rows of one table with few statements: a call into SQLite costs more than a small row. Values
 * of rows are laid one after the other in one flat list.
 */
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts';

export type SqliteValue = string | number | null | Uint8Array;

/** Rows per statement; SQLite compiles each of them, and takes 32,766 values at most. */
const ROWS_PER_STATEMENT = 16;

export class RowInserter {
  readonly #width: number;
  readonly #many: SqliteStatement<[SqliteValue[]]>;
  readonly #one: SqliteStatement<[SqliteValue[]]>;

  constructor(db: SqliteDatabase, table: string, columns: readonly string[]) {
    this.#width = columns.length;
    const row = `(${columns.map(() => '?').join(', ')})`;
    const insert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES `;
    this.#one = db.prepare<[SqliteValue[]]>(insert + row);
    const rows = Array.from({ length: ROWS_PER_STATEMENT }, () => row);
    this.#many = db.prepare<[SqliteValue[]]>(insert + rows.join(', '));
  }

  /** Throws what SQLite throws; the caller's transaction decides what stays. */
  insert(values: readonly SqliteValue[]): void {
    const width = this.#width;
    if (values.length % width !== 0) throw new RangeError(`${values.length} values are no rows of ${width}`);
    const many = width * ROWS_PER_STATEMENT;
    let at = 0;
    for (; at + many <= values.length; at += many) this.#many.run(values.slice(at, at + many));
    for (; at < values.length; at += width) this.#one.run(values.slice(at, at + width));
  }
}
