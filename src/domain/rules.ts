/**
 * The rules of the market as one frozen, versioned value. A bet carries the version it was accepted under;
 * any change of a number here is a new `rulesVersion`, so an audit years later settles by the right text.
 *
 * Invariants: lockMs ≥ max(columnMs, 2 s + holdMs); the last displayed column opens within horizonMs.
 * Non-goals: limits of transport (rates, sizes) are configuration, not rules.
 */
import { FITTED_WEIGHTS } from './calibration/fitted-odds.ts';
import { type Micros, micros } from './units.ts';

/** One part of the scale mixture: volatility times e^logScale, with this probability. */
export interface TailRule {
  readonly weight: number;
  readonly logScale: number;
}

/** Quoting: which cells are offered and how much of the fair multiplier the house keeps. */
export interface OddsRules {
  /** A cell less or more likely than this is not offered. */
  readonly pMin: number;
  readonly pMax: number;
  readonly multiplierHundredthsMin: number;
  readonly multiplierHundredthsMax: number;
  /** A cell that opens later than this is not offered. */
  readonly horizonMs: number;
  /** A row must be at least this many σ·√tick high, or ticks would jump over it unseen. */
  readonly rowTickDeviationsMin: number;
  /** Fat tails: the closed form is averaged over these volatilities. The weights add up to one. */
  readonly tails: readonly TailRule[];
  /** Base edge, as a fraction of the stake. */
  readonly edgeBase: number;
  /** Weight of |dlnP/dlnσ| · sigmaUncertainty: what a wrong volatility can cost. */
  readonly edgeVolatilityWeight: number;
  /** Relative standard error assumed of σ. */
  readonly sigmaUncertainty: number;
  /** Edge for each unit of |regime|: the forecast and what was usual disagree, one of them is wrong. */
  readonly edgeRegimeWeight: number;
  /** Weight of |dlnP/dx| · σ · √latencySeconds: what a bettor who knows the next price can gain. */
  readonly edgeLatencyWeight: number;
  /** The information lead left after the hold. */
  readonly latencySeconds: number;
  /** Edge added when the cell's exposure reaches its cap; grows with the square of the use. */
  readonly edgeSkew: number;
  /** The edge is never more than this. */
  readonly edgeMax: number;
}

/** ln variance = intercept + Σ averages·ln(average) + daily·(sin, cos of one and of two turns a UTC day). */
export interface ForecastWeights {
  readonly intercept: number;
  /** One for each half-life, the shortest first. */
  readonly averages: readonly number[];
  readonly daily: readonly [number, number, number, number];
}

export interface VolatilityRules {
  /** Returns are taken at least this far apart. */
  readonly sampleMs: number;
  /** Two ticks further apart than this are not one return. */
  readonly maxGapMs: number;
  /** Of the averages of variance, the shortest first; the last is what a regime is measured against. */
  readonly halfLivesSeconds: readonly number[];
  readonly weights: ForecastWeights;
  /** Volatility assumed before anything was seen, and the seconds of data it weighs as much as. */
  readonly priorAnnual: number;
  readonly priorWeightSeconds: number;
  readonly floorAnnual: number;
  readonly capAnnual: number;
  /** Which average a jump is measured against. */
  readonly jumpReference: number;
  /** A squared return of ticks, or the variance of a bar, counts as at most this multiple of it. */
  readonly tickJumpRatioMax: number;
  readonly barJumpRatioMax: number;
}

/** How odds are corrected by what the offered cells of the last days did. */
export interface CalibrationRules {
  /** The offered cells of one instant in every such span are followed up. */
  readonly sampleMs: number;
  /** The correction in force is renewed this often. */
  readonly publishMs: number;
  readonly halfLifeSeconds: number;
  /** The fitted correction weighs as much as the instants of this long. */
  readonly priorSeconds: number;
  /** Edge per relative standard error of a correction, and per |ln| that it moved from the fitted one. */
  readonly edgeThinWeight: number;
  readonly edgeDriftWeight: number;
  /** The correction adds at most this much to the edge. */
  readonly edgeMax: number;
}

export interface GridRules {
  /** Odd: the current row in the middle. */
  readonly rows: number;
  readonly columns: number;
  /** How finely the price inside its row is told apart; divides 50, so every step's middle is whole cents. */
  readonly priceOffsetSteps: number;
  /** How finely now inside its column is told apart; even and divides columnMs. */
  readonly timeOffsetStepMs: number;
}

/**
 * The most the house may owe beyond the stakes, as fractions of its bankroll. Liabilities add up over the
 * rows and kinds of a column.
 */
export interface CapRules {
  readonly bet: number;
  readonly walletOpen: number;
  /** Of the bets of one wallet taken in the last minute, settled or not. */
  readonly walletMinute: number;
  readonly cell: number;
  readonly column: number;
  /** Of all bets taken in the last minute. */
  readonly minute: number;
  readonly total: number;
}

/** What settling a bet depends on. */
export interface SettlementRules {
  /** Two recorded ticks further apart than this are a feed gap. */
  readonly maxGapMs: number;
  /** More of a window than this on degraded ticks voids the cell. */
  readonly maxDegradedFraction: number;
}

