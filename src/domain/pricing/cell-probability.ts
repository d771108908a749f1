/**
 * What a cell of any kind is worth before correction: the closed form averaged over a mixture of
 * volatilities (fat tails), with its sensitivities, which cost little beside it.
 *
 * A band may be open: low −Infinity, high +Infinity (log edges). `inside` is decided as of the close, on the
 * half-open band, which is the same here: an edge alone has no probability.
 */
import type { TailRule } from '../rules.ts';
import { normalCdf, normalDensity } from './normal-cdf.ts';
import { approach, approachSlope, touchProbabilityOfLogBand, touchWindow } from './touch-probability.ts';

export type PricedKind = 'touch' | 'no_touch' | 'inside' | 'outside';

/** ln(low/price), ln(high/price), and the window in seconds from now. */
export interface PricedBand {
  readonly logLow: number;
  readonly logHigh: number;
  readonly opensIn: number;
  readonly closesIn: number;
}

export interface Chance {
  readonly probability: number;
  /** dP / d ln σ */
  readonly bySigma: number;
  /** dP / d ln price */
  readonly byPrice: number;
}

export function touchChance(
  band: PricedBand,
  sigmaPerSqrtSecond: number,
  tickSeconds: number,
  tails: readonly TailRule[],
): Chance {
  const { logLow, logHigh } = band;
  const window = touchWindow(band.opensIn, band.closesIn, tickSeconds);
  if (sigmaPerSqrtSecond * window.rootCloses === 0 || (window.isOpen && logLow <= 0 && logHigh >= 0)) {
    const probability = touchProbabilityOfLogBand(logLow, logHigh, sigmaPerSqrtSecond, window);
    return { probability, bySigma: 0, byPrice: 0 };
  }
  let probability = 0;
  let bySigma = 0;
  let byPrice = 0;
  for (const { weight, logScale } of tails) {
    const sigma = sigmaPerSqrtSecond * Math.exp(logScale);
    const high = logHigh / sigma;
    const low = -logLow / sigma;
    const sum = approach(high, window) + approach(low, window) - 1;
    probability += weight * Math.min(1, Math.max(0, sum));
    const slopeHigh = approachSlope(high, window);
    const slopeLow = approachSlope(low, window);
    bySigma -= weight * (finiteProduct(high, slopeHigh) + finiteProduct(low, slopeLow));
    byPrice += (weight * (slopeLow - slopeHigh)) / sigma;
  }
  return { probability, bySigma, byPrice };
}

/** P(the price is above the edge when the window closes). */
export function aboveChance(
  logEdge: number,
  closesIn: number,
  sigmaPerSqrtSecond: number,
  tails: readonly TailRule[],
): Chance {
  const root = Math.sqrt(Math.max(0, closesIn));
  if (sigmaPerSqrtSecond * root === 0 || !Number.isFinite(logEdge)) {
    return { probability: logEdge <= 0 ? 1 : 0, bySigma: 0, byPrice: 0 };
  }
  let probability = 0;
  let bySigma = 0;
  let byPrice = 0;
  for (const { weight, logScale } of tails) {
    const deviation = sigmaPerSqrtSecond * Math.exp(logScale) * root;
    const z = logEdge / deviation;
    const density = weight * normalDensity(z);
    probability += weight * normalCdf(-z);
    bySigma += z * density;
    byPrice += density / deviation;
  }
  return { probability, bySigma, byPrice };
}

export const complementOf = (chance: Chance): Chance => ({
  probability: 1 - chance.probability,
  bySigma: -chance.bySigma,
  byPrice: -chance.byPrice,
});

/** Uncorrected, for any kind. */
export function cellChance(
  kind: PricedKind,
  band: PricedBand,
  sigmaPerSqrtSecond: number,
  tickSeconds: number,
  tails: readonly TailRule[],
): Chance {
  switch (kind) {
    case 'touch':
      return touchChance(band, sigmaPerSqrtSecond, tickSeconds, tails);
    case 'no_touch':
      return complementOf(touchChance(band, sigmaPerSqrtSecond, tickSeconds, tails));
    case 'inside':
      return insideOf(
        aboveChance(band.logLow, band.closesIn, sigmaPerSqrtSecond, tails),
        aboveChance(band.logHigh, band.closesIn, sigmaPerSqrtSecond, tails),
      );
    case 'outside':
      return complementOf(cellChance('inside', band, sigmaPerSqrtSecond, tickSeconds, tails));
  }
}

export const insideOf = (aboveLow: Chance, aboveHigh: Chance): Chance => ({
  probability: Math.max(0, aboveLow.probability - aboveHigh.probability),
  bySigma: aboveLow.bySigma - aboveHigh.bySigma,
  byPrice: aboveLow.byPrice - aboveHigh.byPrice,
});

const finiteProduct = (edge: number, slope: number): number => (slope === 0 ? 0 : edge * slope);
