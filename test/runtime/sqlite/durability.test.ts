/** Every open of a file is at synchronous FULL, also once it was used: WAL alone falls to NORMAL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite, type SqliteDatabase } from '../../../src/runtime/sqlite/sqlite-database.ts';

const FULL = 2;
const synchronousOf = (db: SqliteDatabase): unknown => db.pragma('synchronous', { simple: true });

test('a commit is on the disk: new file, file opened again, before and after the first statements', () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-sqlite-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const life of [1, 2]) {
    const path = join(dir, 'file.sqlite');
    const db = openSqlite({ path, migrations: ['CREATE TABLE rows (n INTEGER) STRICT'] });
    expect({ life, synchronous: synchronousOf(db) }).toEqual({ life, synchronous: FULL });
    db.prepare('INSERT INTO rows VALUES (1)').run();
    db.prepare('SELECT * FROM rows').all();
    expect({ life, synchronous: synchronousOf(db) }).toEqual({ life, synchronous: FULL });
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    db.close();
  }
});
