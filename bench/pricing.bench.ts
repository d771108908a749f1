/**
 * What the odds of a board of 16 rows × 24 columns cost, and how exact they are: the product's closed form
 * over its mixture of volatilities, against the integral it stands for (quadrature), and against a Monte
 * Carlo of 10⁵ paths at tick resolution that is judged by the rule of settlement.
 *
 * Last line: {gridMs, maxAbsError, ratioToMonteCarlo} and {quoteGridMs, quoteMicros}: the same board with
 * correction, edge and limits; {monteCarloMs, monteCarloMaxDeviations}: how far the Monte Carlo is from the
 * closed form, in its own standard errors. `--tiny` for the test run.
 */
import { touchChance } from '../src/domain/pricing/cell-probability.ts';
import { normalCdf, normalDensity } from '../src/domain/pricing/normal-cdf.ts';
import { quoteCell } from '../src/domain/pricing/odds.ts';
import { DEFAULT_MARKET_RULES as rules } from '../src/domain/rules.ts';
import { cents, micros } from '../src/domain/units.ts';
import { sigmaOfAnnual } from '../src/domain/volatility.ts';
import { median } from './support/figures.ts';

const isTiny = process.argv.includes('--tiny');
const ROWS = 16;
const COLUMNS = 24;
const COLUMN_MS = 5_000;
const HEIGHT_CENTS = 1_000;
const FIRST_OPENS_IN_MS = 5_000;
const ROUNDS = isTiny ? 3 : 400;
const PATHS = isTiny ? 200 : 100_000;
const TICK_SECONDS = rules.tickMs / 1_000;
/** −ζ(1/2)/√(2π), Broadie, Glasserman & Kou (1997). */
const BGK_SHIFT = 0.5825971579390107;

const atMs = 1_700_000_000_000;
const priceCents = cents(6_123_456);
const sigma = sigmaOfAnnual(0.5);
const { tails } = rules.odds;
const oddsRules = { ...rules.odds, horizonMs: FIRST_OPENS_IN_MS + COLUMNS * COLUMN_MS };

const lowOf = (row: number): number =>
  Math.floor(priceCents / HEIGHT_CENTS) * HEIGHT_CENTS + (row - ROWS / 2) * HEIGHT_CENTS;
const opensInMs = (column: number): number => FIRST_OPENS_IN_MS + column * COLUMN_MS;

/** Calls `work` for every cell; the sum keeps it from being left out. */
function overBoard(work: (column: number, row: number) => number): number {
  let sum = 0;
  for (let column = 0; column < COLUMNS; column += 1) {
    for (let row = 0; row < ROWS; row += 1) sum += work(column, row);
  }
  return sum;
}

const logEdge = (edgeCents: number): number => Math.log(edgeCents / priceCents);

const touchOdds = (column: number, row: number): number => {
  const band = {
    logLow: logEdge(lowOf(row)),
    logHigh: logEdge(lowOf(row) + HEIGHT_CENTS),
    opensIn: opensInMs(column) / 1_000,
    closesIn: (opensInMs(column) + COLUMN_MS) / 1_000,
  };
  return touchChance(band, sigma, TICK_SECONDS, tails).probability;
};

const quote = (column: number, row: number): number => {
  const lowCents = cents(lowOf(row));
  const cell = {
    lowCents,
    highCents: cents(lowCents + HEIGHT_CENTS),
    opensAtMs: atMs + opensInMs(column),
    closesAtMs: atMs + opensInMs(column) + COLUMN_MS,
  };
  const quoted = quoteCell({
    ...{ cell, priceCents, atMs, sigmaPerSqrtSecond: sigma, tickMs: rules.tickMs },
    ...{ exposureMicros: micros(0), exposureCapMicros: micros(1), rules: oddsRules },
  });
  return quoted.status === 'open' ? quoted.multiplier : 0;
};

/** Median of many boards, after as many to warm up. */
function boardMs(work: (column: number, row: number) => number): number {
  const times: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    const startMs = performance.now();
    if (Number.isNaN(overBoard(work))) throw new Error('a cell is not a number');
    if (round >= ROUNDS) times.push(performance.now() - startMs);
  }
  return median(times);
}

/**
 * P(inside at the opening) and, by reflection, the integral over where the price is when the window opens of
 * the chance to come back to the shifted edge until it closes: composite Gauss-Legendre, no Owen's T.
 */
