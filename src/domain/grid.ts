/**
 * The displayed grid. It is computed from relative parameters only (volatility in cents, the regime, which
 * correction is in force, where the price is in its row, where now is in its column), so one computed grid
 * serves every moment that looks the same, and a cached one stays exact for ever.
 *
 * Invariants: a displayed multiplier is what quoteCell gives for the quantised parameters without exposure;
 * every displayed column is unlocked at `atMs`. Non-goals: no bet is ever priced from a grid.
 */

import type { CalibrationTable } from './calibration/calibration-table.ts';
import { ROW_HEIGHTS_CENTS, rowOf } from './cell.ts';
import { quoteCell } from './pricing/odds.ts';
import type { MarketRules } from './rules.ts';
import { type Cents, cents, type Hundredths, micros } from './units.ts';
import { quantiseSigma, sigmaOfStep } from './volatility.ts';
import { quantiseRegime, regimeOfStep } from './volatility-forecast.ts';

/** All that the multipliers of a grid depend on. */
export interface GridParams {
  /** Step of the 1 % raster of the volatility that REFERENCE_PRICE_CENTS would need to move as many cents. */
  readonly sigmaStep: number;
  /** Step of the raster of regimes. */
  readonly regimeStep: number;
  /** Names the table that odds are corrected with, contents and all. */
  readonly calibrationVersion: string;
  readonly rowHeightCents: number;
  readonly columnMs: number;
  /** Which of `priceOffsetSteps` parts of its row the price is in. */
  readonly priceOffsetStep: number;
  /** Which `timeOffsetStepMs` part of its column now is in. */
  readonly timeOffsetStep: number;
  readonly rows: number;
  readonly columns: number;
  readonly rulesVersion: string;
}

/** [column][row], rows from the lowest up; null where the cell is not offered. */
export type RelativeGrid = readonly (readonly (Hundredths | null)[])[];

export interface Grid {
  readonly atMs: number;
  /** When each column opens. */
  readonly columns: readonly number[];
  /** Low edge of each row, from the lowest up. */
  readonly rows: readonly Cents[];
  readonly columnMs: number;
  readonly rowHeightCents: number;
  readonly multipliers: RelativeGrid;
}

export interface GridMoment {
  readonly priceCents: Cents;
  readonly atMs: number;
  readonly sigmaPerSqrtSecond: number;
  readonly regime: number;
  readonly calibration: CalibrationTable;
  readonly rowHeightCents: number;
}

/**
 * A multiple of every row height; over a screen, log and cent distances from it differ by less than a step.
 */
export const REFERENCE_PRICE_CENTS = 10_000_000;

/** A row height is kept until the wanted one is this many times larger or smaller. */
const HYSTERESIS_RATIO = 1.8;

export function gridParams(moment: GridMoment, rules: MarketRules): GridParams {
  const { rows, columns, priceOffsetSteps, timeOffsetStepMs } = rules.grid;
  const { rowHeightCents } = moment;
  const offsetCents = moment.priceCents - rowOf(moment.priceCents, rowHeightCents).lowCents;
  return {
    sigmaStep: quantiseSigma((moment.sigmaPerSqrtSecond * moment.priceCents) / REFERENCE_PRICE_CENTS),
    regimeStep: quantiseRegime(moment.regime),
    calibrationVersion: moment.calibration.version,
    rowHeightCents,
    columnMs: rules.columnMs,
    priceOffsetStep: Math.floor((offsetCents * priceOffsetSteps) / rowHeightCents),
    timeOffsetStep: Math.floor((moment.atMs % rules.columnMs) / timeOffsetStepMs),
    rows,
    columns,
    rulesVersion: rules.rulesVersion,
  };
}

/** The `{params}` of the cache key; equal exactly when the parameters are. */
export const gridCacheKey = (p: GridParams): string =>
  `${p.rulesVersion}:k${p.calibrationVersion}:s${p.sigmaStep}:r${p.regimeStep}` +
  `:h${p.rowHeightCents}:c${p.columnMs}:p${p.priceOffsetStep}:t${p.timeOffsetStep}:${p.columns}x${p.rows}`;

