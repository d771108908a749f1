/**
 * Lets one process at a time be the owner of something: a write transaction that is never finished, on a
 * small database of its own. The lock is the operating system's, so it ends with its process however that
 * ends, and a file left by a process that is gone locks nobody out.
 *
 * Non-goal: several machines on one directory. Locks of network file systems hold little, and WAL needs more.
 */
import { openSqlite, type SqliteDatabase } from './sqlite-database.ts';

export interface ProcessLock {
  release(): void;
}

/** Another running process holds the lock. */
export class LockHeldError extends Error {
  readonly code = 'ALREADY_RUNNING';
  /** Undefined if it was too early to know. */
  readonly ownerPid: number | undefined;

  constructor(path: string, ownerPid: number | undefined) {
    const owner = ownerPid === undefined ? 'another process' : `the running process ${ownerPid}`;
    super(`ALREADY_RUNNING: ${path} is held by ${owner}; stop that first, or use another directory`);
    this.ownerPid = ownerPid;
  }
}

const MIGRATIONS = [
  `CREATE TABLE IF NOT EXISTS owner (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL) STRICT`,
] as const;

/** Throws LockHeldError, at once, while another process holds the lock at `path`. */
export function holdProcessLock(path: string): ProcessLock {
  let db: SqliteDatabase | undefined;
  try {
    db = openSqlite({ path, migrations: MIGRATIONS });
    db.pragma('busy_timeout = 0');
    db.exec('BEGIN IMMEDIATE');
    db.prepare('INSERT OR REPLACE INTO owner (id, pid) VALUES (1, ?)').run(process.pid);
    // Whoever is refused reads the pid. A rival that comes between these two is the owner then, and alone.
    db.exec('COMMIT');
    db.exec('BEGIN IMMEDIATE');
    const held = db;
    return { release: () => void held.close() };
  } catch (error) {
    const ownerPid = db && ownerOf(db);
    db?.close();
    throw isBusy(error) ? new LockHeldError(path, ownerPid) : error;
  }
}

const ownerOf = (db: SqliteDatabase): number | undefined =>
  db.prepare<[], { pid: number }>('SELECT pid FROM owner').get()?.pid;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
