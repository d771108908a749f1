/** Odds on recorded prices: reading them, playing them causally, and what the command prints. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnLengths } from '../../src/cli/backtest/backtest-command.ts';
import { backtest } from '../../src/cli/backtest/backtest-file.ts';
import { backtestReport } from '../../src/cli/backtest/backtest-report.ts';
import { fittedModule } from '../../src/cli/backtest/fitted-module.ts';
import { repeatOptions } from '../../src/cli/backtest/list-options.ts';
import { countKnots, fittedParams, fitWeights } from '../../src/cli/backtest/odds-fit.ts';
import { parseOddsParams, shippedOdds } from '../../src/cli/backtest/odds-params.ts';
import { readBars, readTicks } from '../../src/cli/backtest/price-file.ts';
import { reliabilityHtml } from '../../src/cli/backtest/reliability-html.ts';
import { addTo, mergeTallies, TallyBook, tallyRow } from '../../src/cli/backtest/tally.ts';
import { PROJECT_ROOT } from '../support/source-files.ts';

const KLINES = join(PROJECT_ROOT, 'test/fixtures/klines-btcusdt-2400m.csv.gz');
const TICKS = join(PROJECT_ROOT, 'data/replay-btc-usd.csv.gz');
/** Whole recorded months, where they are at hand. */
const SHARED = join(PROJECT_ROOT, '../shared/data/klines_1m');
const dir = mkdtempSync(join(tmpdir(), 'touchline-backtest-'));
const klineLines = gunzipSync(readFileSync(KLINES)).toString().trimEnd().split('\n');

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function fileOf(name: string, lines: readonly string[], isZipped = false): string {
  const path = join(dir, name);
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, isZipped ? gzipSync(text) : text);
  return path;
}

describe('recorded prices', () => {
  it('reads bars plain or gzipped, with or without a header, in ms or µs', () => {
    const bars = readBars(KLINES);
    expect(bars).toHaveLength(2_400);
    expect(bars[0]).toMatchObject({ opensAtMs: 1_722_772_800_000, closesAtMs: 1_722_772_860_000 });
    const micros = klineLines.map((line) => {
      const fields = line.split(',');
      return [`${fields[0]}000`, ...fields.slice(1, 6), `${fields[6]}999`].join(',');
    });
    expect(readBars(fileOf('plain.csv', klineLines))).toEqual(bars);
    expect(
      readBars(fileOf('micros.csv.gz', ['open_time,open,high,low,close,volume,close_time', ...micros], true)),
    ).toEqual(bars);
  });

  it.each([
    ['a word for a price', (f: string[]) => [f[0], 'x', ...f.slice(2)], '"x" is not a price'],
    ['a low above the close', (f: string[]) => [...f.slice(0, 3), '999999', ...f.slice(4)], 'do not enclose'],
    ['too few columns', (f: string[]) => f.slice(0, 5), '5 columns'],
    ['a row again', () => (klineLines[1] ?? '').split(','), 'not later than the row before'],
  ])('refuses %s with file and line', (_, change, what) => {
    const lines = klineLines.slice(0, 5);
    lines[2] = change((lines[2] ?? '').split(',')).join(',');
    const path = fileOf('broken.csv', lines);
    expect(() => readBars(path)).toThrow(`${path}:3: `);
    expect(() => readBars(path)).toThrow(what);
  });

  it('makes ticks of quotes and trades, and keeps gaps', () => {
    expect(readTicks(TICKS, 100)).toHaveLength(3_459);
    const quotes = fileOf('quotes.csv', [
      'recv_ns,event_ms,update_id,bid,bid_qty,ask,ask_qty',
      '1680652800004231000,,1,100.00,1,100.02,1',
      '1680652800250000000,,2,101.00,1,101.02,1',
      '1680652805000000000,,3,102.00,1,102.02,1',
      '1680652805200000000,,4,102.00,1,102.02,1',
    ]);
    const ticks = readTicks(quotes, 100);
    expect(ticks.slice(0, 3).map(({ priceCents }) => priceCents)).toEqual([10_001, 10_001, 10_101]);
    expect(ticks.some(({ atMs }) => atMs > 1_680_652_802_250 && atMs < 1_680_652_805_000)).toBe(false);
    const trades = fileOf('trades.csv', [
      'trade_ms,side,price,amount',
      '1700000001000,buy,5,1',
      '1700000001500,sell,6,1',
    ]);
    expect(readTicks(trades, 100)[0]).toEqual({ atMs: 1_700_000_001_000, priceCents: 500 });
    expect(() => readTicks(fileOf('alien.csv', ['a,b', '1,2']), 100)).toThrow(/alien\.csv:1: the header/);
    const back = fileOf('back.csv', [
      'trade_ms,side,price,amount',
      '1700000001500,buy,5,1',
      '1700000001000,sell,6,1',
    ]);
    expect(() => readTicks(back, 100)).toThrow(`${back}:3: not later`);
  });
});