export interface MarketRules extends SettlementRules {
  readonly rulesVersion: string;
  /** Length of the displayed columns. */
  readonly columnMs: number;
  /** The raster of index ticks. */
  readonly tickMs: number;
  /** A column that opens sooner than this takes no bets. */
  readonly lockMs: number;
  /** On a degraded feed, a column that opens sooner than this many locks takes none. */
  readonly nearLocks: number;
  /** A bet executes at the first tick at or after its receipt plus this. */
  readonly holdMs: number;
  /** A bet that found no tick this long after its receipt is refused. */
  readonly maxExecutionDelayMs: number;
  /** A column that opens later than this takes no bets. */
  readonly horizonMs: number;
  readonly minStakeMicros: Micros;
  readonly maxStakeMicros: Micros;
  /** What a wallet gets from the house, once, at its first sign-in. */
  readonly startingGrantMicros: Micros;
  /** No grant takes the house below this fraction of its bankroll: sign-ups cannot drain what backs bets. */
  readonly grantFloorFraction: number;
  /** What the house opens its books with; caps are fractions of it. */
  readonly houseBankrollMicros: Micros;
  readonly caps: CapRules;
  readonly odds: OddsRules;
  readonly volatility: VolatilityRules;
  readonly calibration: CalibrationRules;
  readonly grid: GridRules;
}

const HORIZON_MS = 60_000;
const MAX_GAP_MS = 2_000;

export const DEFAULT_ODDS_RULES: OddsRules = Object.freeze({
  pMin: 0.036,
  pMax: 0.9,
  multiplierHundredthsMin: 101,
  multiplierHundredthsMax: 2_500,
  horizonMs: HORIZON_MS,
  rowTickDeviationsMin: 2,
  tails: Object.freeze([
    Object.freeze({ weight: 0.2, logScale: -0.8 }),
    Object.freeze({ weight: 0.6, logScale: -0.1 }),
    Object.freeze({ weight: 0.2, logScale: 0.6 }),
  ]),
  edgeBase: 0.045,
  edgeVolatilityWeight: 1,
  sigmaUncertainty: 0.005,
  edgeRegimeWeight: 0.01,
  edgeLatencyWeight: 0.4,
  latencySeconds: 0.1,
  edgeSkew: 0.1,
  edgeMax: 0.25,
});

export const DEFAULT_VOLATILITY_RULES: VolatilityRules = Object.freeze({
  sampleMs: 1_000,
  maxGapMs: MAX_GAP_MS,
  halfLivesSeconds: Object.freeze([30, 120, 600, 3_600, 21_600, 86_400]),
  weights: FITTED_WEIGHTS,
  priorAnnual: 0.4,
  priorWeightSeconds: 60,
  floorAnnual: 0.05,
  capAnnual: 3,
  jumpReference: 2,
  tickJumpRatioMax: 36,
  barJumpRatioMax: 12,
});

export const DEFAULT_CALIBRATION_RULES: CalibrationRules = Object.freeze({
  sampleMs: 5_000,
  publishMs: 60_000,
  halfLifeSeconds: 3 * 86_400,
  priorSeconds: 1_800,
  edgeThinWeight: 0.02,
  edgeDriftWeight: 0.015,
  edgeMax: 0.05,
});

export const DEFAULT_GRID_RULES: GridRules = Object.freeze({
  rows: 21,
  columns: 11,
  priceOffsetSteps: 25,
  timeOffsetStepMs: 250,
});

export const DEFAULT_MARKET_RULES: MarketRules = Object.freeze({
  rulesVersion: 'touch-2',
  columnMs: 5_000,
  tickMs: 100,
  lockMs: 5_000,
  nearLocks: 2,
  holdMs: 100,
  maxExecutionDelayMs: 1_000,
  horizonMs: HORIZON_MS,
  maxGapMs: MAX_GAP_MS,
  maxDegradedFraction: 0.2,
  minStakeMicros: micros(100_000),
  maxStakeMicros: micros(100_000_000),
  startingGrantMicros: micros(1_000_000_000),
  grantFloorFraction: 0.5,
  houseBankrollMicros: micros(10_000_000_000_000),
  caps: Object.freeze({
    bet: 0.0005,
    walletOpen: 0.0025,
    walletMinute: 0.005,
    cell: 0.005,
    column: 0.02,
    minute: 0.1,
    total: 0.2,
  }),
  odds: DEFAULT_ODDS_RULES,
  volatility: DEFAULT_VOLATILITY_RULES,
  calibration: DEFAULT_CALIBRATION_RULES,
  grid: DEFAULT_GRID_RULES,
});

/** A column opens at the earliest this long after the tick a bet executes at, besides one column. */
const LOCK_BEYOND_HOLD_MS = 2_000;
/** Columns offered ahead, at least. */
const HORIZON_COLUMNS = 10;

/** The rules for columns of another length; sampled once a column. */
export function rulesForColumns(columnMs: number, rules: MarketRules = DEFAULT_MARKET_RULES): MarketRules {
  const horizonMs = Math.max(HORIZON_MS, HORIZON_COLUMNS * columnMs);
  return Object.freeze({
    ...rules,
    columnMs,
    lockMs: Math.max(columnMs, LOCK_BEYOND_HOLD_MS + rules.holdMs),
    horizonMs,
    odds: Object.freeze({ ...rules.odds, horizonMs }),
    calibration: Object.freeze({ ...rules.calibration, sampleMs: columnMs }),
  });
}

/** Whether a column is too near (or past) to take bets as of a tick. */
export const isColumnLocked = (
  opensAtMs: number,
  atMs: number,
  rules: Pick<MarketRules, 'lockMs'>,
): boolean => opensAtMs - atMs < rules.lockMs;

/** A cap in money: the fraction of the bankroll, rounded down. */
export const capMicrosFloor = (bankrollMicros: Micros, fraction: number): Micros =>
  micros(Math.floor(bankrollMicros * fraction));
