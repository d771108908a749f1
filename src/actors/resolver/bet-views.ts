/** The book's facts in the shapes that leave the Resolver. */
import type { MarketBook } from '../../domain/market-book.ts';
import { formatMicros } from '../../domain/units.ts';
import type { AccountView } from '../../protocol/bet-view.ts';
import type { PauseReason } from '../../protocol/letters/operate-market.ts';
import type { MarketState } from '../../protocol/signals.ts';

/** An account as it is now; undefined if the wallet never opened one. */
export const accountView = (book: MarketBook, wallet: string): AccountView | undefined =>
  book.account(wallet) && accountViewOrEmpty(book, wallet);

/** For accounts that hold bets, which are therefore open. */
export function accountViewOrEmpty(book: MarketBook, wallet: string): AccountView {
  const { balanceMicros, stakedMicros, openBets } = book.accountOrEmpty(wallet);
  return {
    wallet,
    balanceMicros: formatMicros(balanceMicros),
    stakedMicros: formatMicros(stakedMicros),
    openBets,
  };
}

/** The market as of the last tick; undefined before the first. */
export function marketState(book: MarketBook, pauseReason: PauseReason | undefined): MarketState | undefined {
  const { lastTick: tick, rules, odds, paused } = book;
  if (!tick) return undefined;
  return {
    symbol: tick.symbol,
    seq: tick.seq,
    atMs: tick.atMs,
    ...odds.forecast,
    calibration: odds.calibration,
    rowHeightCents: odds.rowHeightCents,
    columnMs: rules.columnMs,
    quality: tick.quality,
    paused,
    ...(pauseReason && { pauseReason }),
    rulesVersion: rules.rulesVersion,
  };
}
