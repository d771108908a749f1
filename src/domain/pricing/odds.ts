/**
 * The quote of one cell: the probability that a bet on it wins, the house edge, the multiplier.
 *
 * The closed form over a mixture of volatilities is corrected by what offered cells like this one did
 * (calibration/), then the edge is taken: more where a wrong volatility or a late price would cost more,
 * where the correction stands on little, and where the house already owes much.
 * Invariants: an open quote pays at most (1 − edgeBase) / P and lies within the multiplier limits; a cell
 * outside the limits is disabled with its reason, never quoted badly. Total: a window already open is priced
 * as a touch of what is left of it, one already closed is disabled.
 * Non-goals: locks, stakes and caps; who may bet is decided elsewhere.
 */
import {
  type CalibrationTable,
  type Correction,
  correctionOf,
  IDENTITY_CALIBRATION,
} from '../calibration/calibration-table.ts';
import type { OddsRules } from '../rules.ts';
import { type Cents, HUNDREDTHS_PER_ONE, type Hundredths, hundredths, type Micros } from '../units.ts';
import type { VolatilityForecast } from '../volatility-forecast.ts';
import {
  aboveChance,
  type Chance,
  complementOf,
  insideOf,
  type PricedBand,
  type PricedKind,
  touchChance,
} from './cell-probability.ts';

export type CellDisabledReason = 'TOO_LIKELY' | 'TOO_UNLIKELY' | 'TOO_FAR' | 'ROW_TOO_THIN';

