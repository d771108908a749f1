/** The numbers of the price index. Why each: docs/index.md and docs/adr. Fractions are of the price. */
export interface IndexRules {
  /** A venue not heard for longer, by the local monotonic clock, is out. */
  readonly staleMs: number;
  /** A wider market than this is no market: the middle could be anywhere. */
  readonly spreadFractionMax: number;
  /** A venue further than this from the median of the others is out … */
  readonly gateFraction: number;
  /** … but never gated closer than this many standard deviations of one second's move … */
  readonly gateSigmas: number;
  /** … nor, however wild the market, further than this. */
  readonly gateFractionMax: number;
  /** Back in when closer than this share of the gate: a venue on the edge must not flap. */
  readonly reentryShare: number;
  /** No venue has more than this share of the weight while there are three or more. */
  readonly weightShareMax: number;
  /** Half-life of the memory of the index's own moves. */
  readonly sigmaHalfLifeMs: number;
  /** A change of venues that moves the index by less is of no consequence. */
  readonly jumpFraction: number;
}

export const DEFAULT_INDEX_RULES: IndexRules = Object.freeze({
  staleMs: 2_000,
  spreadFractionMax: 0.005,
  gateFraction: 0.0025,
  gateSigmas: 6,
  gateFractionMax: 0.01,
  reentryShare: 0.5,
  weightShareMax: 0.4,
  sigmaHalfLifeMs: 60_000,
  jumpFraction: 0.000_05,
});

/** With so many venues the index is `ok`, with VENUES_DEGRADED `degraded`; with fewer there is none. */
export const VENUES_OK = 3;
export const VENUES_DEGRADED = 2;
