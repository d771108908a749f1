/**
 * A dry run of placing: what a bet would get if the last tick were its executing one. The price, the caps
 * and the refusals are those of place-bet.ts, so a bet that executes in this very state gets exactly this.
 *
 * What leaves nothing to be priced is a refusal; what this wallet or a cap has against the stake comes with
 * the quote. In placing, all of the first goes before any of the second. Pure. Non-goals: nothing is
 * reserved and no quote is ever honoured.
 */
import { type BetPrice, priceCell } from './bet-price.ts';
import { type CapLeft, capsLeft, leastLeft } from './caps.ts';
import type { Cell } from './cell.ts';
import { walletAccount } from './ledger.ts';
import type { MarketBook } from './market-book.ts';
import {
  firstCapReached,
  type Refusal,
  refusalOfCell,
  refusalOfStake,
  refusalOfWallet,
  refuse,
} from './place-bet.ts';
import type { EdgeParts } from './pricing/odds.ts';
import type { IndexTick } from './tick.ts';
import {
  HUNDREDTHS_PER_ONE,
  type Hundredths,
  hundredths,
  type Micros,
  micros,
  payoutMicrosFloor,
  subMicros,
} from './units.ts';

export interface QuoteCommand {
  readonly cell: Cell;
  /** Without one, the least. */
  readonly stakeMicros?: Micros;
  /** Without one, nothing of a wallet counts: its balance, its caps, its own limits, the bets it has. */
  readonly wallet?: string;
}

export interface BetQuote {
  readonly status: 'quoted';
  readonly stakeMicros: Micros;
  /** Chance that the bet wins, 0 to 1. */
  readonly probability: number;
  /** 1 / probability, rounded down. */
  readonly fairMultiplier: Hundredths;
  readonly multiplier: Hundredths;
  readonly payoutMicros: Micros;
  readonly edge: { readonly parts: EdgeParts; readonly total: number };
  /** What the payout less the stake of a bet may come to. */
  readonly capsLeft: readonly CapLeft[];
  readonly capLeast: CapLeft;
  /** The largest stake that would be taken; 0 if none would. */
  readonly maxStakeMicros: Micros;
  /** Why the wallet or a cap would not take this stake. */
  readonly refusal?: Refusal;
}

/** `tick` is the last one applied to the book. */
export function quoteBet(book: MarketBook, command: QuoteCommand, tick: IndexTick): BetQuote | Refusal {
  const { cell, wallet, stakeMicros = book.rules.minStakeMicros } = command;
  const closed = refusalOfCell(book, cell, tick, wallet);
  if (closed) return closed;
  const price = priceCell(book, cell, tick);
  if (price.status === 'disabled') return refuse('CELL_DISABLED', { reason: price.reason });
  const quote = price.quoteFor(stakeMicros);
  if (quote.status === 'disabled') return refuse('CELL_DISABLED', { reason: quote.reason });
  const outOfRange = refusalOfStake(book.rules, stakeMicros);
  if (outOfRange) return outOfRange;
  const { probability, multiplier, edge: total } = quote;
  const payoutMicros = payoutMicrosFloor(stakeMicros, multiplier);
  const caps = capsLeft(book, cell, tick.atMs, wallet);
  const refusal =
    (wallet === undefined ? undefined : refusalOfWallet(book, { wallet, cell, stakeMicros }, tick)) ??
    firstCapReached(caps, subMicros(payoutMicros, stakeMicros));
  const capLeast = leastLeft(caps);
  return {
    status: 'quoted',
    stakeMicros,
    probability,
    fairMultiplier: hundredths(Math.floor(HUNDREDTHS_PER_ONE / probability)),
    multiplier,
    payoutMicros,
    edge: { parts: price.edgeFor(stakeMicros), total },
    capsLeft: caps,
    capLeast,
    maxStakeMicros: maxStake(book, command, price, capLeast.leftMicros, tick),
    ...(refusal && { refusal }),
  };
}

/**
 * The largest stake that would be taken. The multiplier falls in steps as the stake grows, and what the house
 * puts up falls with each step, so the stakes that would be taken may have holes below this one.
 *
 * From the top: if a stake of multiplier m is too large, so is every smaller one down to the largest that
 * fits m, because none of them has a lower multiplier.
 */
function maxStake(
  book: MarketBook,
  { cell, wallet }: QuoteCommand,
  price: BetPrice,
  reserveMicrosMax: Micros,
  tick: IndexTick,
): Micros {
  const NONE = micros(0);
  const { minStakeMicros } = book.rules;
  let stakeMicros = offeredUpTo(price, stakeCeiling(book, cell, tick, wallet));
  while (stakeMicros >= minStakeMicros) {
    const quote = price.quoteFor(stakeMicros);
    if (quote.status === 'disabled') return NONE;
    const fitting = stakeMicrosWithin(reserveMicrosMax, quote.multiplier);
    if (stakeMicros <= fitting) return stakeMicros;
    stakeMicros = fitting;
  }
  return NONE;
}

/** What bounds the stake itself. */
function stakeCeiling(book: MarketBook, cell: Cell, { atMs }: IndexTick, wallet?: string): Micros {
  const { rules, exposure, balances, selfLimits } = book;
  if (wallet === undefined) return rules.maxStakeMicros;
  if (exposure.holds(wallet, cell)) return micros(0);
  const { stakedMicros } = exposure.wallet(wallet);
  const roomMicros = selfLimits.stakeRoomMicros(wallet, stakedMicros, atMs) ?? rules.maxStakeMicros;
  return micros(Math.min(rules.maxStakeMicros, balances.of(walletAccount(wallet)), roomMicros));
}

/** The largest stake up to this one that its own exposure does not make too likely to be offered. */
function offeredUpTo(price: BetPrice, ceilingMicros: Micros): Micros {
  const isOffered = (stakeMicros: Micros): boolean => price.quoteFor(stakeMicros).status === 'open';
  if (ceilingMicros <= 0 || isOffered(ceilingMicros)) return ceilingMicros;
  let [offered, refused] = [0, ceilingMicros as number];
  while (refused - offered > 1) {
    const middle = Math.floor((offered + refused) / 2);
    if (isOffered(micros(middle))) offered = middle;
    else refused = middle;
  }
  return micros(offered);
}

/** The largest stake for which floor(stake × multiplier) − stake is at most the reserve. */
function stakeMicrosWithin(reserveMicros: Micros, multiplier: Hundredths): Micros {
  if (reserveMicros < 0) return micros(0);
  const gain = multiplier - HUNDREDTHS_PER_ONE;
  if (gain <= 0) return micros(Number.MAX_SAFE_INTEGER);
  const stake = ((BigInt(reserveMicros) + 1n) * BigInt(HUNDREDTHS_PER_ONE) - 1n) / BigInt(gain);
  return micros(Math.min(Number(stake), Number.MAX_SAFE_INTEGER));
}
