import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import { SqliteTickLogReader } from '../../../src/actors/resolver/sqlite-tick-log-reader.ts';
import { tickLogReaderContract } from '../../contract/tick-log-reader.contract.ts';
import { tickAt } from '../../support/market.ts';

const EPOCH = 1;

function emptyDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ticks-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** The real writer makes the file, and only with the first tick: until then there is none. */
tickLogReaderContract('SqliteTickLogReader', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ticks-'));
  const path = join(dir, 'ticks.sqlite');
  const reader = new SqliteTickLogReader(path);
  let writer: TickLog | undefined;
  return {
    reader,
    record: (...ticks) => {
      writer ??= openSqliteTickLog(path);
      writer.commit({ epoch: EPOCH, entries: ticks.map((tick) => ({ epoch: EPOCH, tick })) });
    },
    close: async () => {
      await reader.close();
      writer?.close();
      rmSync(dir, { recursive: true });
    },
  };
});

describe('SqliteTickLogReader', () => {
  it('takes a file without tables yet for an empty log', async () => {
    const path = join(emptyDir(), 'ticks.sqlite');
    writeFileSync(path, '');
    const reader = new SqliteTickLogReader(path);
    expect(await reader.last()).toBeUndefined();
    const writer = openSqliteTickLog(path);
    writer.commit({ epoch: EPOCH, entries: [{ epoch: EPOCH, tick: tickAt(1) }] });
    expect(await reader.last()).toEqual(tickAt(1));
    await reader.close();
    writer.close();
  });

  it('reads a log whose writer is gone', async () => {
    const path = join(emptyDir(), 'ticks.sqlite');
    const writer = openSqliteTickLog(path);
    writer.commit({ epoch: EPOCH, entries: [{ epoch: EPOCH, tick: tickAt(1) }] });
    writer.close();
    const reader = new SqliteTickLogReader(path);
    expect(await reader.readAfter(0, 10)).toEqual([tickAt(1)]);
    await reader.close();
  });
});
