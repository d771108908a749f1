import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import { type ImportOptions, ImportRefused, importTicks } from '../../../src/cli/import/tick-import.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const KLINES_2020 = fixture('klines-1m-outage-20200304.csv');
const QUOTES_2024 = fixture('book-ticker-spot-20240808.csv.gz');
const KLINES_2025 = fixture('klines-1m-micros-20250101.csv.gz');
const NOW_MS = Date.UTC(2025, 5, 1);

let dir: string;
let log: TickLog;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-import-'));
  log = openSqliteTickLog(':memory:');
});
afterEach(() => {
  log.close();
  rmSync(dir, { recursive: true });
});

const run = (files: readonly string[], more: Partial<ImportOptions> = {}) =>
  importTicks({ log, files, tickMs: 100, nowMs: NOW_MS, ...more });

const refusalOf = async (files: readonly string[], more: Partial<ImportOptions> = {}) => {
  const error = await run(files, more).catch((thrown: unknown) => thrown);
  if (!(error instanceof ImportRefused)) throw error;
  return error;
};

const file = (name: string, rows: readonly string[]): string => {
  writeFileSync(join(dir, name), `at_ms,mid_cents\n${rows.join('\n')}\n`);
  return join(dir, name);
};

const everything = () => log.after(0, 1_000_000);
const series = (fromMs: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${1_700_000_000_000 + fromMs + i * 100},${6_000_000 + i}`);

describe('what is written', () => {
  it('several files become one dense series', async () => {
    const report = await run([KLINES_2020, QUOTES_2024, KLINES_2025]);
    expect(report.imported).toBe(report.lastSeq);
    expect(report.files.map(({ format }) => format)).toEqual([
      'binance-klines',
      'book-ticker',
      'binance-klines',
    ]);
    const ticks = everything();
    expect(ticks).toHaveLength(report.imported);
    expect(ticks.map(({ seq }) => seq)).toEqual(ticks.map((_, i) => i + 1));
    expect(ticks[0]).toMatchObject({ quality: 'ok', venues: 1, venueMask: 1, compositionJump: false });
  });

  it('a second import of the same writes nothing, also when newer ticks have come', async () => {
    const first = await run([KLINES_2020]);
    await run([QUOTES_2024]);
    const again = await run([KLINES_2020]);
    expect(again).toMatchObject({ imported: 0, alreadyThere: first.imported });
    expect(again.lastSeq).toBeGreaterThan(first.lastSeq);
  });

  it('a feed that was opened before the import is fenced off', async () => {
    log.commit({ epoch: 3, entries: [] });
    await run([KLINES_2020]);
    expect(log.head().epoch).toBe(4);
  });

  it('is told in rising progress', async () => {
    const seen: string[] = [];
    await run([KLINES_2020], { onProgress: (pass, _bytes, ticks) => seen.push(`${pass} ${ticks}`) });
    expect(seen.at(0)).toContain('checking');
    expect(seen.at(-1)).toBe('importing 80');
  });
});

describe('interrupted', () => {
  it('goes on where it was, with nothing twice', async () => {
    const long = file('long.csv', series(0, 20_000));
    const whole = openSqliteTickLog(':memory:');
    await importTicks({ log: whole, files: [long], tickMs: 100, nowMs: NOW_MS });
    const controller = new AbortController();
    const cut = await run([long], {
      signal: controller.signal,
      onProgress: (pass) => {
        if (pass === 'importing') controller.abort();
      },
      batchTicks: 1_000,
    });
    expect(cut.interrupted).toBe(true);
    expect(cut.imported).toBeGreaterThan(0);
    expect(cut.imported).toBeLessThan(20_000);
    const rest = await run([long]);
    expect(rest).toMatchObject({ alreadyThere: cut.imported, imported: 20_000 - cut.imported });
    expect(everything()).toEqual(whole.after(0, 1_000_000));
    whole.close();
  });

  it('a commit that fails leaves the batches before it, and the next run goes on', async () => {
    const long = file('long.csv', series(0, 3_000));
    let commits = 0;
    const failing: TickLog = Object.assign(Object.create(log) as TickLog, {
      head: () => log.head(),
      range: (range: Parameters<TickLog['range']>[0]) => log.range(range),
      commit: (batch: Parameters<TickLog['commit']>[0]) => {
        commits += 1;
        if (commits === 2) throw new Error('disk is full');
        log.commit(batch);
      },
    });
    await expect(run([long], { log: failing, batchTicks: 1_000 })).rejects.toThrow('disk is full');
    expect(log.head().last?.seq).toBe(1_000);
    expect(await run([long])).toMatchObject({ alreadyThere: 1_000, imported: 2_000 });
  });
});

describe('refusals leave the log as it was', () => {
  it('a malformed row, named by file and line, in whichever file', async () => {
    const broken = file('broken.csv', [...series(0, 3), 'x', ...series(300, 3)]);
    const refusal = await refusalOf([KLINES_2020, broken]);
    expect(refusal).toMatchObject({ code: 'MALFORMED_ROW', file: broken, line: 5 });
    expect(everything()).toEqual([]);
  });

  it('with bad rows left out, they are counted and told once', async () => {
    const broken = file('broken.csv', [...series(0, 3), 'x', '', ...series(300, 3)]);
    const told: string[] = [];
    const report = await run([broken], { onBadRow: (_file, line) => told.push(String(line)) });
    expect(report).toMatchObject({ imported: 6, badRows: 2 });
    expect(told).toEqual(['5', '6']);
  });

  it('ticks that would have to go before what is there', async () => {
    await run([KLINES_2025]);
    const before = everything();
    expect(await refusalOf([QUOTES_2024])).toMatchObject({ code: 'LOG_IS_LATER', file: QUOTES_2024 });
    expect(everything()).toEqual(before);
  });

  it('another price at an instant that is recorded', async () => {
    await run([file('a.csv', series(0, 10))]);
    const other = file('b.csv', [...series(0, 9), '1700000000900,1', ...series(1_000, 9)]);
    expect(await refusalOf([other])).toMatchObject({ code: 'LOG_IS_LATER', line: 12 });
    expect(log.head().last?.seq).toBe(10);
  });

  it('files that overlap, a file that is none, ticks of tomorrow', async () => {
    expect(await refusalOf([QUOTES_2024, KLINES_2020])).toMatchObject({ code: 'FILES_OVERLAP', line: 1 });
    expect(await refusalOf([join(dir, 'absent.csv')])).toMatchObject({ code: 'UNREADABLE', line: 0 });
    expect(await refusalOf([KLINES_2025], { nowMs: Date.UTC(2025, 0, 1, 0, 5) })).toMatchObject({
      code: 'IN_THE_FUTURE',
      line: 6,
    });
    expect(everything()).toEqual([]);
  });
});
