import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { importCommand } from '../../../src/cli/import/import-command.ts';
import { holdProcessLock } from '../../../src/runtime/sqlite/process-lock.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const KLINES = fixture('klines-1m-outage-20200304.csv');

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'touchline-import-'));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dataDir, { recursive: true });
});

const run = (...args: readonly string[]) => importCommand.run([...args, '--data', dataDir]);

it('says what it did, and what was there when it is repeated', async () => {
  expect(await run(KLINES)).toMatchObject({
    json: { dataDir, imported: 80, alreadyThere: 0, lastSeq: 80, interrupted: false },
    exitCode: 0,
  });
  expect(await run(KLINES)).toMatchObject({ json: { imported: 0, alreadyThere: 80 }, exitCode: 0 });
});

it('refuses with a code, the file and the line', async () => {
  const refused = await run(KLINES, fixture('README.md'));
  expect(refused).toMatchObject({
    json: { refused: 'UNREADABLE', file: fixture('README.md'), line: 1, imported: 0 },
    exitCode: 1,
  });
});

it('leaves data alone that a system is using', async () => {
  for (const name of ['history-writer.lock', 'resolver.lock']) {
    const lock = holdProcessLock(join(dataDir, name));
    expect(await run(KLINES)).toMatchObject({
      json: { refused: 'ALREADY_RUNNING', imported: 0 },
      exitCode: 1,
    });
    lock.release();
  }
  expect(await run(KLINES)).toMatchObject({ json: { imported: 80 } });
});

it('needs a file, and knows one market', async () => {
  await expect(run()).rejects.toThrow(UsageError);
  await expect(run(KLINES, '--symbol', 'eth:usd')).rejects.toThrow('btc:usd');
});
