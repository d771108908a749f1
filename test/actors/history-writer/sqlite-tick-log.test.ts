import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  openSqliteTickLog,
  TICK_LOG_MIGRATIONS,
} from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { tickLogContract } from '../../contract/tick-log.contract.ts';
import { indexTick } from '../../support/index-ticks.ts';

const directory = mkdtempSync(join(tmpdir(), 'touchline-tick-log-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const FIRST_SCHEMA = TICK_LOG_MIGRATIONS.slice(0, 1);
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
    const reader = openSqlite({ path, readonly: true, migrations: TICK_LOG_MIGRATIONS });
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
    const other = openSqlite({ path, migrations: TICK_LOG_MIGRATIONS });
    expect(() => other.exec('UPDATE ticks SET price_cents = 1')).toThrow(/never changes/);
    expect(() => other.exec('DELETE FROM ticks')).toThrow(/never goes/);
    other.close();
    log.close();
  });

  it('takes a file from before ticks told their venues: each stood on one', () => {
    const path = newFile();
    const old = openSqlite({ path, migrations: FIRST_SCHEMA });
    old.prepare("INSERT INTO ticks VALUES (1, 1700000000100, 6000001, 'ok', 1, 1)").run();
    old.close();
    const log = openSqliteTickLog(path);
    expect(log.at(1)).toEqual(indexTick(1, { venueMask: 1, compositionJump: false }));
    log.commit({ epoch: 1, entries: [{ epoch: 1, tick: indexTick(2, { compositionJump: true }) }] });
    expect(log.at(2)?.compositionJump).toBe(true);
    log.close();
  });
});

describe('tick log in memory', () => {
  tickLogContract(() => openSqliteTickLog(':memory:'));
});
