import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  parseReplaySeries,
  readReplaySeries,
  type SeriesPoint,
} from '../../../src/actors/price-feed/replay-series.ts';
import { replaySource } from '../../../src/actors/price-feed/replay-source.ts';
import { cents } from '../../../src/domain/units.ts';
import { FIRST_TICK_MS, indexTick } from '../../support/index-ticks.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const minute = readReplaySeries(pathOf('test/fixtures/replay-btc-usd-60s.csv'));
const shipped = readReplaySeries(pathOf('data/replay-btc-usd.csv.gz'));

/** Prices on a 100 ms raster from the first instant on; undefined where there is none. */
function play(
  series: readonly SeriesPoint[],
  count: number,
  last = null as ReturnType<typeof indexTick> | null,
) {
  const source = replaySource(series);
  source.start(last);
  return Array.from({ length: count }, (_, index) => source.priceAt(FIRST_TICK_MS + index * 100)?.priceCents);
}

function steps(prices: readonly (number | undefined)[]): number[] {
  const known = prices.filter((price) => price !== undefined);
  return known.slice(1).map((price, index) => Math.abs(price - (known[index] ?? price)));
}

describe('replay', () => {
  it('plays the recorded values, one by one', () => {
    expect(play(minute, minute.length)).toEqual(minute.map((point) => point.priceCents));
  });

  it('has no larger step over two loops than inside the recording', () => {
    const inside = Math.max(...steps(shipped.map((point) => point.priceCents)));
    const loop = 2 * (shipped.length - 1);
    const prices = play(shipped, 2 * loop + 1);
    expect(Math.max(...steps(prices))).toBe(inside);
    expect(prices).not.toContain(undefined);
    expect(prices.slice(loop)).toEqual(prices.slice(0, loop + 1));
  });

  it('turns round at the end and at the start', () => {
    const prices = [1, 2, 3].map((price) => price * 100);
    const series = prices.map((price, index) => ({ atMs: 1_000 + index * 100, priceCents: cents(price) }));
    expect(play(series, 9)).toEqual([100, 200, 300, 200, 100, 200, 300, 200, 100]);
  });

  it('goes on near the last recorded price after a restart', () => {
    const inside = Math.max(...steps(shipped.map((point) => point.priceCents)));
    for (const index of [0, 1, 777, shipped.length - 1]) {
      const priceCents = shipped[index]?.priceCents ?? cents(1);
      for (const seq of [1, 500, 12_345]) {
        const prices = play(shipped, 50, indexTick(seq, { priceCents }));
        expect(prices[0]).toBe(priceCents);
        expect(Math.max(...steps(prices))).toBeLessThanOrEqual(inside);
      }
    }
    const between = play(minute, 1, indexTick(1, { priceCents: cents(6_183_500) }))[0];
    const nearest = Math.min(...minute.map((point) => Math.abs(point.priceCents - 6_183_500)));
    expect(Math.abs((between ?? 0) - 6_183_500)).toBe(nearest);
  });

  it('leaves the gaps of the recording open, beyond a second', () => {
    const series = [0, 100, 2_000, 2_100].map((atMs, index) => ({ atMs, priceCents: cents(100 + index) }));
    const prices = play(series, 22);
    expect(prices.slice(0, 12)).toEqual([100, ...Array.from({ length: 11 }, () => 101)]);
    expect(prices.slice(12, 20)).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(prices.slice(20)).toEqual([102, 103]);
  });

  it('says nothing is wrong with a recorded price', () => {
    const source = replaySource(minute);
    source.start(null);
    expect(source.priceAt(FIRST_TICK_MS)).toEqual({
      priceCents: minute[0]?.priceCents,
      quality: 'ok',
      venues: 1,
      venueMask: 1,
      compositionJump: false,
    });
  });
});

describe('series file', () => {
  it('is read plain and gzipped', () => {
    const directory = mkdtempSync(join(tmpdir(), 'touchline-series-'));
    const path = join(directory, 'series.csv.gz');
    writeFileSync(path, gzipSync('at_ms,mid_cents\n100,5\n200,6\n'));
    expect(readReplaySeries(path)).toEqual([
      { atMs: 100, priceCents: 5 },
      { atMs: 200, priceCents: 6 },
    ]);
    rmSync(directory, { recursive: true });
    expect(minute).toHaveLength(600);
    expect(shipped.length).toBeGreaterThan(3_000);
  });

  it.each([
    ['no header', '100,5\n200,6\n', /header/],
    ['one row', 'at_ms,mid_cents\n100,5\n', /two rows/],
    ['a time that stands still', 'at_ms,mid_cents\n100,5\n100,6\n', /series:3/],
    ['a price of nothing', 'at_ms,mid_cents\n100,0\n200,6\n', /series:2/],
    ['a price with a fraction', 'at_ms,mid_cents\n100,5\n200,6.5\n', /series:3/],
    ['a third column', 'at_ms,mid_cents\n100,5\n200,6,7\n', /series:3/],
    ['an empty line inside', 'at_ms,mid_cents\n100,5\n\n200,6\n', /series:3/],
  ])('with %s is refused, naming the line', (_name, text, message) => {
    expect(() => parseReplaySeries(text)).toThrow(message);
  });
});
