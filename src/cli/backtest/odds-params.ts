/**
 * Fitted odds as a value: what `touchline fit` writes, `touchline backtest --params` reads, and the product
 * ships (src/domain/calibration/fitted-odds.ts). Shape: version, weights of the volatility forecast, the
 * prior of the calibration in thousandths, and where they come from.
 */
import { FITTED_ON, FITTED_PRIOR, FITTED_WEIGHTS } from '../../domain/calibration/fitted-odds.ts';
import { TABLE_SIZE } from '../../domain/calibration/knots.ts';
import {
  DEFAULT_MARKET_RULES,
  type ForecastWeights,
  type MarketRules,
  rulesForColumns,
} from '../../domain/rules.ts';

export interface OddsParams {
  readonly format: typeof ODDS_PARAMS_FORMAT;
  readonly weights: ForecastWeights;
  readonly priorPermille: readonly number[];
  /** Files it was fitted on, by name. */
  readonly fittedOn: readonly string[];
}

export const ODDS_PARAMS_FORMAT = 'touchline-odds-1';
const PERMILLE = 1_000;

/** The odds the product ships. */
export const shippedOdds = (): OddsParams => ({
  format: ODDS_PARAMS_FORMAT,
  weights: FITTED_WEIGHTS,
  priorPermille: FITTED_PRIOR.map((ratio) => Math.round(ratio * PERMILLE)),
  fittedOn: FITTED_ON,
});

export const priorOf = (params: OddsParams): readonly number[] =>
  params.priorPermille.map((value) => value / PERMILLE);

export function rulesOf(columnMs: number, tickMs: number, weights: ForecastWeights): MarketRules {
  const rules = rulesForColumns(columnMs, DEFAULT_MARKET_RULES);
  return { ...rules, tickMs, volatility: { ...rules.volatility, weights } };
}

/** From text; throws with what is wrong. */
export function parseOddsParams(text: string): OddsParams {
  const value = JSON.parse(text) as Partial<OddsParams>;
  if (value.format !== ODDS_PARAMS_FORMAT) throw new TypeError(`format is not ${ODDS_PARAMS_FORMAT}`);
  const { weights, priorPermille, fittedOn } = value;
  const halfLives = DEFAULT_MARKET_RULES.volatility.halfLivesSeconds.length;
  const isWeights =
    Number.isFinite(weights?.intercept) &&
    isNumbers(weights?.averages, halfLives) &&
    isNumbers(weights?.daily, 4);
  if (!isWeights) throw new TypeError(`weights: an intercept, ${halfLives} averages and 4 daily terms`);
  if (!isNumbers(priorPermille, TABLE_SIZE)) throw new TypeError(`priorPermille: ${TABLE_SIZE} numbers`);
  if (!Array.isArray(fittedOn)) throw new TypeError('fittedOn: a list of files');
  return value as OddsParams;
}

const isNumbers = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every((item) => Number.isFinite(item));
