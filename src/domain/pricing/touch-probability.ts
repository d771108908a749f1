/**
 * P(the price is in [low, high] at some time in [opens, closes]), seen from now, for a driftless log price.
 *
 * Either it is inside when the window opens, or above and comes down to `high`, or below and comes up to
 * `low`. Watched continuously this collapses to Owen's T. The index is ticks, so settlement sees a little
 * less than the continuum: Broadie, Glasserman & Kou (1997) move each barrier away by 0.5826·σ·√dt; what is
 * seen when the window opens is not shifted. Drift is left out: over a minute it moves P by less than 1e-4.
 * A window that is already open (opens ≤ 0) is priced as a touch of what is left of it.
 */
import { bivariateNormalCdf } from './bivariate-normal.ts';
import { normalCdf } from './normal-cdf.ts';
import { owensT } from './owens-t.ts';

/** −ζ(1/2)/√(2π) */
const BGK_SHIFT = 0.5825971579390107;

export interface TouchInput {
  readonly priceCents: number;
  readonly lowCents: number;
  readonly highCents: number;
  readonly opensInSeconds: number;
  readonly closesInSeconds: number;
  readonly sigmaPerSqrtSecond: number;
}

export interface TickedTouchInput extends TouchInput {
  readonly tickSeconds: number;
}

/** As if the price were watched at every instant. */
export function touchProbabilityContinuous(input: TouchInput): number {
  const { priceCents, opensInSeconds, closesInSeconds, sigmaPerSqrtSecond } = input;
  const logLow = Math.log(input.lowCents / priceCents);
  const logHigh = Math.log(input.highCents / priceCents);
  const opens = Math.max(0, opensInSeconds);
  const deviation = sigmaPerSqrtSecond * Math.sqrt(Math.max(0, closesInSeconds));
  if (deviation === 0 || (opens === 0 && isInside(logLow, logHigh))) return isInside(logLow, logHigh) ? 1 : 0;
  const low = logLow / deviation;
  const high = logHigh / deviation;
  const slope = Math.sqrt(Math.max(0, closesInSeconds - opens) / opens);
  return clamp(normalCdf(high) - normalCdf(low) + 2 * (owensT(low, slope) + owensT(high, slope)));
}

/** As the path of straight segments between ticks every `tickSeconds` is watched. */
export function touchProbability(input: TickedTouchInput): number {
  return touchProbabilityOfLogBand(
    Math.log(input.lowCents / input.priceCents),
    Math.log(input.highCents / input.priceCents),
    input.opensInSeconds,
    input.closesInSeconds,
    input.sigmaPerSqrtSecond,
    input.tickSeconds,
  );
}

/** The same with the band as ln(low/price) and ln(high/price); positional because it is the hot path. */
export function touchProbabilityOfLogBand(
  logLow: number,
  logHigh: number,
  opensInSeconds: number,
  closesInSeconds: number,
  sigmaPerSqrtSecond: number,
  tickSeconds: number,
): number {
  const opens = Math.max(0, opensInSeconds);
  const deviation = sigmaPerSqrtSecond * Math.sqrt(Math.max(0, closesInSeconds));
  if (deviation === 0 || (opens === 0 && isInside(logLow, logHigh))) return isInside(logLow, logHigh) ? 1 : 0;
  const openingDeviation = sigmaPerSqrtSecond * Math.sqrt(opens);
  const lowAtOpening = logLow / openingDeviation;
  const highAtOpening = logHigh / openingDeviation;
  const insideAtOpening = normalCdf(highAtOpening) - normalCdf(lowAtOpening);
  if (closesInSeconds <= opens) return clamp(insideAtOpening);

  const shift = BGK_SHIFT * sigmaPerSqrtSecond * Math.sqrt(tickSeconds);
  const rho = Math.sqrt(opens / closesInSeconds);
  const comesDown = crosses(highAtOpening, (logHigh - shift) / deviation, rho);
  const comesUp = crosses(-lowAtOpening, -(logLow + shift) / deviation, rho);
  return clamp(insideAtOpening + 2 * comesDown + 2 * comesUp);
}

/** P(beyond `near` when the window opens, back beyond `far` when it closes). */
const crosses = (near: number, far: number, rho: number): number =>
  normalCdf(far) - bivariateNormalCdf(near, far, rho);

const isInside = (logLow: number, logHigh: number): boolean => logLow <= 0 && logHigh >= 0;

const clamp = (probability: number): number => Math.min(1, Math.max(0, probability));
