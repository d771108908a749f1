/**
 * How fast the index moves: volatility per √second, from returns at least a second apart.
 *
 * Two exponentially weighted averages of r²/dt, a fast and a slow one; the larger counts, because a quiet
 * minute underprices the next one. Invariants: gaps are never interpolated (a return ends at a gap, the
 * variance stays); one jump counts as at most `jumpDeviationsMax` deviations; the result is within floor and
 * cap, so quoting works from the first tick on. Non-goals: forecasting beyond persistence.
 */
import type { VolatilityRules } from './rules.ts';
import type { IndexTick } from './tick.ts';

export const SECONDS_PER_YEAR = 31_536_000;

/** Immutable and plain: may be stored and restored as JSON. */
export interface VolatilityState {
  readonly rules: VolatilityRules;
  /** Variance per second. */
  readonly fastVariance: number;
  readonly slowVariance: number;
  /** Seconds of returns seen so far. */
  readonly observedSeconds: number;
  /** Where the current return starts; null before the first tick. */
  readonly anchor: { readonly atMs: number; readonly priceCents: number } | null;
  readonly lastTickAtMs: number;
}

export const sigmaOfAnnual = (annual: number): number => annual / Math.sqrt(SECONDS_PER_YEAR);
export const annualOfSigma = (sigmaPerSqrtSecond: number): number =>
  sigmaPerSqrtSecond * Math.sqrt(SECONDS_PER_YEAR);

export function initialVolatility(rules: VolatilityRules): VolatilityState {
  const variance = sigmaOfAnnual(rules.priorAnnual) ** 2;
  return {
    rules,
    fastVariance: variance,
    slowVariance: variance,
    observedSeconds: 0,
    anchor: null,
    lastTickAtMs: 0,
  };
}

/** A tick that is not later than the last one changes nothing. */
export function advanceVolatility(
  state: VolatilityState,
  tick: Pick<IndexTick, 'atMs' | 'priceCents'>,
): VolatilityState {
  const { rules, anchor } = state;
  if (tick.atMs <= state.lastTickAtMs) return state;
  const here = { atMs: tick.atMs, priceCents: tick.priceCents };
  if (anchor === null || tick.atMs - state.lastTickAtMs > rules.maxGapMs) {
    return { ...state, anchor: here, lastTickAtMs: tick.atMs };
  }
  if (tick.atMs - anchor.atMs < rules.sampleMs) return { ...state, lastTickAtMs: tick.atMs };

  const seconds = (tick.atMs - anchor.atMs) / 1_000;
  const logReturn = Math.log(tick.priceCents / anchor.priceCents);
  const sampleMax = (rules.jumpDeviationsMax * sigmaPerSqrtSecond(state)) ** 2;
  const sample = Math.min((logReturn * logReturn) / seconds, sampleMax);
  const observedSeconds = state.observedSeconds + seconds;
  // While little was seen, every second weighs the same as one of the prior's.
  const gainMin = seconds / (rules.priorWeightSeconds + observedSeconds);
  const blend = (variance: number, halfLifeSeconds: number): number => {
    const gain = Math.max(gainMin, 1 - 2 ** (-seconds / halfLifeSeconds));
    return variance + gain * (sample - variance);
  };
  return {
    rules,
    fastVariance: blend(state.fastVariance, rules.fastHalfLifeSeconds),
    slowVariance: blend(state.slowVariance, rules.slowHalfLifeSeconds),
    observedSeconds,
    anchor: here,
    lastTickAtMs: tick.atMs,
  };
}

/** The volatility to price with, per √second. */
export function sigmaPerSqrtSecond(state: VolatilityState): number {
  const sigma = Math.sqrt(Math.max(state.fastVariance, state.slowVariance));
  return Math.min(
    sigmaOfAnnual(state.rules.capAnnual),
    Math.max(sigmaOfAnnual(state.rules.floorAnnual), sigma),
  );
}

/** Steps of 1 % from a millionth, so that every σ within floor and cap has a small positive step. */
const STEP_RATIO = 1.01;
const SIGMA_OF_STEP_ZERO = 1e-6;

/** The nearest step of the 1 % log raster. */
export const quantiseSigma = (sigma: number): number =>
  Math.round(Math.log(sigma / SIGMA_OF_STEP_ZERO) / Math.log(STEP_RATIO));

export const sigmaOfStep = (step: number): number => SIGMA_OF_STEP_ZERO * STEP_RATIO ** step;
