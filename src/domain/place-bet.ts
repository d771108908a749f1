/**
 * Whether a bet is taken at its executing tick, and at which multiplier.
 *
 * Refusals come in one fixed precedence, the order of `RefusalReason`. The quote counts this bet's own
 * exposure, so a large bet pays for the room it takes. Pure: decides against the book, changes nothing.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { type Cell, type CellShapeError, cellShapeError } from './cell.ts';
import { type BetAccepted, HOUSE, walletAccount } from './ledger.ts';
import type { MarketBook } from './market-book.ts';
import { type CellDisabledReason, type CellQuote, type OpenQuote, quoteCell } from './pricing/odds.ts';
import { capMicrosFloor, isColumnLocked } from './rules.ts';
import type { IndexTick } from './tick.ts';
import {
  addMicros,
  formatMultiplier,
  type Hundredths,
  type Micros,
  micros,
  payoutMicrosFloor,
  subMicros,
} from './units.ts';

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
  const { cell, stakeMicros, receivedAtMs } = command;
  const { rules, exposure } = book;
  if (book.paused) return refuse('PAUSED');
  const selfPausedUntilMs = book.selfLimits.pausedUntilMs(command.wallet, tick.atMs);
  if (selfPausedUntilMs !== undefined) return refuse('SELF_PAUSED', { untilMs: selfPausedUntilMs });
  const opensInMs = cell.opensAtMs - tick.atMs;
  const isNear = opensInMs < rules.nearLocks * rules.lockMs;
  if (tick.quality === 'degraded' && isNear) return refuse('FEED_DEGRADED');
  if (isColumnLocked(cell.opensAtMs, tick.atMs, rules)) return refuse('COLUMN_LOCKED');

  const quote = quoteWithOwnExposure(book, command, tick);
  if (quote.status === 'disabled') return refuse('CELL_DISABLED', { reason: quote.reason });
  const { minStakeMicros, maxStakeMicros } = rules;
  if (stakeMicros < minStakeMicros || stakeMicros > maxStakeMicros) {
    return refuse('STAKE_OUT_OF_RANGE', {
      minStakeMicros: String(minStakeMicros),
      maxStakeMicros: String(maxStakeMicros),
    });
  }
  const { stakedMicros } = exposure.wallet(command.wallet);
  const breach = book.selfLimits.breach(command.wallet, stakeMicros, stakedMicros, tick.atMs);
  if (breach) return refuse('SELF_LIMIT', { limit: breach.limit, maxMicros: String(breach.maxMicros) });
  if (exposure.holds(command.wallet, cell)) return refuse('DUPLICATE_CELL');
  if (book.balances.of(walletAccount(command.wallet)) < stakeMicros) return refuse('INSUFFICIENT_BALANCE');

  const bet = termsOf(book, command, tick, quote);
  const capped = firstCapReached(book, bet);
  if (capped) return capped;
  if (quote.multiplier < command.minMultiplier) {
    const { seq, atMs, priceCents } = tick;
    return refuse('QUOTE_MOVED', { multiplier: formatMultiplier(quote.multiplier), seq, atMs, priceCents });
  }
  if (tick.atMs - receivedAtMs > rules.maxExecutionDelayMs) return refuse('EXECUTION_TOO_LATE');
  return { status: 'accepted', event: { type: 'BetAccepted', bet } };
}

type Quote =
  | Exclude<CellQuote, { status: 'disabled' }>
  | { status: 'disabled'; reason: CellDisabledReason | CellShapeError };

/**
 * The exposure of this bet depends on its multiplier and the other way round, so it is taken at the
 * multiplier the cell has without it, which is never lower: the edge errs on the side of the house.
 */