function touchByQuadrature(column: number, row: number): number {
  const [opens, closes] = [opensInMs(column) / 1_000, (opensInMs(column) + COLUMN_MS) / 1_000];
  const [logLow, logHigh] = [logEdge(lowOf(row)), logEdge(lowOf(row) + HEIGHT_CENTS)];
  let probability = 0;
  for (const { weight, logScale } of tails) {
    const scaled = sigma * Math.exp(logScale);
    const opening = scaled * Math.sqrt(opens);
    const rest = scaled * Math.sqrt(closes - opens);
    const shift = BGK_SHIFT * scaled * Math.sqrt(TICK_SECONDS);
    /** Beyond `edge` at the opening, at or below `edge − shift` later. */
    const comesBack = (edge: number): number =>
      integral(edge, Math.max(edge, 0) + 9 * (opening + rest), (x) => {
        const density = normalDensity(x / opening) / opening;
        return density * 2 * normalCdf((edge - shift - x) / rest);
      });
    const inside = normalCdf(logHigh / opening) - normalCdf(logLow / opening);
    probability += weight * (inside + comesBack(logHigh) + comesBack(-logLow));
  }
  return probability;
}

const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

function integral(from: number, to: number, f: (x: number) => number): number {
  const panels = 200;
  const half = (to - from) / panels / 2;
  let sum = 0;
  for (let panel = 0; panel < panels; panel += 1) {
    const middle = from + (2 * panel + 1) * half;
    for (let i = 0; i < NODES.length; i += 1) {
      const offset = half * (NODES[i] ?? 0);
      sum += (WEIGHTS[i] ?? 0) * (f(middle - offset) + f(middle + offset));
    }
  }
  return sum * half;
}

function maxAbsError(): number {
  let worst = 0;
  overBoard((column, row) => {
    worst = Math.max(worst, Math.abs(touchOdds(column, row) - touchByQuadrature(column, row)));
    return 0;
  });
  return worst;
}

/** 32-bit xorshift and Box-Muller: the baseline should not be slow because of its dice. */
function normals(seed: number): () => number {
  let state = seed;
  let spare: number | undefined;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 + 2 ** -33;
  };
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Of the mixture, each tail as often as it weighs. */
function logScaleOf(part: number): number {
  let below = 0;
  for (const { weight, logScale } of tails) {
    below += weight;
    if (part < below) return logScale;
  }
  return 0;
}

/** How often each cell is met. A column's path has a lowest and a highest price; rows between are touched. */
function monteCarlo(): Float64Array {
  const hits = new Float64Array(ROWS * COLUMNS);
  const next = normals(20_240_808);
  const edges = Array.from({ length: ROWS + 1 }, (_, row) => logEdge(lowOf(row)));
  const step = sigma * Math.sqrt(TICK_SECONDS);
  const ticksPerColumn = COLUMN_MS / rules.tickMs;
  for (let path = 0; path < PATHS; path += 1) {
    const scaled = step * Math.exp(logScaleOf((path + 0.5) / PATHS));
    let x = 0;
    for (let tick = 0; tick < FIRST_OPENS_IN_MS / rules.tickMs; tick += 1) x += scaled * next();
    for (let column = 0; column < COLUMNS; column += 1) {
      let low = x;
      let high = x;
      for (let tick = 0; tick < ticksPerColumn; tick += 1) {
        x += scaled * next();
        if (x < low) low = x;
        else if (x > high) high = x;
      }
      for (let row = 0; row < ROWS; row += 1) {
        if (low <= (edges[row + 1] ?? 0) && high >= (edges[row] ?? 0)) {
          hits[column * ROWS + row] = (hits[column * ROWS + row] ?? 0) + 1;
        }
      }
    }
  }
  return hits;
}

function maxDeviations(hits: Float64Array): number {
  let worst = 0;
  overBoard((column, row) => {
    const expected = touchOdds(column, row);
    const error = (hits[column * ROWS + row] ?? 0) / PATHS - expected;
    worst = Math.max(worst, Math.abs(error) / Math.sqrt((expected * (1 - expected)) / PATHS));
    return 0;
  });
  return worst;
}

const gridMs = boardMs(touchOdds);
const quoteGridMs = boardMs(quote);
const startMs = performance.now();
const hits = monteCarlo();
const monteCarloMs = performance.now() - startMs;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
console.log(
  JSON.stringify({
    gridMs: rounded(gridMs, 4),
    maxAbsError: Number(maxAbsError().toExponential(2)),
    ratioToMonteCarlo: Math.round(monteCarloMs / gridMs),
    quoteGridMs: rounded(quoteGridMs, 4),
    quoteMicros: rounded((quoteGridMs * 1_000) / (ROWS * COLUMNS), 3),
    monteCarloMs: Math.round(monteCarloMs),
    monteCarloMaxDeviations: rounded(maxDeviations(hits), 2),
  }),
);
