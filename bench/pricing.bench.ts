/**
 * What a quote and a grid cost, against a baseline in the same run: the popular midpoint formula
 * 2·N(−|d|), which is cheap and wrong (see the tests of touch-probability).
 *
 * Last line: {quoteMicros, gridMs, cellsPerGrid, ratioToMidpoint}. `--tiny` for the test run.
 */
import { computeRelativeGrid, gridParams } from '../src/domain/grid.ts';
import { normalCdf } from '../src/domain/pricing/normal-cdf.ts';
import { quoteCell } from '../src/domain/pricing/odds.ts';
import { DEFAULT_MARKET_RULES as rules } from '../src/domain/rules.ts';
import { cents, micros } from '../src/domain/units.ts';
import { sigmaOfAnnual } from '../src/domain/volatility.ts';

const rounds = process.argv.includes('--tiny') ? 2_000 : 300_000;
const atMs = 1_700_000_000_000;
const priceCents = cents(6_123_456);
const sigmaPerSqrtSecond = sigmaOfAnnual(0.5);

/** Mean time of one call, in microseconds. */
function microsPerCall(calls: number, work: (n: number) => number): number {
  let sink = 0;
  for (let n = 0; n < calls / 10; n += 1) sink += work(n);
  const startMs = performance.now();
  for (let n = 0; n < calls; n += 1) sink += work(n);
  const elapsedMs = performance.now() - startMs;
  if (Number.isNaN(sink)) throw new Error('a quote is not a number');
  return (elapsedMs * 1_000) / calls;
}

const lowOf = (n: number): number => Math.floor(priceCents / 1_000) * 1_000 + ((n % 21) - 10) * 1_000;

const quoteMicros = microsPerCall(rounds, (n) => {
  const lowCents = cents(lowOf(n));
  const quote = quoteCell({
    cell: {
      ...{ symbol: 'btc:usd', kind: 'touch', lowCents, highCents: cents(lowCents + 1_000) },
      opensAtMs: atMs + 10_000,
      closesAtMs: atMs + 15_000,
    },
    ...{ priceCents, atMs, sigmaPerSqrtSecond, tickMs: rules.tickMs },
    ...{ exposureMicros: micros(0), exposureCapMicros: micros(1), rules: rules.odds },
  });
  return quote.status === 'open' ? quote.multiplier : 0;
});

const midpointMicros = microsPerCall(rounds, (n) => {
  const middle = lowOf(n) + 500;
  return 2 * normalCdf(-Math.abs(Math.log(middle / priceCents)) / (sigmaPerSqrtSecond * Math.sqrt(12.5)));
});

const params = gridParams({ priceCents, atMs, sigmaPerSqrtSecond, rowHeightCents: 1_000 }, rules);
const cellsPerGrid = params.rows * params.columns;
const gridMs =
  microsPerCall(Math.max(5, rounds / 3_000), () => computeRelativeGrid(params, rules).length) / 1_000;

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
console.log(
  JSON.stringify({
    quoteMicros: round(quoteMicros),
    gridMs: round(gridMs),
    cellsPerGrid,
    ratioToMidpoint: round(quoteMicros / midpointMicros),
  }),
);