function quoteWithOwnExposure(book: MarketBook, command: PlaceBetCommand, tick: IndexTick): Quote {
  const { cell } = command;
  const { rules } = book;
  const shapeError = cellShapeError(cell);
  if (shapeError) return { status: 'disabled', reason: shapeError };
  const quoteAt = (ownMicros: Micros): CellQuote =>
    quoteCell({
      cell,
      priceCents: tick.priceCents,
      atMs: tick.atMs,
      ...book.odds.forecast,
      calibration: book.odds.calibration,
      tickMs: rules.tickMs,
      ...fullestExposure(book, cell, ownMicros),
      rules: rules.odds,
    });
  const without = quoteAt(micros(0));
  if (without.status === 'disabled') return without;
  const stakeMicros = micros(Math.min(command.stakeMicros, rules.maxStakeMicros));
  return quoteAt(subMicros(payoutMicrosFloor(stakeMicros, without.multiplier), stakeMicros));
}

/** What counts for the edge: the cell or its column, whichever is nearer to its cap. */
function fullestExposure(
  { exposure, rules: { houseBankrollMicros, caps } }: MarketBook,
  cell: Cell,
  ownMicros: Micros,
): { exposureMicros: Micros; exposureCapMicros: Micros } {
  const ofCell = {
    exposureMicros: addMicros(exposure.cellMicros(cell), ownMicros),
    exposureCapMicros: capMicrosFloor(houseBankrollMicros, caps.cell),
  };
  const ofColumn = {
    exposureMicros: addMicros(exposure.columnMicros(cell), ownMicros),
    exposureCapMicros: capMicrosFloor(houseBankrollMicros, caps.column),
  };
  const use = (of: typeof ofCell): number => of.exposureMicros / Math.max(1, of.exposureCapMicros);
  return use(ofColumn) > use(ofCell) ? ofColumn : ofCell;
}

function termsOf(book: MarketBook, command: PlaceBetCommand, tick: IndexTick, quote: OpenQuote): Bet {
  const { multiplier, probability } = quote;
  const { betId: id, wallet, cell, stakeMicros, receivedAtMs } = command;
  const { rulesVersion, maxGapMs, maxDegradedFraction } = book.rules;
  return {
    id,
    wallet,
    cell,
    stakeMicros,
    multiplier,
    payoutMicros: payoutMicrosFloor(stakeMicros, multiplier),
    receivedAtMs,
    acceptedSeq: tick.seq,
    acceptedAtMs: tick.atMs,
    acceptedPriceCents: tick.priceCents,
    sigmaPerSqrtSecond: book.sigmaPerSqrtSecond,
    probability,
    rulesVersion,
    settlementRules: { maxGapMs, maxDegradedFraction },
  };
}

/** Caps bound what the house may lose beyond the stakes, as fractions of its opening bankroll. */
function firstCapReached(book: MarketBook, bet: Bet): Refusal | undefined {
  const { rules, exposure, recent } = book;
  const { caps } = rules;
  const { wallet, cell, acceptedAtMs } = bet;
  const ownMicros = reserveMicros(bet);
  const exceeds = (fraction: number, othersMicros: number): boolean =>
    othersMicros + ownMicros > capMicrosFloor(rules.houseBankrollMicros, fraction);
  if (exceeds(caps.bet, 0)) return refuse('USER_CAP', { cap: 'bet' });
  if (exceeds(caps.walletOpen, exposure.wallet(wallet).reserveMicros))
    return refuse('USER_CAP', { cap: 'walletOpen' });
  if (exceeds(caps.walletMinute, recent.ofWallet(wallet, acceptedAtMs)))
    return refuse('USER_CAP', { cap: 'walletMinute' });
  if (exceeds(caps.cell, exposure.cellMicros(cell))) return refuse('CELL_CAP');
  if (exceeds(caps.column, exposure.columnMicros(cell))) return refuse('COLUMN_CAP');
  if (exceeds(caps.minute, recent.total(acceptedAtMs))) return refuse('HOUSE_CAP', { cap: 'minute' });
  if (exceeds(caps.total, exposure.totalMicros)) return refuse('HOUSE_CAP', { cap: 'total' });
  if (book.balances.of(HOUSE) < ownMicros) return refuse('HOUSE_CAP', { cap: 'bankroll' });
  return undefined;
}
