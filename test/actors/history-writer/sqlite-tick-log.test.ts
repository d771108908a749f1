import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { tickLogContract } from '../../contract/tick-log.contract.ts';
import { indexTick } from '../../support/index-ticks.ts';

const directory = mkdtempSync(join(tmpdir(), 'touchline-tick-log-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
const newFile = (): string => join(directory, `ticks-${files++}.sqlite`);
const committed = { epoch: 1, entries: [{ epoch: 1, tick: indexTick(1) }] };

describe('tick log in a file', () => {
  tickLogContract(() => openSqliteTickLog(newFile()));

  it('is all there when it is opened again', () => {
    const path = newFile();
    const before = openSqliteTickLog(path);
    before.commit(committed);
    before.close();
    const after = openSqliteTickLog(path);
    expect(after.head()).toEqual({ epoch: 1, last: indexTick(1) });
    after.close();
  });

  it('is read by another connection, read-only, while it is written', () => {
    const path = newFile();
    const log = openSqliteTickLog(path);
    log.commit(committed);
    // Any migrations will do for a reader: it never runs them, it only counts them.
    const reader = openSqlite({ path, readonly: true, migrations: [''] });
    const count = reader.prepare('SELECT count(*) AS count, max(seq) AS last FROM ticks');
    expect(count.get()).toEqual({ count: 1, last: 1 });
    log.commit({ epoch: 1, entries: [{ epoch: 1, tick: indexTick(2) }] });
    expect(count.get()).toEqual({ count: 2, last: 2 });
    expect(() => reader.exec('DELETE FROM ticks')).toThrow(/readonly/);
    reader.close();
    log.close();
  });

  it('never changes or loses a recorded tick, whoever asks', () => {
    const path = newFile();
    const log = openSqliteTickLog(path);
    log.commit(committed);
    const other = openSqlite({ path, migrations: [''] });
    expect(() => other.exec('UPDATE ticks SET price_cents = 1')).toThrow(/never changes/);
    expect(() => other.exec('DELETE FROM ticks')).toThrow(/never goes/);
    other.close();
    log.close();
  });
});

describe('tick log in memory', () => {
  tickLogContract(() => openSqliteTickLog(':memory:'));
});
