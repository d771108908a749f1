/** The book's facts in the shapes that leave the Resolver. */
import type { Bet } from '../../domain/bet.ts';
import type { MarketBook } from '../../domain/market-book.ts';
import type { DecidedVerdict } from '../../domain/settlement.ts';
import { formatMicros, formatMultiplier, micros } from '../../domain/units.ts';
import type { AccountView, BetView } from '../../protocol/bet-view.ts';
import type { PauseReason } from '../../protocol/letters/operate-market.ts';
import type { MarketState } from '../../protocol/signals.ts';

export function betView(bet: Bet, verdict?: DecidedVerdict): BetView {
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
    settlementRules: bet.settlementRules,
    ...(verdict && { settledSeq: verdict.decidedSeq, settledAtMs: verdict.decidedAtMs }),
    ...(verdict?.outcome === 'void' && { reason: verdict.reason }),
    ...(verdict && 'nearMiss' in verdict && { nearMiss: verdict.nearMiss }),
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
