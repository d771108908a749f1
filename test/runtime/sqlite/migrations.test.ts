/** A process killed at each statement of a migration leaves the old schema or the new one, no mixture. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { LEDGER_MIGRATIONS, openLedgerDatabase } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';
import { statementsOf } from '../../support/sql-statements.ts';

const dir = mkdtempSync(join(tmpdir(), 'touchline-migration-'));
afterAll(() => rmSync(dir, { recursive: true }));

const OLD = `CREATE TABLE accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL) STRICT;
  INSERT INTO accounts VALUES ('house', 1);
  CREATE TRIGGER accounts_stay BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'no'); END;`;
/** What a next version could do: make a table, fill it from the old one, change that. */
const NEXT = `CREATE TABLE wallets (name TEXT PRIMARY KEY) STRICT;
  INSERT INTO wallets SELECT name FROM accounts;
  ALTER TABLE accounts ADD COLUMN note TEXT;
  DROP TRIGGER accounts_stay;`;

interface Schema {
  readonly version: number;
  readonly objects: readonly string[];
}

/** Looked at with another binding, as it was left; without comments. */
function schemaOf(path: string): Schema {
  const db = new DatabaseSync(path);
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  const rows = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all();
  db.close();
  const plain = (sql: unknown): string => String(sql).replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ');
  return { version, objects: rows.map(({ sql }) => plain(sql)) };
}

interface End {
  readonly signal: string | null;
  readonly statements: number;
}

function dieAt(path: string, nth: number, migrations: readonly string[]): Promise<End> {
  const args = ['test/support/die-in-migration.ts', path, String(nth), JSON.stringify(migrations)];
  const child = spawn(process.execPath, args, { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve) =>
    child.once('close', (_code, signal) => resolve({ signal, statements: Number(said) })),
  );
}

/** Two at a time: each is a process of its own. */
async function atEach(count: number, work: (nth: number) => Promise<void>): Promise<void> {
  const left = Array.from({ length: count }, (_, index) => index + 1);
  const next = async (): Promise<void> => {
    for (let nth = left.shift(); nth !== undefined; nth = left.shift()) await work(nth);
  };
  await Promise.all([next(), next()]);
}

test('a ledger killed at each statement of its migrations is made by the next start', async () => {
  const path = join(dir, 'whole.sqlite');
  const { statements } = await dieAt(path, 0, LEDGER_MIGRATIONS);
  expect(statements).toBeGreaterThan(15);
  const whole = schemaOf(path);
  const schemas = new Map([[0, JSON.stringify([])]]);
  await atEach(statements, async (nth) => {
    const killed = join(dir, `new-${nth}.sqlite`);
    expect((await dieAt(killed, nth, LEDGER_MIGRATIONS)).signal).toBe('SIGKILL');
    const { version, objects } = schemaOf(killed);
    expect(version).toBeLessThan(whole.version);
    // All that died within one migration left the same: what there was before it.
    schemas.set(version, schemas.get(version) ?? JSON.stringify(objects));
    expect(JSON.stringify(objects)).toBe(schemas.get(version));
    openLedgerDatabase(killed).close();
    expect(schemaOf(killed)).toEqual(whole);
  });
  expect(schemas.size).toBe(whole.version);
}, 120_000);

test('an upgrade killed at each statement leaves the old schema, and succeeds the next time', async () => {
  const old = join(dir, 'old.sqlite');
  openSqlite({ path: old, migrations: [OLD] }).close();
  const upgraded = join(dir, 'upgraded.sqlite');
  openSqlite({ path: upgraded, migrations: [OLD, NEXT] }).close();
  await atEach(statementsOf(NEXT).length, async (nth) => {
    const path = join(dir, `upgrade-${nth}.sqlite`);
    openSqlite({ path, migrations: [OLD] }).close();
    expect((await dieAt(path, nth, [OLD, NEXT])).signal).toBe('SIGKILL');
    expect(schemaOf(path)).toEqual(schemaOf(old));
    openSqlite({ path, migrations: [OLD, NEXT] }).close();
    expect(schemaOf(path)).toEqual(schemaOf(upgraded));
    expect(schemaOf(path).version).toBe(2);
  });
}, 60_000);
