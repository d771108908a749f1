/**
 * One venue's best bid and ask, and whether they are a price at all. Trades are never looked at: a print can
 * be anything, a quote has to stand.
 *
 * Age is by the local monotonic clock alone. The venue's own stamps are wrong by seconds in real recordings.
 */
import type { IndexRules } from './index-rules.ts';

export interface VenueQuote {
  /** Per coin, in the currency of the book. From a wire: anything a number can be. */
  readonly bid: number;
  readonly ask: number;
  /** Dollars for one unit of that currency: 1 for a dollar book; undefined: nobody knows. */
  readonly usdRate: number | undefined;
  /** When the venue was last heard of, ms of the local monotonic clock. */
  readonly heardMs: number;
  /** Weight in the median; positive. */
  readonly weight: number;
}

/**
 * Why a venue has no part in the index. `silent`: never heard, or its connection is lost. `stale`: not heard
 * for too long. `unit`: not a price in dollars. `crossed`: bid not below ask. `spread`: too wide. `deviated`:
 * too far from the others.
 */
export const VENUE_OUT_REASONS = ['silent', 'stale', 'unit', 'crossed', 'spread', 'deviated'] as const;
export type VenueOutReason = (typeof VENUE_OUT_REASONS)[number];

/** The middle of a sound quote in dollar cents, halves and less included; else why there is none. */
export type VenueMid =
  | { readonly midCents: number; readonly out?: undefined }
  | { readonly out: VenueOutReason };

/** A dollar-pegged coin that is not worth about a dollar is no unit to measure in. */
const USD_RATE_MIN = 0.95;
const USD_RATE_MAX = 1.05;

const MID_CENTS_MIN = 1;
/** A billion dollars. */
const MID_CENTS_MAX = 100_000_000_000;

export function venueMid(quote: VenueQuote | undefined, nowMs: number, rules: IndexRules): VenueMid {
  if (!quote) return { out: 'silent' };
  // Not `>`: an age that is no number is no age.
  if (!(nowMs - quote.heardMs <= rules.staleMs)) return { out: 'stale' };
  const { bid, ask, usdRate = Number.NaN } = quote;
  if (!(usdRate >= USD_RATE_MIN && usdRate <= USD_RATE_MAX)) return { out: 'unit' };
  const bidCents = bid * usdRate * 100;
  const askCents = ask * usdRate * 100;
  if (![bidCents, askCents].every(isPrice)) return { out: 'unit' };
  if (bid >= ask) return { out: 'crossed' };
  if (ask - bid > bid * rules.spreadFractionMax) return { out: 'spread' };
  return { midCents: (bidCents + askCents) / 2 };
}

const isPrice = (value: number): boolean => value >= MID_CENTS_MIN && value <= MID_CENTS_MAX;
