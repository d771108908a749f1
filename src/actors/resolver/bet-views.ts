/** The book's facts in the shapes that leave the Resolver. */
import type { Bet } from '../../domain/bet.ts';
import { chooseRowHeight } from '../../domain/grid.ts';
import type { MarketBook } from '../../domain/market-book.ts';
import type { DecidedTouch } from '../../domain/settlement.ts';
import { formatMicros, formatMultiplier, micros } from '../../domain/units.ts';
import type { AccountView, BetView } from '../../protocol/bet-view.ts';
import type { MarketState } from '../../protocol/signals.ts';

export function betView(bet: Bet, verdict?: DecidedTouch): BetView {
  const { cell } = bet;
  return {
    id: bet.id,
    wallet: bet.wallet,
    symbol: cell.symbol,
    kind: cell.kind,
    opensAtMs: cell.opensAtMs,
    closesAtMs: cell.closesAtMs,
    lowCents: cell.lowCents,
    highCents: cell.highCents,
    stakeMicros: formatMicros(bet.stakeMicros),
    multiplier: formatMultiplier(bet.multiplier),
    payoutMicros: formatMicros(bet.payoutMicros),
    status: verdict?.outcome ?? 'open',
    receivedAtMs: bet.receivedAtMs,
    acceptedSeq: bet.acceptedSeq,
    acceptedAtMs: bet.acceptedAtMs,
    acceptedPriceCents: bet.acceptedPriceCents,
    sigmaPerSqrtSecond: bet.sigmaPerSqrtSecond,
    rulesVersion: bet.rulesVersion,
    ...(verdict && { settledSeq: verdict.decidedSeq, settledAtMs: verdict.decidedAtMs }),
    ...(verdict?.outcome === 'void' && { reason: verdict.reason }),
  };
}

/** An account as it is now; undefined if the wallet never opened one. */
export function accountView(book: MarketBook, wallet: string): AccountView | undefined {
  const account = book.account(wallet);
  if (!account) return undefined;
  return {
    wallet,
    balanceMicros: formatMicros(account.balanceMicros),
    stakedMicros: formatMicros(account.stakedMicros),
    openBets: account.openBets,
  };
}

/** For accounts that hold bets, which are therefore open. */
export const accountViewOrEmpty = (book: MarketBook, wallet: string): AccountView =>
  accountView(book, wallet) ?? {
    wallet,
    balanceMicros: formatMicros(micros(0)),
    stakedMicros: formatMicros(micros(0)),
    openBets: 0,
  };

/** The market as of the last tick; undefined before the first. `previous` keeps the row height steady. */
export function marketState(book: MarketBook, previous: MarketState | undefined): MarketState | undefined {
  const { lastTick: tick, rules, sigmaPerSqrtSecond, paused } = book;
  if (!tick) return undefined;
  const moment = { priceCents: tick.priceCents, sigmaPerSqrtSecond };
  return {
    symbol: tick.symbol,
    seq: tick.seq,
    atMs: tick.atMs,
    sigmaPerSqrtSecond,
    rowHeightCents: chooseRowHeight(moment, rules, previous?.rowHeightCents),
    columnMs: rules.columnMs,
    quality: tick.quality,
    paused,
    rulesVersion: rules.rulesVersion,
  };
}
