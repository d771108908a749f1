/**
 * P(the price is in [low, high] at some time in [opens, closes]), seen from now, for a driftless log price.
 *
 * Either it is inside when the window opens, or above and comes down to `high`, or below and comes up to
 * `low`. Both ways are the same function of one edge: P = A(high) + A(−low) − 1, where
 * A(k) = P(X₁ ≤ k) + 2·P(X₁ > k, X₂ < k), in Owen's T; watched continuously it is N(k₂) + 2·T(k₂, ·).
 * The index is ticks, so settlement sees a little less than the continuum: Broadie, Glasserman & Kou (1997)
 * move the edge away by 0.5826·σ·√dt; what is seen when the window opens is not shifted. Drift is left out:
 * over a minute it moves P by less than 1e-4. A window already open is priced as a touch of what is left.
 */
import { normalCdf, normalDensity } from './normal-cdf.ts';
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
export const touchProbabilityContinuous = (input: TouchInput): number =>
  touchProbability({ ...input, tickSeconds: 0 });

/** As the path of straight segments between ticks every `tickSeconds` is watched. */
export function touchProbability(input: TickedTouchInput): number {
  const { opensInSeconds, closesInSeconds, tickSeconds } = input;
  return touchProbabilityOfLogBand(
    Math.log(input.lowCents / input.priceCents),
    Math.log(input.highCents / input.priceCents),
    input.sigmaPerSqrtSecond,
    touchWindow(opensInSeconds, closesInSeconds, tickSeconds),
  );
}

/** What all cells of a column share. */
export interface TouchWindow {
  readonly rootOpens: number;
  readonly rootCloses: number;
  /** Correlation of the price at the opening with that at the close, and √(1 − rho²). */
  readonly rho: number;
  readonly root: number;
  /** The discrete shift in deviations at the close. */
  readonly shift: number;
  readonly isOpen: boolean;
  readonly isInstant: boolean;
}

export function touchWindow(
  opensInSeconds: number,
  closesInSeconds: number,
  tickSeconds: number,
): TouchWindow {
  const opens = Math.max(0, opensInSeconds);
  const closes = Math.max(opens, closesInSeconds);
  return {
    rootOpens: Math.sqrt(opens),
    rootCloses: Math.sqrt(closes),
    rho: Math.sqrt(opens / closes),
    root: Math.sqrt((closes - opens) / closes),
    shift: BGK_SHIFT * Math.sqrt(tickSeconds / closes),
    isOpen: opens === 0,
    isInstant: closes === opens,
  };
}

/** The band as ln(low/price) and ln(high/price), either of which may be infinite. */
export function touchProbabilityOfLogBand(
  logLow: number,
  logHigh: number,
  sigmaPerSqrtSecond: number,
  window: TouchWindow,
): number {
  const isInside = logLow <= 0 && logHigh >= 0;
  if (sigmaPerSqrtSecond * window.rootCloses === 0 || (window.isOpen && isInside)) return isInside ? 1 : 0;
  const sum = approach(logHigh / sigmaPerSqrtSecond, window) + approach(-logLow / sigmaPerSqrtSecond, window);
  return Math.min(1, Math.max(0, sum - 1));
}

/** A(k) of the head comment; `edge` is the log edge over σ, in √seconds. */
export function approach(edge: number, window: TouchWindow): number {
  if (window.isOpen) return edge >= 0 ? 1 : 2 * normalCdf(edge / window.rootCloses - window.shift);
  const atOpening = edge / window.rootOpens;
  if (window.isInstant) return normalCdf(atOpening);
  if (edge === Number.POSITIVE_INFINITY) return 1;
  if (edge === Number.NEGATIVE_INFINITY) return 0;
  const atClose = edge / window.rootCloses - window.shift;
  const { rho, root, shift } = window;
  // Without a shift atClose = rho·atOpening: the first T is zero, the second has a slope of its own.
  if (shift === 0) return normalCdf(atClose) + 2 * owensT(atClose, root / rho);
  // By sign, not by product: it underflows to zero.
  const isSplit = atOpening >= 0 !== atClose >= 0;
  const wedges = wedge(atOpening, -shift / root) + wedge(atClose, (atOpening - rho * atClose) / root);
  return normalCdf(atClose) + 2 * wedges + (isSplit ? 1 : 0);
}

/** T(h, rise / h); for h = 0 the slope is infinite with the sign of the rise. */
const wedge = (h: number, rise: number): number =>
  h === 0 ? (rise === 0 ? 0 : rise > 0 ? 0.25 : -0.25) : owensT(h, rise / h);

/** dA/d`edge` for a window that is not open yet; zero at infinite edges. */
export function approachSlope(edge: number, window: TouchWindow): number {
  if (!Number.isFinite(edge)) return 0;
  const { rootOpens, rootCloses, rho, root, shift } = window;
  if (window.isOpen) {
    return edge >= 0 ? 0 : (2 * normalDensity(edge / rootCloses - shift)) / rootCloses;
  }
  const atOpening = edge / rootOpens;
  if (window.isInstant) return normalDensity(atOpening) / rootOpens;
  const atClose = edge / rootCloses - shift;
  const closing = (2 * normalDensity(atClose) * normalCdf((rho * atClose - atOpening) / root)) / rootCloses;
  if (shift === 0) return closing;
  return closing + (normalDensity(atOpening) * (1 - 2 * normalCdf(-shift / root))) / rootOpens;
}
