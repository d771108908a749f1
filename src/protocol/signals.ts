/**
 * Signals travel by Redis pub/sub: at most once, newest wins. A lost one is repaired by the next, or by
 * asking. Each channel carries exactly one type.
 */
import type { IndexTick, MarketSymbol, TickQuality } from '../domain/tick.ts';
import type { AccountView, BetView } from './bet-view.ts';
import type { Channel } from './envelope.ts';
import { ACCOUNTS_CHANNEL, marketChannel, priceChannel, SESSIONS_CHANNEL } from './redis-keys.ts';

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

/** One event of one wallet; `account` is the state after it. */
export interface AccountEvent {
  readonly type: 'BetAccepted' | 'BetSettled' | 'AccountOpened';
  readonly wallet: string;
  readonly bet?: BetView;
  readonly account: AccountView;
  /** Tick the event belongs to. */
  readonly seq: number;
}

export interface SessionEnded {
  readonly wallet: string;
}

export const priceSignals = (symbol: MarketSymbol): Channel<IndexTick> => ({ name: priceChannel(symbol) });
export const marketSignals = (symbol: MarketSymbol): Channel<MarketState> => ({
  name: marketChannel(symbol),
});
export const accountSignals: Channel<AccountEvent> = { name: ACCOUNTS_CHANNEL };
export const sessionSignals: Channel<SessionEnded> = { name: SESSIONS_CHANNEL };
