import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import {
  openSqliteTickLog,
  refuseChangedTickLog,
  TICK_LOG_MIGRATIONS,
} from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { tickChainContract } from '../../contract/tick-chain.contract.ts';
import { indexTicks } from '../../support/index-ticks.ts';
import { SERVICE_KEY } from '../../support/proofs.ts';

const dir = mkdtempSync(join(tmpdir(), 'touchline-chain-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(dir, `${++files}.sqlite`);

describe('in a file', () => tickChainContract((key) => openSqliteTickLog(newFile(), key)));
describe('in memory', () => tickChainContract((key) => openSqliteTickLog(':memory:', key)));

const entriesOf = (ticks: readonly IndexTick[]) => ticks.map((tick) => ({ epoch: 1, tick }));
const TICKS = indexTicks(1, 2_000);

function recorded(path: string): void {
  const log = openSqliteTickLog(path, SERVICE_KEY);
  log.commit({ epoch: 1, entries: entriesOf(TICKS) });
  log.close();
}

/** As somebody with the file and without scruples. */
function tamper(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(
    'DROP TRIGGER ticks_never_change; DROP TRIGGER ticks_never_go; DROP TRIGGER checkpoints_never_change;',
  );
  db.exec(sql);
  db.close();
}

describe('a log that was changed behind its chain is refused', () => {
  const changes: Record<string, string> = {
    'the newest tick': 'UPDATE ticks SET price_cents = price_cents + 1 WHERE seq = 2000',
    'a tick of the last whole minute': 'UPDATE ticks SET price_cents = price_cents + 1 WHERE seq = 1000',
    'a quality': "UPDATE ticks SET quality = 'degraded' WHERE seq = 1999",
    'ticks cut off': 'DELETE FROM ticks WHERE seq > 1990',
    'the head': 'UPDATE chain SET hash = zeroblob(32)',
    'a checkpoint':
      'UPDATE checkpoints SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM checkpoints)',
  };
  it.each(Object.entries(changes))('by %s', (_name, sql) => {
    const path = newFile();
    recorded(path);
    tamper(path, sql);
    const log = openSqliteTickLog(path, SERVICE_KEY);
    expect(() => log.chain.check()).toThrow(/TICK_CHAIN_BROKEN/);
    log.close();
    expect(() => refuseChangedTickLog(path)).toThrow(/TICK_CHAIN_BROKEN/);
  });
});

it('chains an older log in steps, while it goes on', () => {
  const path = newFile();
  const old = openSqlite({ path, migrations: TICK_LOG_MIGRATIONS.slice(0, 3) });
  const insert = old.prepare(
    'INSERT INTO ticks (seq, at_ms, price_cents, quality, venues, epoch) VALUES (?, ?, ?, ?, ?, 1)',
  );
  for (const { seq, atMs, priceCents, quality, venues } of TICKS)
    insert.run(seq, atMs, priceCents, quality, venues);
  old.close();

  const log = openSqliteTickLog(path, SERVICE_KEY);
  expect(log.chain.head().seq).toBe(0);
  expect(log.chain.catchUp(500)).toBe(1_500);
  log.commit({ epoch: 1, entries: entriesOf(indexTicks(2_001, 2_010)) });
  expect(log.chain.head().seq).toBe(500);
  expect(log.chain.links(1_990, 1_995)).toBe('pending');
  while (log.chain.catchUp(500) > 0);
  expect(log.chain.catchUp(500)).toBe(0);

  const fresh = openSqliteTickLog(':memory:', SERVICE_KEY);
  fresh.commit({ epoch: 1, entries: entriesOf(indexTicks(1, 2_010)) });
  expect(log.chain.head()).toEqual(fresh.chain.head());
  expect(log.chain.checkpoints(0, 100)).toEqual(fresh.chain.checkpoints(0, 100));
  log.close();
  fresh.close();
});

it('goes on after a restart, and under another key', () => {
  const path = newFile();
  recorded(path);
  refuseChangedTickLog(path);
  refuseChangedTickLog(newFile());
  const log = openSqliteTickLog(path);
  log.chain.check();
  log.commit({ epoch: 1, entries: entriesOf(indexTicks(2_001, 2_002)) });
  expect(log.chain.head().seq).toBe(2_002);
  log.close();
});
