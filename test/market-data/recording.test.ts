import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PricePoint } from '../../src/market-data/recorded-rows.ts';
import { TickRaster } from '../../src/market-data/recorded-ticks.ts';
import { type RecordedRow, RecordingError, readRecording } from '../../src/market-data/recording.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function rowsOf(path: string): Promise<RecordedRow[]> {
  const rows: RecordedRow[] = [];
  for await (const piece of readRecording(path)) rows.push(...piece.rows);
  return rows;
}

async function pointsOf(path: string): Promise<PricePoint[]> {
  const raster = new TickRaster(100);
  const points = (await rowsOf(path)).flatMap((row) => raster.take(row));
  return [...points, ...raster.end()];
}

const errorOf = (path: string): Promise<unknown> => rowsOf(path).catch((error: unknown) => error);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-recording-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};

it.each([
  ['klines-1m-outage-20200304.csv', 20],
  ['klines-1m-micros-20250101.csv.gz', 20],
  ['book-ticker-spot-20240808.csv.gz', 300],
  ['trades-spot-20240808.csv', 40],
  ['trades-kraken-20190701.csv', 20],
  ['replay-btc-usd-60s.csv', 600],
])('%s has no bad row', async (name, count) => {
  const rows = await rowsOf(fixture(name));
  expect(rows.filter(({ kind }) => kind === 'bad')).toEqual([]);
  expect(rows).toHaveLength(count);
});

it('raw frames give the same ticks as the quotes taken out of them', async () => {
  const [frames, quotes] = [
    await pointsOf(fixture('frames-spot-20240808.txt.gz')),
    await pointsOf(fixture('book-ticker-spot-20240808.csv.gz')),
  ];
  expect(frames.length).toBeGreaterThanOrEqual(3);
  expect(frames).toEqual(quotes.slice(0, frames.length));
});

it('quotes give the ticks of the replay series, by the same rule', async () => {
  const points = await pointsOf(fixture('book-ticker-spot-20240808.csv.gz'));
  const replay = readFileSync(fixture('replay-btc-usd-60s.csv'), 'utf8').split('\n').slice(1);
  expect(points.map(({ atMs, priceCents }) => `${atMs},${priceCents}`)).toEqual(
    replay.slice(0, points.length),
  );
});

it('candles over the ticks of bars are the bars', async () => {
  for (const name of ['klines-1m-outage-20200304.csv', 'klines-1m-micros-20250101.csv.gz']) {
    const rows = await rowsOf(fixture(name));
    const points = await pointsOf(fixture(name));
    for (const row of rows) {
      if (row.kind !== 'bar') throw new Error('not a bar');
      const { openAtMs, lengthMs, openCents, highCents, lowCents, closeCents } = row.bar;
      const prices = points
        .filter(({ atMs }) => atMs >= openAtMs && atMs < openAtMs + lengthMs)
        .map(({ priceCents }) => priceCents);
      expect(prices).toHaveLength(4);
      expect([prices[0], Math.max(...prices), Math.min(...prices), prices[3]]).toEqual([
        openCents,
        highCents,
        lowCents,
        closeCents,
      ]);
    }
    expect(points.every(({ atMs }, i) => atMs % 100 === 0 && atMs > (points[i - 1]?.atMs ?? 0))).toBe(true);
  }
});

it('a bar goes to the nearer extreme first', () => {
  const bar = { openAtMs: 60_000, lengthMs: 60_000, openCents: 100, closeCents: 100 };
  const way = (lowCents: number, highCents: number) =>
    new TickRaster(100)
      .take({ kind: 'bar', line: 1, bar: { ...bar, lowCents, highCents } as never })
      .map(({ atMs, priceCents }) => [atMs, priceCents]);
  expect(way(90, 105)).toEqual([
    [60_000, 100],
    [80_000, 105],
    [100_000, 90],
    [119_900, 100],
  ]);
  expect(way(95, 105)).toEqual([
    [60_000, 100],
    [80_000, 95],
    [100_000, 105],
    [119_900, 100],
  ]);
});

it('a price is carried for a second, then there is a gap', async () => {
  const points = await pointsOf(file('gap.csv', 'at_ms,mid_cents\n1700000000050,500\n1700000005000,600\n'));
  const times = points.map(({ atMs }) => atMs - 1_700_000_000_000);
  expect(times).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 5_000]);
});

it('bad rows are told with their line, and the rest goes on', async () => {
  const rows = await rowsOf(
    file(
      'rows.csv',
      [
        'at_ms,mid_cents',
        '1700000000000,500',
        '1700000000100,-1',
        '1699999999999,500',
        '',
        '1700000000200,501',
      ]
        .map((line) => `${line}\r\n`)
        .join(''),
    ),
  );
  expect(rows.map(({ kind, line }) => `${line} ${kind}`)).toEqual([
    '2 point',
    '3 bad',
    '4 bad',
    '5 bad',
    '6 point',
  ]);
});

it('what cannot be read to its end is an error with the line it got to', async () => {
  const whole = readFileSync(fixture('book-ticker-spot-20240808.csv.gz'));
  for (const path of [
    file('cut.csv.gz', whole.subarray(0, whole.length - 9)),
    file('flipped.csv.gz', Buffer.concat([whole.subarray(0, 900), Buffer.alloc(50), whole.subarray(950)])),
    file('html.csv', '<html>\n'),
    file('zipped.csv.gz', gzipSync('<html>\n')),
    file('empty.csv', ''),
    join(dir, 'absent.csv'),
  ]) {
    expect(await errorOf(path), path).toBeInstanceOf(RecordingError);
  }
});
