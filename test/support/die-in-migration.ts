/**
 * A process that opens a database and dies by SIGKILL after the n-th statement of its migrations, or runs to
 * the end (0) and says how many there were: `die-in-migration.ts <path> <n> <migrations as JSON>`. The
 * product's own code runs; only `exec` is taken apart.
 */
import { writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { LEDGER_FUNCTIONS } from '../../src/actors/resolver/bet-request.ts';
import { openSqlite } from '../../src/runtime/sqlite/sqlite-database.ts';
import { statementsOf } from './sql-statements.ts';

const [path = '', nth = '0', migrations = '[]'] = process.argv.slice(2);
let done = 0;

Sqlite.prototype.exec = function exec(this: Sqlite.Database, sql: string): Sqlite.Database {
  for (const statement of statementsOf(sql)) {
    this.prepare(statement).run();
    done += 1;
    if (done === Number(nth)) process.kill(process.pid, 'SIGKILL');
  }
  return this;
};

openSqlite({ path, migrations: JSON.parse(migrations) as string[], functions: LEDGER_FUNCTIONS }).close();
writeSync(1, String(done));
