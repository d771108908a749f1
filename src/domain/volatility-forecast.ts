/**
 * The volatility to price with: a heterogeneous autoregression (Corsi 2009) of log variance on the averages
 * of the state and on the time of day, within floor and cap.
 *
 * The weights are fitted on one-minute bars against the variance of the six minutes that begin one minute
 * later (`touchline fit`); on ticks the same weights are used. Non-goals: jumps and drift; what is left wrong
 * is measured and corrected by calibration/.
 */
import type { VolatilityRules } from './rules.ts';
import { sigmaOfAnnual, type VolatilityState } from './volatility.ts';

export interface VolatilityForecast {
  readonly sigmaPerSqrtSecond: number;
  /** ln(forecast variance / variance of the last day): how calm or wild now is against what was usual. */
  readonly regime: number;
}

const MS_PER_DAY = 86_400_000;

/** The regressors in the order of the weights: one, the log averages, the four daily terms. */
export function forecastTerms(state: VolatilityState): number[] {
  const turn = (2 * Math.PI * (state.lastTickAtMs % MS_PER_DAY)) / MS_PER_DAY;
  return [
    1,
    ...state.variances.map((variance) => Math.log(variance)),
    Math.sin(turn),
    Math.cos(turn),
    Math.sin(2 * turn),
    Math.cos(2 * turn),
  ];
}

export function forecastOf(state: VolatilityState): VolatilityForecast {
  const { rules, variances } = state;
  const { intercept, averages, daily } = rules.weights;
  const weights = [intercept, ...averages, ...daily];
  let logVariance = 0;
  const terms = forecastTerms(state);
  for (let i = 0; i < terms.length; i += 1) logVariance += (weights[i] ?? 0) * (terms[i] ?? 0);
  const sigmaPerSqrtSecond = bounded(Math.exp(logVariance / 2), rules);
  const longest = variances[variances.length - 1] ?? sigmaPerSqrtSecond ** 2;
  return { sigmaPerSqrtSecond, regime: 2 * Math.log(sigmaPerSqrtSecond) - Math.log(longest) };
}

/** The volatility to price with, per √second. */
export const sigmaPerSqrtSecond = (state: VolatilityState): number => forecastOf(state).sigmaPerSqrtSecond;

const bounded = (sigma: number, rules: VolatilityRules): number =>
  Math.min(sigmaOfAnnual(rules.capAnnual), Math.max(sigmaOfAnnual(rules.floorAnnual), sigma));

/** Steps of the regime, for parameters that a grid is computed from. */
const REGIME_STEP = 0.1;

export const quantiseRegime = (regime: number): number => Math.round(regime / REGIME_STEP);
export const regimeOfStep = (step: number): number => step * REGIME_STEP;
