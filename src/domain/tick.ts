/**
 * The index tick: one point of the price line. Settlement uses nothing else.
 *
 * Invariants of a recorded series: `seq` is dense (each is the last plus one) and `atMs` strictly
 * increasing, across restarts. A published tick is never corrected.
 */
import type { Cents } from './units.ts';

export const SYMBOL = 'btc:usd';
export type MarketSymbol = typeof SYMBOL;

/** `ok`: enough healthy venues; `degraded`: the line goes on, but near columns take no new bets. */
export type TickQuality = 'ok' | 'degraded';

/** A feed has at most 30 venues: a mask is a positive 32-bit integer in every language. */
export const VENUES_MAX = 30;
export const VENUE_MASK_MAX = 2 ** VENUES_MAX - 1;

export interface IndexTick {
  readonly symbol: MarketSymbol;
  /** Dense sequence number, from 1. */
  readonly seq: number;
  /** Index time, ms since the Unix epoch, on the feed's tick raster. */
  readonly atMs: number;
  readonly priceCents: Cents;
  readonly quality: TickQuality;
  /** How many venues the price stands on. */
  readonly venues: number;
  /** Which ones: bit i is set if venue i of the feed's list took part; at most `VENUE_MASK_MAX`. */
  readonly venueMask: number;
  /**
   * The price moved only because a venue joined or left. The segment that ends in this tick is no part of
   * the path: it touches nothing and settles nothing.
   */
  readonly compositionJump: boolean;
}
