/**
 * Whether a bet is taken at its executing tick, and at which multiplier.
 *
 * Refusals come in one fixed precedence, the order of `RefusalReason`. Pure: decides against the book,
 * changes nothing. The parts are exported for quote-bet.ts, which asks the same of a bet nobody placed.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { priceCell } from './bet-price.ts';
import { type CapLeft, type CapName, capsLeft } from './caps.ts';
import { type Cell, cellShapeError } from './cell.ts';
import { type BetAccepted, walletAccount } from './ledger.ts';
import type { MarketBook } from './market-book.ts';
import type { OpenQuote } from './pricing/odds.ts';
import { isColumnLocked, type MarketRules } from './rules.ts';
import type { IndexTick } from './tick.ts';
import { formatMultiplier, type Hundredths, type Micros, payoutMicrosFloor } from './units.ts';

export type RefusalReason =
  | 'PAUSED'
  | 'SELF_PAUSED'
  | 'FEED_DEGRADED'
  | 'COLUMN_LOCKED'
  | 'CELL_DISABLED'
  | 'STAKE_OUT_OF_RANGE'
  | 'SELF_LIMIT'
  | 'DUPLICATE_CELL'
  | 'INSUFFICIENT_BALANCE'
  | 'USER_CAP'
  | 'CELL_CAP'
  | 'COLUMN_CAP'
  | 'HOUSE_CAP'
  | 'QUOTE_MOVED'
  | 'EXECUTION_TOO_LATE';

export interface Refusal {
  readonly status: 'refused';
  readonly reason: RefusalReason;
  readonly details?: Readonly<Record<string, string | number>>;
}

export interface Acceptance {
  readonly status: 'accepted';
  readonly event: BetAccepted;
}

export interface PlaceBetCommand {
  readonly betId: string;
  readonly wallet: string;
  readonly cell: Cell;
  readonly stakeMicros: Micros;
  readonly minMultiplier: Hundredths;
  readonly receivedAtMs: number;
}

export const refuse = (reason: RefusalReason, details?: Refusal['details']): Refusal =>
  details ? { status: 'refused', reason, details } : { status: 'refused', reason };

/** `tick` is the executing tick, already applied to the book. */
export function decidePlaceBet(
  book: MarketBook,
  command: PlaceBetCommand,
  tick: IndexTick,
): Acceptance | Refusal {
  const { wallet, cell, stakeMicros, receivedAtMs } = command;
  const closed = refusalOfCell(book, cell, tick, wallet);
  if (closed) return closed;
  const price = priceCell(book, cell, tick);
  if (price.status === 'disabled') return refuse('CELL_DISABLED', { reason: price.reason });
  const quote = price.quoteFor(stakeMicros);
  if (quote.status === 'disabled') return refuse('CELL_DISABLED', { reason: quote.reason });
  const unfit = refusalOfStake(book.rules, stakeMicros) ?? refusalOfWallet(book, command, tick);
  if (unfit) return unfit;

  const bet = termsOf(book, command, tick, quote);
  const capped = firstCapReached(capsLeft(book, cell, tick.atMs, wallet), reserveMicros(bet));
  if (capped) return capped;
  if (quote.multiplier < command.minMultiplier) {
    const { seq, atMs, priceCents } = tick;
    return refuse('QUOTE_MOVED', { multiplier: formatMultiplier(quote.multiplier), seq, atMs, priceCents });
  }
  if (tick.atMs - receivedAtMs > book.rules.maxExecutionDelayMs) return refuse('EXECUTION_TOO_LATE');
  return { status: 'accepted', event: { type: 'BetAccepted', bet } };
}

/** Why no bet is ever taken on this cell, whatever the tick. */
export function refusalOfShape(cell: Cell): Refusal | undefined {
  const reason = cellShapeError(cell);
  return reason && refuse('CELL_DISABLED', { reason });
}

