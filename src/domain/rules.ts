/**
 * The rules of the market as one frozen, versioned value. A bet carries the version it was accepted under;
 * any change of a number here is a new `rulesVersion`, so an audit years later settles by the right text.
 *
 * Invariants: lockMs ≥ max(columnMs, 2 s + holdMs); the last displayed column opens within horizonMs.
 * Non-goals: limits of transport (rates, sizes) are configuration, not rules.
 */
import { type Micros, micros } from './units.ts';

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
  /** Base edge, as a fraction of the stake. */
  readonly edgeBase: number;
  /** Weight of |dlnP/dlnσ| · sigmaUncertainty: what a wrong volatility can cost. */
  readonly edgeVolatilityWeight: number;
  /** Relative standard error assumed of σ. */
  readonly sigmaUncertainty: number;
  /** Weight of |dlnP/dx| · σ · √latencySeconds: what a bettor who knows the next price can gain. */
  readonly edgeLatencyWeight: number;
  /** The information lead left after the hold. */
  readonly latencySeconds: number;
  /** Edge added when the cell's exposure reaches its cap; grows with the square of the use. */
  readonly edgeSkew: number;
  /** The edge is never more than this. */
  readonly edgeMax: number;
}

export interface VolatilityRules {
  /** Returns are taken at least this far apart. */
  readonly sampleMs: number;
  /** Two ticks further apart than this are not one return. */
  readonly maxGapMs: number;
  readonly fastHalfLifeSeconds: number;
  readonly slowHalfLifeSeconds: number;
  /** Volatility assumed before anything was seen, and the seconds of data it weighs as much as. */
  readonly priorAnnual: number;
  readonly priorWeightSeconds: number;
  readonly floorAnnual: number;
  readonly capAnnual: number;
  /** One return counts as at most this many standard deviations: jumps belong in the edge, not in σ. */
  readonly jumpDeviationsMax: number;
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

/** The most the house may owe, as fractions of its bankroll. Touch liabilities add up over rows. */
export interface CapRules {
  readonly bet: number;
  readonly walletOpen: number;
  readonly cell: number;
  readonly column: number;
  readonly total: number;
}

/** What settling a touch depends on. */
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
  readonly grid: GridRules;
}

const HORIZON_MS = 60_000;
const MAX_GAP_MS = 2_000;

export const DEFAULT_ODDS_RULES: OddsRules = Object.freeze({
  pMin: 0.025,
  pMax: 0.9,
  multiplierHundredthsMin: 101,
  multiplierHundredthsMax: 2_500,
  horizonMs: HORIZON_MS,
  rowTickDeviationsMin: 2,
  edgeBase: 0.03,
  edgeVolatilityWeight: 1,
  sigmaUncertainty: 0.02,
  edgeLatencyWeight: 0.4,
  latencySeconds: 0.1,
  edgeSkew: 0.1,
  edgeMax: 0.25,
});

export const DEFAULT_VOLATILITY_RULES: VolatilityRules = Object.freeze({
  sampleMs: 1_000,
  maxGapMs: MAX_GAP_MS,
  fastHalfLifeSeconds: 60,
  slowHalfLifeSeconds: 300,
  priorAnnual: 0.4,
  priorWeightSeconds: 60,
  floorAnnual: 0.15,
  capAnnual: 3,
  jumpDeviationsMax: 6,
});

export const DEFAULT_GRID_RULES: GridRules = Object.freeze({
  rows: 21,
  columns: 11,
  priceOffsetSteps: 25,
  timeOffsetStepMs: 250,
});

export const DEFAULT_MARKET_RULES: MarketRules = Object.freeze({
  rulesVersion: 'touch-1',
  columnMs: 5_000,
  tickMs: 100,
  lockMs: 5_000,
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
  caps: Object.freeze({ bet: 0.0005, walletOpen: 0.0025, cell: 0.005, column: 0.02, total: 0.2 }),
  odds: DEFAULT_ODDS_RULES,
  volatility: DEFAULT_VOLATILITY_RULES,
  grid: DEFAULT_GRID_RULES,
});

/** Whether a column is too near (or past) to take bets as of a tick. */
export const isColumnLocked = (
  opensAtMs: number,
  atMs: number,
  rules: Pick<MarketRules, 'lockMs'>,
): boolean => opensAtMs - atMs < rules.lockMs;

/** A cap in money: the fraction of the bankroll, rounded down. */
export const capMicrosFloor = (bankrollMicros: Micros, fraction: number): Micros =>
  micros(Math.floor(bankrollMicros * fraction));
