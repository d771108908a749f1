import { expect, it } from 'vitest';
import { syntheticSource } from '../../../src/actors/price-feed/synthetic-source.ts';
import { FIRST_TICK_MS } from '../../support/index-ticks.ts';

const SIGMA_PER_SQRT_SECOND = 1.07e-4;

function prices(seed: number, count: number, fromMs = FIRST_TICK_MS, everyMs = 100): number[] {
  const source = syntheticSource(seed);
  source.start(null);
  return Array.from(
    { length: count },
    (_, index) => source.priceAt(fromMs + index * everyMs)?.priceCents ?? 0,
  );
}
function logReturns(line: readonly number[]): number[] {
  return line.slice(1).map((price, index) => Math.log(price / (line[index] ?? price)));
}
const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

it('is a function of seed and instant', () => {
  const line = prices(7, 200);
  expect(prices(7, 200)).toEqual(line);
  expect(prices(7, 10, FIRST_TICK_MS + 5_000)).toEqual(line.slice(50, 60));
  expect(prices(8, 200)).not.toEqual(line);
});

it('moves as much as it should, over seconds and over minutes', () => {
  const seconds = logReturns(prices(1, 20_000, FIRST_TICK_MS, 1_000));
  expect(rms(seconds) / SIGMA_PER_SQRT_SECOND).toBeGreaterThan(0.8);
  expect(rms(seconds) / SIGMA_PER_SQRT_SECOND).toBeLessThan(1.25);
  const minutes = logReturns(prices(1, 5_000, FIRST_TICK_MS, 60_000));
  expect(rms(minutes) / (SIGMA_PER_SQRT_SECOND * Math.sqrt(60))).toBeGreaterThan(0.8);
  expect(rms(minutes) / (SIGMA_PER_SQRT_SECOND * Math.sqrt(60))).toBeLessThan(1.25);
});

it('has a volatility that changes: calm and wild minutes, fat tails', () => {
  const minutes = Array.from({ length: 60 }, (_, minute) =>
    rms(logReturns(prices(3, 600, FIRST_TICK_MS + minute * 60_000))),
  );
  expect(Math.max(...minutes) / Math.min(...minutes)).toBeGreaterThan(1.8);
});

it('never wanders off and never jumps, also where blocks join', () => {
  const blockMs = 10 * 2 ** 20;
  for (let block = 162_200; block < 162_230; block++) {
    const line = prices(5, 40, block * blockMs - 2_000, 100);
    expect(Math.max(...logReturns(line).map(Math.abs))).toBeLessThan(10 * SIGMA_PER_SQRT_SECOND);
    expect(line[0]).toBeGreaterThan(5_400_000);
    expect(line[0]).toBeLessThan(6_600_000);
  }
});
