/**
 * Signals travel by Redis pub/sub: at most once, newest wins. A lost one is repaired by the next, or by
 * asking. Each channel carries exactly one type.
 */
import type { IndexTick, MarketSymbol, TickQuality } from '../domain/tick.ts';
import type { Channel } from './envelope.ts';
import { marketChannel, priceChannel, SESSIONS_CHANNEL } from './redis-keys.ts';

/** What the Resolver knows of the market, about once a second and after every change. */
export interface MarketState {
  readonly symbol: MarketSymbol;
  readonly seq: number;
  readonly atMs: number;
  readonly sigmaPerSqrtSecond: number;
  readonly rowHeightCents: number;
  readonly columnMs: number;
  readonly quality: TickQuality;
  /** Placing is paused by the operator or by a failed check. */
  readonly paused: boolean;
  readonly rulesVersion: string;
}

export interface SessionEnded {
  readonly wallet: string;
}

export const priceSignals = (symbol: MarketSymbol): Channel<IndexTick> => ({ name: priceChannel(symbol) });
export const marketSignals = (symbol: MarketSymbol): Channel<MarketState> => ({
  name: marketChannel(symbol),
});
export const sessionSignals: Channel<SessionEnded> = { name: SESSIONS_CHANNEL };
