/**
 * The one file that imports better-sqlite3. Opens a database the way durable money needs it and proves it.
 *
 * Trap this file exists for: better-sqlite3 runs WAL at synchronous=NORMAL, and a fresh file says FULL until
 * its first statement. So FULL is set on every open and asserted after a row was read.
 */
import Sqlite, { type Database, type Statement } from 'better-sqlite3';

export type SqliteDatabase = Database;
export type SqliteStatement<P extends unknown[] = unknown[], R = unknown> = Statement<P, R>;

export interface SqliteOptions {
  /** A file path, or `:memory:`. */
  readonly path: string;
  readonly readonly?: boolean;
  /**
   * Statements that bring version n to n + 1; run in order, each in a transaction. Never edited once
   * released. `any`, read-only: whatever version it is.
   */
  readonly migrations: readonly string[] | 'any';
  /** Pure functions of texts that migrations may call, by name. */
  readonly functions?: Readonly<Record<string, (...texts: string[]) => number | string>>;
  /** Page cache in MiB. */
  readonly cacheMib?: number;
  /**
   * How far the log grows, in MiB, before its pages go into the file: pages that change often are written
   * there once for many commits. A commit is durable in the log all the same.
   */
  readonly logMib?: number;
}

const PAGES_PER_MIB = 256;
const SYNCHRONOUS_FULL = 2;
const BUSY_TIMEOUT_MS = 5_000;

/** Throws if the file is newer than this code, or if durability is not what was asked for. */
export function openSqlite(options: SqliteOptions): SqliteDatabase {
  const readonly = options.readonly ?? false;
  const db = new Sqlite(options.path, { readonly, timeout: BUSY_TIMEOUT_MS });
  if (!readonly) db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  // What undoes one statement that fails half-way; never part of what is durable.
  db.pragma('temp_store = MEMORY');
  db.pragma(`cache_size = ${-1024 * (options.cacheMib ?? 32)}`);
  db.pragma(`wal_autocheckpoint = ${PAGES_PER_MIB * (options.logMib ?? 4)}`);
  for (const [name, run] of Object.entries(options.functions ?? {}))
    db.function(name, { deterministic: true, varargs: true }, (...texts) => run(...texts.map(String)));
  if (options.migrations !== 'any') migrate(db, options.migrations, readonly);
  else if (!readonly) throw new Error(`${options.path}: only readers take any version`);
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== SYNCHRONOUS_FULL)
    throw new Error(`${options.path}: synchronous is ${synchronous}, not FULL`);
  return db;
}

function migrate(db: SqliteDatabase, migrations: readonly string[], readonly: boolean): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new Error(
      `${db.name} has schema ${version}, this code knows ${migrations.length}: refusing to open it`,
    );
  }
  if (readonly) return;
  migrations.slice(version).forEach((statements, index) => {
    db.transaction(() => {
      db.exec(statements);
      db.pragma(`user_version = ${version + index + 1}`);
    }).immediate();
  });
}