describe('tallies', () => {
  it('count, pay, and add up over files', () => {
    const book = new TallyBook();
    for (let i = 0; i < 100; i += 1) addTo(book.under('all'), Math.floor(i / 10), 0.25, i % 4 === 0, 3);
    const { all } = mergeTallies([book.totals(), book.totals()]) as { all: Parameters<typeof tallyRow>[0] };
    const row = tallyRow(all);
    expect(row).toMatchObject({ n: 200, implied: 0.25, realised: 0.25, rtp: 0.75 });
    expect(row.ciLow).toBeLessThan(0.25);
    expect(row.ciHigh).toBeGreaterThan(0.25);
  });
});

describe('a backtest', () => {
  const params = shippedOdds();
  const play = (file: string) => backtest({ kind: 'klines', file, columnMs: 60_000, params });
  let part: ReturnType<typeof play>;
  beforeAll(() => {
    part = play(KLINES);
  });

  it('plays two days of bars, crash and all, with odds that hold', () => {
    const report = backtestReport([part], params.fittedOn);
    expect(report.cells).toBeGreaterThan(200_000);
    expect(report.voids).toBe(0);
    expect(report.rtp).toBeGreaterThan(0.85);
    expect(report.rtp).toBeLessThan(1);
    expect(report.byMultiplier.map(({ n }) => n).reduce((a, b) => a + b)).toBe(report.cells);
    expect(report.buckets.map(({ n }) => n).reduce((a, b) => a + b)).toBe(report.cells);
    expect(new Set(report.buckets.map((row) => row.horizonSeconds))).toContain(600);
    expect(report.adversaries.length).toBe(7);
    expect(new Set(report.byKind.map(({ kind }) => kind))).toEqual(
      new Set(['no_touch', 'inside', 'outside', 'up', 'down']),
    );
    const html = reliabilityHtml(report);
    expect(html).toContain('<svg');
    expect(html).not.toContain('NaN');
  });

  it('voids the columns of a gap and goes on', () => {
    const holed = fileOf('holed.csv', [...klineLines.slice(0, 900), ...klineLines.slice(903, 1_000)]);
    const { voids, tallies } = play(holed);
    expect(voids).toBeGreaterThan(100);
    expect(tallies['all']?.n).toBeGreaterThan(10_000);
  });

  it.skipIf(!existsSync(SHARED))('plays the beginning of a month it has at hand', () => {
    const month = readFileSync(join(SHARED, 'BTCUSDT-1m-2025-01.csv.gz'));
    const lines = gunzipSync(month).toString().split('\n').slice(0, 3_000);
    const { rtp, worstBucket } = backtestReport([play(fileOf('month.csv', lines))], params.fittedOn);
    expect(rtp).toBeGreaterThan(0.8);
    expect(rtp).toBeLessThan(1);
    expect(worstBucket).not.toBeNull();
  });

  it('fits parameters that survive their file', () => {
    const bars = readBars(KLINES);
    const weights = fitWeights([bars]);
    const counts = countKnots(bars.slice(0, 600), 60_000, weights);
    const fitted = fittedParams(['a.csv'], weights, [counts, counts]);
    expect(parseOddsParams(JSON.stringify(fitted))).toEqual(fitted);
    expect(fittedModule(fitted)).toContain("'a.csv'");
    expect(() => parseOddsParams('{}')).toThrow('format');
    expect(() => parseOddsParams(JSON.stringify({ ...fitted, priorPermille: [1] }))).toThrow('priorPermille');
  });
});

describe('touchline backtest', () => {
  it('reads its lists and lengths', () => {
    const lists = ['klines', 'ticks', 'train'];
    expect(repeatOptions(['--klines', 'a', 'b', '--columns', '60s', '--ticks=c', 'd'], lists)).toEqual([
      '--klines',
      'a',
      '--klines',
      'b',
      '--columns',
      '60s',
      '--ticks=c',
      '--ticks',
      'd',
    ]);
    expect(columnLengths('5s,15s,1m')).toEqual([5_000, 15_000, 60_000]);
    expect(() => columnLengths('7s')).toThrow('7s');
  });

  it('prints one JSON object, draws a diagram, and refuses a bad file by name and line', async () => {
    const run = promisify(execFile);
    const cli = (...args: string[]) =>
      run(process.execPath, ['src/cli/main.ts', ...args], { cwd: PROJECT_ROOT });
    const html = join(dir, 'report.html');
    const { stdout } = await cli('backtest', '--ticks', TICKS, '--columns', '5s,15s', '--report', html);
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(report.files.map((f: { columnSeconds: number }) => f.columnSeconds)).toEqual([5, 15]);
    expect(report.buckets[0]).toEqual(
      expect.objectContaining({ multiplier: expect.any(Number), horizonSeconds: expect.any(Number) }),
    );
    expect(existsSync(html)).toBe(true);
    const broken = fileOf('bad.csv', ['1,2,3']);
    await expect(cli('backtest', '--klines', broken)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${broken}:1: `),
    });
  });
});
