/**
 * The auditor against ledgers built through the real domain and stores, honest and not. That it finds what
 * the naive checker finds, which shares no line with the resolver, is asked of every touch.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../../src/cli/audit/audit-command.ts';
import { type BuiltLedger, buildLedger } from '../support/build-ledger.ts';

const dir = mkdtempSync(join(tmpdir(), 'touchline-audit-'));
const honest = join(dir, 'honest');
let built: BuiltLedger;

interface Report {
  readonly bets: number;
  readonly mismatches: number;
  readonly ledgerProblems: number;
  readonly chainProblems: number;
  readonly ticks: number;
  readonly problems: readonly string[];
}
const auditOf = async (data: string): Promise<Report & { exitCode: number }> => {
  const { json, exitCode } = await audit.run(['--data', data]);
  return { ...(json as Report), exitCode };
};

beforeAll(async () => {
  built = await buildLedger(honest, 3_000);
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('finds nothing in an honest ledger', async () => {
  const report = await auditOf(honest);
  expect(report).toMatchObject({ mismatches: 0, ledgerProblems: 0, chainProblems: 0, exitCode: 0 });
  expect(report).toMatchObject({ bets: built.bets, ticks: built.ticks, problems: [] });
});

describe('finds', () => {
  let copies = 0;
  /** A copy, changed as by somebody with the file and without scruples. */
  function changed(file: 'ledger' | 'ticks', sql: string): string {
    const copy = join(dir, `copy-${++copies}`);
    cpSync(honest, copy, { recursive: true });
    const db = new DatabaseSync(join(copy, `${file}.sqlite`));
    db.exec('PRAGMA foreign_keys = OFF');
    const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    db.exec(sql);
    db.close();
    return copy;
  }
  /** With one bet. */
  const aCell = (status: string): string =>
    `(SELECT seq FROM settled_cells WHERE status = '${status}' AND bets = 1 ORDER BY seq LIMIT 1)`;
  const aBet = (status: string): string =>
    `(SELECT seq FROM bets WHERE status = '${status}' ORDER BY seq LIMIT 1)`;

  it.each<[name: string, sql: string]>([
    [
      'an outcome that the ticks do not give',
      `UPDATE settled_cells SET status = 'won' WHERE seq = ${aCell('lost')}`,
    ],
    [
      'a deciding tick that is another',
      `UPDATE settled_cells SET settled_seq = settled_seq + 1 WHERE seq = ${aCell('won')}`,
    ],
    [
      'terms that were changed',
      `UPDATE accepted_bets SET payout_micros = payout_micros + 1 WHERE seq = ${aBet('won')}`,
    ],
    [
      'a band that was moved away from the line',
      `UPDATE cells SET low_cents = low_cents + 900000, high_cents = high_cents + 900000
       WHERE no = (SELECT cell_no FROM settled_cells JOIN cells ON no = cell_no
         WHERE status = 'won' AND kind = 'touch' AND bets = 1 LIMIT 1)`,
    ],
    [
      'an acceptance at a price that was not',
      `UPDATE accepted_bets SET accepted_price_cents = 1 WHERE seq = ${aBet('won')}`,
    ],
    [
      'a void that no tick gives',
      `UPDATE settled_cells SET status = 'void', reason = 'FEED_GAP' WHERE seq = ${aCell('lost')}`,
    ],
  ])('%s', async (_name, sql) => {
    const report = await auditOf(changed('ledger', sql));
    expect([report.mismatches, report.exitCode]).toEqual([1, 1]);
    expect(report.problems[0]).toMatch(/^bet_/);
  });

  it('a payment that was never due, and one that was not made', async () => {
    const paid = `UPDATE transfers SET amount_micros = amount_micros + 1 WHERE code = 'payout'
      AND cell_seq = ${aCell('won')}`;
    expect(await auditOf(changed('ledger', paid))).toMatchObject({ mismatches: 1, ledgerProblems: 2 });
    const unpaid = `DELETE FROM transfers WHERE code = 'payout' AND cell_seq = ${aCell('won')}`;
    expect(await auditOf(changed('ledger', unpaid))).toMatchObject({ mismatches: 1, ledgerProblems: 2 });
  });

  it('what the house got too much of for the lost bets of a cell', async () => {
    const sql = `UPDATE transfers SET amount_micros = amount_micros + 1 WHERE code = 'forfeit'
      AND cell_seq = ${aCell('lost')}`;
    const report = await auditOf(changed('ledger', sql));
    expect(report).toMatchObject({ mismatches: 1, ledgerProblems: 2, exitCode: 1 });
    expect(report.problems[0]).toMatch(/^settled cell /);
  });

  it('a bet that should have been settled', async () => {
    const sql = `DELETE FROM settled_cells WHERE seq = ${aCell('lost')}`;
    // And what the house got for no cell.
    expect(await auditOf(changed('ledger', sql))).toMatchObject({ mismatches: 2, exitCode: 1 });
  });

  it.each([
    ['a tick that was changed', 'UPDATE ticks SET venue_mask = 1 WHERE seq = 400'],
    ['a tick that is gone', 'DELETE FROM ticks WHERE seq = (SELECT max(seq) FROM ticks)'],
    ['a checkpoint of other ticks', 'UPDATE checkpoints SET hash = zeroblob(32)'],
    ['a checkpoint that somebody else signed', `UPDATE checkpoints SET signer = '0x${'ab'.repeat(20)}'`],
    ['a head of other ticks', 'UPDATE chain SET hash = zeroblob(32)'],
  ])('%s', async (_name, sql) => {
    const report = await auditOf(changed('ticks', sql));
    expect(report.chainProblems).toBeGreaterThan(0);
    expect(report.exitCode).toBe(1);
  });
});