/** Why no bet is taken at this tick on this cell, whatever its price and stake. */
export function refusalOfCell(
  book: MarketBook,
  cell: Cell,
  tick: IndexTick,
  wallet?: string,
): Refusal | undefined {
  const { rules, selfLimits } = book;
  if (book.paused) return refuse('PAUSED');
  const untilMs = wallet === undefined ? undefined : selfLimits.pausedUntilMs(wallet, tick.atMs);
  if (untilMs !== undefined) return refuse('SELF_PAUSED', { untilMs });
  const opensInMs = cell.opensAtMs - tick.atMs;
  const isNear = opensInMs < rules.nearLocks * rules.lockMs;
  if (tick.quality === 'degraded' && isNear) return refuse('FEED_DEGRADED');
  if (isColumnLocked(cell.opensAtMs, tick.atMs, rules)) return refuse('COLUMN_LOCKED');
  return undefined;
}

export function refusalOfStake(rules: MarketRules, stakeMicros: Micros): Refusal | undefined {
  const { minStakeMicros, maxStakeMicros } = rules;
  if (stakeMicros < minStakeMicros || stakeMicros > maxStakeMicros) {
    return refuse('STAKE_OUT_OF_RANGE', {
      minStakeMicros: String(minStakeMicros),
      maxStakeMicros: String(maxStakeMicros),
    });
  }
  return undefined;
}

/** Why this wallet may not put this stake on this cell. */
export function refusalOfWallet(
  { exposure, selfLimits, balances }: MarketBook,
  { wallet, cell, stakeMicros }: Pick<PlaceBetCommand, 'wallet' | 'cell' | 'stakeMicros'>,
  { atMs }: IndexTick,
): Refusal | undefined {
  const breach = selfLimits.breach(wallet, stakeMicros, exposure.wallet(wallet).stakedMicros, atMs);
  if (breach) return refuse('SELF_LIMIT', { limit: breach.limit, maxMicros: String(breach.maxMicros) });
  if (exposure.holds(wallet, cell)) return refuse('DUPLICATE_CELL');
  if (balances.of(walletAccount(wallet)) < stakeMicros) return refuse('INSUFFICIENT_BALANCE');
  return undefined;
}

const CAP_REFUSALS: Readonly<Record<CapName, Refusal>> = {
  bet: refuse('USER_CAP', { cap: 'bet' }),
  walletOpen: refuse('USER_CAP', { cap: 'walletOpen' }),
  walletMinute: refuse('USER_CAP', { cap: 'walletMinute' }),
  cell: refuse('CELL_CAP'),
  column: refuse('COLUMN_CAP'),
  minute: refuse('HOUSE_CAP', { cap: 'minute' }),
  total: refuse('HOUSE_CAP', { cap: 'total' }),
  bankroll: refuse('HOUSE_CAP', { cap: 'bankroll' }),
};

export function firstCapReached(caps: readonly CapLeft[], ownMicros: Micros): Refusal | undefined {
  const reached = caps.find(({ leftMicros }) => ownMicros > leftMicros);
  return reached && CAP_REFUSALS[reached.cap];
}

function termsOf(book: MarketBook, command: PlaceBetCommand, tick: IndexTick, quote: OpenQuote): Bet {
  const { multiplier, probability } = quote;
  const { betId: id, wallet, cell, stakeMicros, receivedAtMs } = command;
  return {
    id,
    wallet,
    cell: book.exposure.shared(cell),
    stakeMicros,
    multiplier,
    payoutMicros: payoutMicrosFloor(stakeMicros, multiplier),
    receivedAtMs,
    acceptedSeq: tick.seq,
    acceptedAtMs: tick.atMs,
    acceptedPriceCents: tick.priceCents,
    sigmaPerSqrtSecond: book.sigmaPerSqrtSecond,
    probability,
    rulesVersion: book.rules.rulesVersion,
    settlementRules: book.settlementRules,
  };
}
