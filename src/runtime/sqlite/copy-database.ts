/**
 * A copy of a live database: one state of it, whole, while others write. VACUUM INTO reads in one
 * transaction, so writers are not held up, and it does not begin anew at each of their writes.
 */
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { openSqlite } from './sqlite-database.ts';

/** `to` must not exist. The copy is on the disk when this returns. */
export function copyDatabase(from: string, to: string): void {
  if (existsSync(to)) throw new Error(`${to} is there already`);
  const db = openSqlite({ path: from, readonly: true, migrations: 'any' });
  try {
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
}
