/**
 * Fits the odds to bars: first the weights of the volatility forecast, by least squares of the log variance
 * of the six bars that begin one bar later, then the calibration's prior, by following every offered cell
 * with those weights and counting realised against implied at each knot.
 */
import { Calibration, NEUTRAL_PRIOR } from '../../domain/calibration/calibration.ts';
import {
  CALIBRATION_FAMILIES,
  FAMILY_SIZE,
  HORIZON_KNOTS_SECONDS,
  LOGIT_KNOTS,
  REGIME_KNOTS,
} from '../../domain/calibration/knots.ts';
import { DEFAULT_MARKET_RULES, type ForecastWeights, type MarketRules } from '../../domain/rules.ts';
import {
  advanceWithBar,
  initialVolatility,
  type PriceBar,
  type VolatilityState,
} from '../../domain/volatility.ts';
import { forecastTerms } from '../../domain/volatility-forecast.ts';
import { ODDS_PARAMS_FORMAT, type OddsParams, rulesOf } from './odds-params.ts';
import { playBars } from './play-prices.ts';

const AHEAD_BARS = 6;
const SKIPPED_BARS = 1;
const WARM_BARS = 1_440;
const RIDGE = 1e-3;
/** Hits that a knot needs to be told from the mixture: it starts at ratio one with this much. */
const PSEUDO_HITS = 2;
/** A knot with less implied than this takes the ratio of the nearest horizon that has more. */
const IMPLIED_MIN = 20;

/** What the offered cells of one file did, at each knot. */
export interface KnotCounts {
  readonly implied: readonly number[];
  readonly realised: readonly number[];
}

/** Follows every cell that the uncorrected odds would have offered. */
export function countKnots(
  bars: readonly PriceBar[],
  columnMs: number,
  weights: ForecastWeights,
  onPlayed?: (fraction: number) => void,
): KnotCounts {
  const rules = rulesOf(columnMs, 0, weights);
  const still: MarketRules = {
    ...rules,
    calibration: { ...rules.calibration, halfLifeSeconds: Number.POSITIVE_INFINITY },
  };
  const calibration = new Calibration(still, NEUTRAL_PRIOR);
  playBars(still, calibration, bars, { publishes: false, ...(onPlayed ? { onPlayed } : {}) });
  const { implied, realised } = calibration.snapshot();
  return { implied, realised };
}

export function fittedParams(
  fittedOn: readonly string[],
  weights: ForecastWeights,
  counts: readonly KnotCounts[],
): OddsParams {
  const total = (of: (count: KnotCounts) => readonly number[]): number[] =>
    NEUTRAL_PRIOR.map((_, k) => counts.reduce((sum, count) => sum + (of(count)[k] ?? 0), 0));
  const prior = priorPermille(
    total(({ implied }) => implied),
    total(({ realised }) => realised),
  );
  return { format: ODDS_PARAMS_FORMAT, weights, priorPermille: prior, fittedOn };
}

export function fitWeights(series: readonly (readonly PriceBar[])[]): ForecastWeights {
  const size = forecastTerms(initialVolatility(DEFAULT_MARKET_RULES.volatility)).length;
  const equations = Array.from({ length: size }, () => new Float64Array(size + 1));
  for (const bars of series) addEquations(equations, bars);
  const solution = solve(equations);
  const averages = DEFAULT_MARKET_RULES.volatility.halfLivesSeconds.length;
  const [s1 = 0, c1 = 0, s2 = 0, c2 = 0] = solution.slice(1 + averages);
  return { intercept: solution[0] ?? 0, averages: solution.slice(1, 1 + averages), daily: [s1, c1, s2, c2] };
}

/** Adds the normal equations of one series. */
function addEquations(equations: readonly Float64Array[], bars: readonly PriceBar[]): void {
  const size = equations.length;
  const rules = DEFAULT_MARKET_RULES.volatility;
  const samples = bars.map(barVariance);
  let state: VolatilityState = initialVolatility(rules);
  for (let i = 0; i < bars.length - AHEAD_BARS - SKIPPED_BARS; i += 1) {
    state = advanceWithBar(state, bars[i] as PriceBar);
    if (i < WARM_BARS) continue;
    let ahead = 0;
    for (let j = 1; j <= AHEAD_BARS; j += 1) ahead += samples[i + SKIPPED_BARS + j] ?? 0;
    const target = Math.log(Math.max(ahead / AHEAD_BARS, 1e-12));
    const terms = forecastTerms(state);
    for (let a = 0; a < size; a += 1) {
      const row = equations[a] as Float64Array;
      const term = terms[a] ?? 0;
      for (let b = 0; b < size; b += 1) row[b] = (row[b] ?? 0) + term * (terms[b] ?? 0);
      row[size] = (row[size] ?? 0) + term * target;
    }
  }
}

/** Garman & Klass per second, of a bar by itself. */
function barVariance(bar: PriceBar): number {
  const fresh = initialVolatility({ ...UNBLENDED, halfLivesSeconds: [1e-9], jumpReference: 0 });
  return advanceWithBar(fresh, bar).variances[0] ?? 0;
}

const UNBLENDED = {
  ...DEFAULT_MARKET_RULES.volatility,
  barJumpRatioMax: Number.POSITIVE_INFINITY,
  floorAnnual: 0,
};

/** Gauss–Jordan with pivoting, of an augmented matrix; a small ridge keeps it solvable. */
function solve(matrix: readonly Float64Array[]): number[] {
  const rows = [...matrix];
  const size = rows.length;
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let i = 0; i < size; i += 1) (rows[i] as Float64Array)[i] = at(i, i) + RIDGE;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column; row < size; row += 1) {
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot] as Float64Array, rows[column] as Float64Array];
    for (let row = 0; row < size; row += 1) {
      if (row === column) continue;
      const factor = at(row, column) / at(column, column);
      const target = rows[row] as Float64Array;
      for (let c = column; c <= size; c += 1) target[c] = at(row, c) - factor * at(column, c);
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1));
}

function priorPermille(implied: readonly number[], realised: readonly number[]): number[] {
  const plane = REGIME_KNOTS.length * LOGIT_KNOTS.length;
  const horizons = HORIZON_KNOTS_SECONDS.map((_, h) => h);
  const prior: number[] = [];
  CALIBRATION_FAMILIES.forEach((_, family) => {
    for (const h of horizons) {
      for (let cell = 0; cell < plane; cell += 1) {
        const knotAt = (horizon: number): number => family * FAMILY_SIZE + horizon * plane + cell;
        const nearest = [...horizons].sort((a, b) => Math.abs(a - h) - Math.abs(b - h));
        const source = nearest.find((horizon) => (implied[knotAt(horizon)] ?? 0) >= IMPLIED_MIN) ?? h;
        const k = knotAt(source);
        const ratio = ((realised[k] ?? 0) + PSEUDO_HITS) / ((implied[k] ?? 0) + PSEUDO_HITS);
        prior.push(Math.round(1_000 * ratio));
      }
    }
  });
  return prior;
}
