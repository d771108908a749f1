/**
 * Signals travel by Redis pub/sub: at most once, newest wins. A lost one is repaired by the next, or by
 * asking. Each channel carries exactly one type.
 */

import type { CalibrationTable } from '../domain/calibration/calibration-table.ts';
import type { VenueOutReason } from '../domain/index/venue-quote.ts';
import type { IndexTick, MarketSymbol, TickQuality } from '../domain/tick.ts';
import type { Channel } from './envelope.ts';
import type { PauseReason } from './letters/operate-market.ts';
import { feedChannel, marketChannel, priceChannel, SESSIONS_CHANNEL } from './redis-keys.ts';

/** What the Resolver knows of the market, about once a second and after every change. */
export interface MarketState {
  readonly symbol: MarketSymbol;
  readonly seq: number;
  readonly atMs: number;
  readonly sigmaPerSqrtSecond: number;
  /** How calm (negative) or wild now is against the last day; see domain/volatility-forecast.ts. */
  readonly regime: number;
  /** The correction in force, whole: about 5 kB, so that one lost signal or a late start needs no repair. */
  readonly calibration: CalibrationTable;
  readonly rowHeightCents: number;
  readonly columnMs: number;
  readonly quality: TickQuality;
  /** Placing is paused by the operator or by a failed check. */
  readonly paused: boolean;
  /** There while paused. */
  readonly pauseReason?: PauseReason;
  readonly rulesVersion: string;
}

/** One venue of the index. */
export interface VenueReport {
  readonly id: string;
  /** Why it has no part in the price; null: it has. */
  readonly out: VenueOutReason | null;
  /** Since it was heard last; null: never on this connection. */
  readonly ageMs: number | null;
}

/** How the feed's venues stand, about once a second. Sources without venues say nothing. */
export interface FeedState {
  readonly symbol: MarketSymbol;
  readonly atMs: number;
  readonly venues: readonly VenueReport[];
}

/**
 * A tick as it is published. `feed` names the numbering it is in. A feed that begins anew goes on in the same
 * one, unless it may have shown more than was recorded: then those numbers are used again, in another one,
 * and ticks before its `fromSeq` are the recorded ones.
 */
export interface PublishedTick extends IndexTick {
  readonly feed?: FeedLife;
}

export interface FeedLife {
  /** Never used again, not even on another tick log. */
  readonly id: string;
  readonly fromSeq: number;
}

export interface SessionEnded {
  readonly wallet: string;
}

export const priceSignals = (symbol: MarketSymbol): Channel<PublishedTick> => ({
  name: priceChannel(symbol),
});
export const marketSignals = (symbol: MarketSymbol): Channel<MarketState> => ({
  name: marketChannel(symbol),
});
export const feedSignals = (symbol: MarketSymbol): Channel<FeedState> => ({ name: feedChannel(symbol) });
export const sessionSignals: Channel<SessionEnded> = { name: SESSIONS_CHANNEL };