export interface OpenQuote {
  readonly status: 'open';
  /** Chance that a bet on the cell wins, 0 to 1. */
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

/** What the edge is made of, each as a fraction of the stake. Together they may be more than `edgeMax`. */
export interface EdgeParts {
  readonly base: number;
  /** What a wrong volatility can cost. */
  readonly volatility: number;
  /** Now and the last day disagree. */
  readonly regime: number;
  /** What knowing the next price can gain. */
  readonly latency: number;
  /** How much of its cap the house would owe already, the bet included. */
  readonly exposure: number;
  /** How thin the correction is, and how far it drifted. */
  readonly calibration: number;
}

/** An edge that is null is open: the band has no end on that side. */
export interface QuotedCell {
  /** Without one it is a touch. */
  readonly kind?: PricedKind;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: Cents | null;
  readonly highCents: Cents | null;
}

/** A cell and the moment it is looked at, without what the house owes on it. */
export interface ChanceInput extends Pick<VolatilityForecast, 'sigmaPerSqrtSecond'> {
  readonly cell: QuotedCell;
  readonly priceCents: Cents;
  /** Time of the tick the price is from. */
  readonly atMs: number;
  /** Of the forecast; without one, the usual (0). */
  readonly regime?: number;
  /** The correction in force; without one, none. */
  readonly calibration?: CalibrationTable;
  readonly tickMs: number;
  readonly rules: OddsRules;
}

export interface QuoteInput extends ChanceInput {
  /** What the house would owe on this cell, the bet to be quoted included; 0 for a displayed quote. */
  readonly exposureMicros: Micros;
  readonly exposureCapMicros: Micros;
}

export function quoteCell(input: QuoteInput): CellQuote {
  const chance = chanceOfCell(input);
  if ('status' in chance) return chance;
  return quoteOfChance(chance, input, capUse(input.exposureMicros, input.exposureCapMicros));
}

/** How much of a cap is used, 0 to 1. */
export const capUse = (exposureMicros: Micros, capMicros: Micros): number =>
  exposureMicros >= capMicros ? 1 : Math.max(0, exposureMicros / capMicros);

/** The corrected chance that a bet on the cell wins, or why it is not offered whatever the chance. */
export function chanceOfCell(input: ChanceInput): CalibratedChance | DisabledQuote {
  const { cell, priceCents, sigmaPerSqrtSecond: sigma, rules } = input;
  if (cell.opensAtMs - input.atMs > rules.horizonMs) return disabled('TOO_FAR');
  const tickSeconds = input.tickMs / 1_000;
  const thinnestCents = rules.rowTickDeviationsMin * sigma * Math.sqrt(tickSeconds) * priceCents;
  const { lowCents, highCents } = cell;
  if (lowCents !== null && highCents !== null && highCents - lowCents < thinnestCents) {
    return disabled('ROW_TOO_THIN');
  }
  const band: PricedBand = {
    logLow: lowCents === null ? Number.NEGATIVE_INFINITY : Math.log(lowCents / priceCents),
    logHigh: highCents === null ? Number.POSITIVE_INFINITY : Math.log(highCents / priceCents),
    opensIn: (cell.opensAtMs - input.atMs) / 1_000,
    closesIn: (cell.closesAtMs - input.atMs) / 1_000,
  };
  return calibratedChance(cell.kind ?? 'touch', band, input);
}

/** `use` is how much of the cell's cap the house would owe, 0 to 1. */
export function quoteOfChance(chance: CalibratedChance, moment: PricedMoment, use = 0): CellQuote {
  const { rules } = moment;
  const { probability } = chance;
  if (!(probability >= rules.pMin)) return disabled('TOO_UNLIKELY');
  if (probability > rules.pMax) return disabled('TOO_LIKELY');
  const edge = edgeOf(edgePartsOf(chance, moment, use), rules);
  const fair = Math.floor(((1 - edge) / probability) * HUNDREDTHS_PER_ONE);
  if (fair < rules.multiplierHundredthsMin) return disabled('TOO_LIKELY');
  const multiplier = hundredths(Math.min(fair, rules.multiplierHundredthsMax));
  return { status: 'open', probability, edge, multiplier };
}

/** As `quoteOfChance` has them. */
export function edgePartsOf(chance: CalibratedChance, moment: PricedMoment, use = 0): EdgeParts {
  const { sigmaPerSqrtSecond: sigma, rules } = moment;
  const sigmaElasticity = Math.abs(chance.bySigma) / chance.probability;
  const priceElasticity = Math.abs(chance.byPrice) / chance.probability;
  return {
    base: rules.edgeBase,
    volatility: rules.edgeVolatilityWeight * sigmaElasticity * rules.sigmaUncertainty,
    regime: rules.edgeRegimeWeight * Math.abs(moment.regime ?? 0),
    latency: rules.edgeLatencyWeight * priceElasticity * sigma * Math.sqrt(rules.latencySeconds),
    exposure: rules.edgeSkew * use * use,
    calibration: chance.edge,
  };
}

const edgeOf = (parts: EdgeParts, { edgeMax }: OddsRules): number =>
  Math.min(
    edgeMax,
    parts.base + parts.volatility + parts.regime + parts.latency + parts.exposure + parts.calibration,
  );

/** What `calibratedChance` needs besides the cell. */
export type PricedMoment = Pick<
  QuoteInput,
  'sigmaPerSqrtSecond' | 'regime' | 'calibration' | 'tickMs' | 'rules'
>;

/** A corrected chance, and the edge its correction asks for. */
export interface CalibratedChance extends Chance {
  readonly edge: number;
}

/** The probability that is quoted for a cell of any kind. */
export const cellProbability = (kind: PricedKind, band: PricedBand, moment: PricedMoment): number =>
  calibratedChance(kind, band, moment).probability;

function calibratedChance(kind: PricedKind, band: PricedBand, moment: PricedMoment): CalibratedChance {
  if (kind === 'no_touch' || kind === 'outside') {
    const other = calibratedChance(kind === 'outside' ? 'inside' : 'touch', band, moment);
    return { ...complementOf(other), edge: other.edge };
  }
  if (kind === 'touch') {
    const { sigmaPerSqrtSecond, rules } = moment;
    const base = touchChance(band, sigmaPerSqrtSecond, moment.tickMs / 1_000, rules.tails);
    return correctedTouch(base, band.opensIn, moment);
  }
  const aboveLow = calibratedAbove(band.logLow, band.closesIn, moment);
  const aboveHigh = calibratedAbove(band.logHigh, band.closesIn, moment);
  return { ...insideOf(aboveLow, aboveHigh), edge: Math.max(aboveLow.edge, aboveHigh.edge) };
}

/** `base` is the uncorrected chance of a touch in a window that opens in so many seconds. */
export const correctedTouch = (base: Chance, opensIn: number, moment: PricedMoment): CalibratedChance =>
  corrected(base, correctionAt(moment, 'touch', opensIn, base.probability));

/** The smaller side of an edge is corrected, the larger one is the rest: rows of a column add up to one. */
function calibratedAbove(logEdge: number, closesIn: number, moment: PricedMoment): CalibratedChance {
  const above = aboveChance(logEdge, closesIn, moment.sigmaPerSqrtSecond, moment.rules.tails);
  const isSmaller = logEdge >= 0;
  const smaller = isSmaller ? above : complementOf(above);
  if (smaller.probability === 0) return { ...above, edge: 0 };
  const fixed = corrected(smaller, correctionAt(moment, 'tail', closesIn, smaller.probability), 0.5);
  return isSmaller ? fixed : { ...complementOf(fixed), edge: fixed.edge };
}

const correctionAt = (
  moment: PricedMoment,
  family: 'touch' | 'tail',
  seconds: number,
  probability: number,
): Correction =>
  correctionOf(moment.calibration ?? IDENTITY_CALIBRATION, family, seconds, moment.regime ?? 0, probability);

/** Elasticities are kept: probability and sensitivities are scaled alike. */
function corrected(base: Chance, { ratio, edge }: Correction, probabilityMax = 1): CalibratedChance {
  const scale = Math.min(ratio, probabilityMax / base.probability);
  return {
    probability: base.probability * scale,
    bySigma: base.bySigma * scale,
    byPrice: base.byPrice * scale,
    edge,
  };
}

const disabled = (reason: CellDisabledReason): DisabledQuote => ({ status: 'disabled', reason });
