/**
 * How fast the index moves: averages of the variance per second over half a minute up to a day.
 *
 * Fed by ticks (squared returns at least a second apart) or by bars (Garman & Klass 1980), the same state
 * either way. Invariants: gaps are never interpolated (a return ends at a gap, the variances stay); one jump
 * counts as at most a bounded multiple of the variance known before it; immutable and plain, so it may be
 * stored and restored as JSON. The state alone forecasts nothing: see volatility-forecast.ts.
 */
import type { VolatilityRules } from './rules.ts';
import type { IndexTick } from './tick.ts';

export const SECONDS_PER_YEAR = 31_536_000;

export interface VolatilityState {
  readonly rules: VolatilityRules;
  /** Variance per second, one average for each of the rules' half-lives. */
  readonly variances: readonly number[];
  /** Seconds of returns seen so far. */
  readonly observedSeconds: number;
  /** Where the current return starts; null before the first tick. */
  readonly anchor: { readonly atMs: number; readonly priceCents: number } | null;
  readonly lastTickAtMs: number;
}

/** Prices in any one unit. A bar covers [opensAtMs, closesAtMs); its price is known at `closesAtMs`. */
export interface PriceBar {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export const sigmaOfAnnual = (annual: number): number => annual / Math.sqrt(SECONDS_PER_YEAR);
export const annualOfSigma = (sigmaPerSqrtSecond: number): number =>
  sigmaPerSqrtSecond * Math.sqrt(SECONDS_PER_YEAR);

export function initialVolatility(rules: VolatilityRules): VolatilityState {
  const variance = sigmaOfAnnual(rules.priorAnnual) ** 2;
  return {
    rules,
    variances: rules.halfLivesSeconds.map(() => variance),
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
  const sample = Math.log(tick.priceCents / anchor.priceCents) ** 2 / seconds;
  return { ...blend(state, sample, seconds, rules.tickJumpRatioMax), anchor: here, lastTickAtMs: tick.atMs };
}

/** A bar that does not begin where the last one ended counts from its own open, not from the last close. */
export function advanceWithBar(state: VolatilityState, bar: PriceBar): VolatilityState {
  const { rules, anchor } = state;
  if (bar.closesAtMs <= state.lastTickAtMs) return state;
  const seconds = (bar.closesAtMs - bar.opensAtMs) / 1_000;
  const from = anchor?.atMs === bar.opensAtMs ? anchor.priceCents : bar.open;
  const up = Math.log(Math.max(bar.high, from) / from);
  const down = Math.log(Math.min(bar.low, from) / from);
  const move = Math.log(bar.close / from);
  const garmanKlass =
    0.511 * (up - down) ** 2 - 0.019 * (move * (up + down) - 2 * up * down) - 0.383 * move * move;
  return {
    ...blend(state, Math.max(0, garmanKlass) / seconds, seconds, rules.barJumpRatioMax),
    anchor: { atMs: bar.closesAtMs, priceCents: bar.close },
    lastTickAtMs: bar.closesAtMs,
  };
}

/** `sample` is a variance per second, measured over `seconds`. */
function blend(
  state: VolatilityState,
  sample: number,
  seconds: number,
  jumpRatioMax: number,
): VolatilityState {
  const { rules, variances } = state;
  const counted = Math.min(sample, jumpRatioMax * (variances[rules.jumpReference] ?? 0));
  const observedSeconds = state.observedSeconds + seconds;
  // While little was seen, every second weighs the same as one of the prior's.
  const gainMin = seconds / (rules.priorWeightSeconds + observedSeconds);
  const least = sigmaOfAnnual(rules.floorAnnual) ** 2 * VARIANCE_FLOOR_RATIO;
  return {
    ...state,
    observedSeconds,
    variances: rules.halfLivesSeconds.map((halfLifeSeconds, i) => {
      const gain = Math.max(gainMin, 1 - 2 ** (-seconds / halfLifeSeconds));
      const variance = variances[i] ?? counted;
      return Math.max(least, variance + gain * (counted - variance));
    }),
  };
}

/** A price that stands still for long must leave a variance that a move can still be measured against. */
const VARIANCE_FLOOR_RATIO = 0.01;

/** Steps of 1 % from a millionth, so that every σ within floor and cap has a small positive step. */
const STEP_RATIO = 1.01;
const SIGMA_OF_STEP_ZERO = 1e-6;

/** The nearest step of the 1 % log raster. */
export const quantiseSigma = (sigma: number): number =>
  Math.round(Math.log(sigma / SIGMA_OF_STEP_ZERO) / Math.log(STEP_RATIO));

export const sigmaOfStep = (step: number): number => SIGMA_OF_STEP_ZERO * STEP_RATIO ** step;
