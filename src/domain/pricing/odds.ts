/**
 * The quote of one cell: the probability that the line touches it, the house edge, the multiplier.
 *
 * Invariants: an open quote pays at most (1 − edgeBase) / P and lies within the multiplier limits; a cell
 * outside the limits is disabled with its reason, never quoted badly. Total: a window already open is priced
 * as a touch of what is left of it, one already closed is disabled.
 * Non-goals: locks, stakes and caps; who may bet is decided elsewhere.
 */
import type { Cell } from '../cell.ts';
import type { OddsRules } from '../rules.ts';
import { type Cents, HUNDREDTHS_PER_ONE, type Hundredths, hundredths, type Micros } from '../units.ts';
import { touchProbabilityOfLogBand } from './touch-probability.ts';

export type CellDisabledReason = 'TOO_LIKELY' | 'TOO_UNLIKELY' | 'TOO_FAR' | 'ROW_TOO_THIN';

export interface OpenQuote {
  readonly status: 'open';
  /** Chance that the line touches the cell, 0 to 1. */
  readonly probability: number;
  /** What the house keeps of a fair stake, 0 to 1. */
  readonly edge: number;
  readonly multiplier: Hundredths;
}

export interface DisabledQuote {
  readonly status: 'disabled';
  readonly reason: CellDisabledReason;
}

export type CellQuote = OpenQuote | DisabledQuote;

export interface QuoteInput {
  readonly cell: Pick<Cell, 'opensAtMs' | 'closesAtMs' | 'lowCents' | 'highCents'>;
  readonly priceCents: Cents;
  /** Time of the tick the price is from. */
  readonly atMs: number;
  readonly sigmaPerSqrtSecond: number;
  readonly tickMs: number;
  /** What the house would owe on this cell, the bet to be quoted included; 0 for a displayed quote. */
  readonly exposureMicros: Micros;
  readonly exposureCapMicros: Micros;
  readonly rules: OddsRules;
}

/** Relative step of the finite differences: far above the rounding of P, far below its curvature. */
const BUMP = 1e-4;

export function quoteCell(input: QuoteInput): CellQuote {
  const { cell, priceCents, sigmaPerSqrtSecond: sigma, rules } = input;
  if (cell.opensAtMs - input.atMs > rules.horizonMs) return disabled('TOO_FAR');
  const tickSeconds = input.tickMs / 1_000;
  const thinnestCents = rules.rowTickDeviationsMin * sigma * Math.sqrt(tickSeconds) * priceCents;
  if (cell.highCents - cell.lowCents < thinnestCents) return disabled('ROW_TOO_THIN');

  const logLow = Math.log(cell.lowCents / priceCents);
  const logHigh = Math.log(cell.highCents / priceCents);
  const opensIn = (cell.opensAtMs - input.atMs) / 1_000;
  const closesIn = (cell.closesAtMs - input.atMs) / 1_000;
  const probability = touchProbabilityOfLogBand(logLow, logHigh, opensIn, closesIn, sigma, tickSeconds);
  if (!(probability >= rules.pMin)) return disabled('TOO_UNLIKELY');
  if (probability > rules.pMax) return disabled('TOO_LIKELY');

  const sigmaUp = sigma * (1 + BUMP);
  const bySigma = touchProbabilityOfLogBand(logLow, logHigh, opensIn, closesIn, sigmaUp, tickSeconds);
  const shift = BUMP * sigma * Math.sqrt(closesIn);
  const byPrice = touchProbabilityOfLogBand(
    logLow - shift,
    logHigh - shift,
    opensIn,
    closesIn,
    sigma,
    tickSeconds,
  );
  const sigmaElasticity = Math.abs(bySigma / probability - 1) / BUMP;
  const priceElasticity = Math.abs(byPrice / probability - 1) / shift;
  const isFull = input.exposureMicros >= input.exposureCapMicros;
  const use = isFull ? 1 : Math.max(0, input.exposureMicros / input.exposureCapMicros);
  const edge = Math.min(
    rules.edgeMax,
    rules.edgeBase +
      rules.edgeVolatilityWeight * sigmaElasticity * rules.sigmaUncertainty +
      rules.edgeLatencyWeight * priceElasticity * sigma * Math.sqrt(rules.latencySeconds) +
      rules.edgeSkew * use * use,
  );
  const fair = Math.floor(((1 - edge) / probability) * HUNDREDTHS_PER_ONE);
  if (fair < rules.multiplierHundredthsMin) return disabled('TOO_LIKELY');
  const multiplier = hundredths(Math.min(fair, rules.multiplierHundredthsMax));
  return { status: 'open', probability, edge, multiplier };
}

const disabled = (reason: CellDisabledReason): DisabledQuote => ({ status: 'disabled', reason });