/** The moment that parameters stand for: the middle of their steps, at the reference price and time zero. */
export function representativeOf(
  params: GridParams,
  rules: MarketRules,
): Pick<GridMoment, 'priceCents' | 'atMs' | 'sigmaPerSqrtSecond' | 'regime'> {
  const { priceOffsetSteps, timeOffsetStepMs } = rules.grid;
  const offsetCents = ((2 * params.priceOffsetStep + 1) * params.rowHeightCents) / (2 * priceOffsetSteps);
  return {
    priceCents: cents(REFERENCE_PRICE_CENTS + offsetCents),
    atMs: params.timeOffsetStep * timeOffsetStepMs + timeOffsetStepMs / 2,
    sigmaPerSqrtSecond: sigmaOfStep(params.sigmaStep),
    regime: regimeOfStep(params.regimeStep),
  };
}

/** `calibration` must be the table that the parameters name. */
export function computeRelativeGrid(
  params: GridParams,
  calibration: CalibrationTable,
  rules: MarketRules,
): RelativeGrid {
  if (calibration.version !== params.calibrationVersion)
    throw new Error(`a grid for ${params.calibrationVersion} cannot be computed with ${calibration.version}`);
  const moment = representativeOf(params, rules);
  const openings = columnOpenings(params, rules, 0);
  const lows = rowLows(params, REFERENCE_PRICE_CENTS);
  const free = { exposureMicros: micros(0), exposureCapMicros: micros(1) };
  return openings.map((opensAtMs) =>
    lows.map((lowCents) => {
      const highCents = cents(lowCents + params.rowHeightCents);
      const cell = { opensAtMs, closesAtMs: opensAtMs + params.columnMs, lowCents, highCents };
      const quote = quoteCell({
        cell,
        ...moment,
        calibration,
        ...free,
        tickMs: rules.tickMs,
        rules: rules.odds,
      });
      return quote.status === 'open' ? quote.multiplier : null;
    }),
  );
}

/** Puts a relative grid where the price and the time are; the moment must be one with these parameters. */
export function placeGrid(
  multipliers: RelativeGrid,
  params: GridParams,
  moment: Pick<GridMoment, 'priceCents' | 'atMs'>,
  rules: MarketRules,
): Grid {
  const columnStartMs = moment.atMs - (moment.atMs % params.columnMs);
  return {
    atMs: moment.atMs,
    columns: columnOpenings(params, rules, columnStartMs),
    rows: rowLows(params, rowOf(moment.priceCents, params.rowHeightCents).lowCents),
    columnMs: params.columnMs,
    rowHeightCents: params.rowHeightCents,
    multipliers,
  };
}

/**
 * The rung nearest (in ratio) to what the price moves in one column, and never thinner than pricing allows.
 * With `previousHeightCents`, that one stays until it is clearly wrong.
 */
export function chooseRowHeight(
  moment: Pick<GridMoment, 'priceCents' | 'sigmaPerSqrtSecond'>,
  rules: MarketRules,
  previousHeightCents?: number,
): number {
  const centsPerSqrtSecond = moment.sigmaPerSqrtSecond * moment.priceCents;
  const wanted = centsPerSqrtSecond * Math.sqrt(rules.columnMs / 1_000);
  const thinnest = rules.odds.rowTickDeviationsMin * centsPerSqrtSecond * Math.sqrt(rules.tickMs / 1_000);
  const rungs = ROW_HEIGHTS_CENTS.filter((height) => height >= thinnest);
  const distance = (height: number): number => Math.abs(Math.log(height / wanted));
  if (
    previousHeightCents !== undefined &&
    rungs.includes(previousHeightCents) &&
    distance(previousHeightCents) <= Math.log(HYSTERESIS_RATIO)
  ) {
    return previousHeightCents;
  }
  const highest = ROW_HEIGHTS_CENTS[ROW_HEIGHTS_CENTS.length - 1] ?? 0;
  return rungs.reduce(
    (best, height) => (distance(height) < distance(best) ? height : best),
    rungs[0] ?? highest,
  );
}

/** From the first column that stays unlocked to the last millisecond of the time step on. */
function columnOpenings(params: GridParams, rules: MarketRules, columnStartMs: number): number[] {
  const lastOffsetMs = (params.timeOffsetStep + 1) * rules.grid.timeOffsetStepMs - 1;
  const first = Math.ceil((lastOffsetMs + rules.lockMs) / params.columnMs);
  return Array.from({ length: params.columns }, (_, i) => columnStartMs + (first + i) * params.columnMs);
}

function rowLows(params: GridParams, currentLowCents: number): Cents[] {
  const below = (params.rows - 1) / 2;
  return Array.from({ length: params.rows }, (_, i) =>
    cents(currentLowCents + (i - below) * params.rowHeightCents),
  );
}
