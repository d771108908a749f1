/**
 * Caps bound what the house may lose beyond the stakes, as fractions of its opening bankroll. What is left of
 * one is what the reserve of the next bet may come to; below 0, the cap is exceeded already.
 */
import type { Cell } from './cell.ts';
import { HOUSE } from './ledger.ts';
import type { MarketBook } from './market-book.ts';
import { type CapRules, capMicrosFloor } from './rules.ts';
import { type Micros, micros, subMicros } from './units.ts';

/** `bankroll`: what the house has in fact. */
export type CapName = keyof CapRules | 'bankroll';

export interface CapLeft {
  readonly cap: CapName;
  readonly leftMicros: Micros;
}

/**
 * What bounds a bet, in the order in which it refuses: that of the wallet only if one is given. `atMs` is the
 * time of the last tick.
 */
export function capsLeft(book: MarketBook, cell: Cell, atMs: number, wallet?: string): readonly CapLeft[] {
  const { exposure } = book;
  return [
    left(book, 'bet', 0),
    ...(wallet === undefined ? [] : walletCapsLeft(book, wallet, atMs)),
    left(book, 'cell', exposure.cellMicros(cell)),
    left(book, 'column', exposure.columnMicros(cell)),
    ...houseCapsLeft(book, atMs),
  ];
}

export function walletCapsLeft(book: MarketBook, wallet: string, atMs: number): readonly CapLeft[] {
  const { exposure, recent } = book;
  return [
    left(book, 'walletOpen', exposure.wallet(wallet).reserveMicros),
    left(book, 'walletMinute', recent.ofWallet(wallet, atMs)),
  ];
}

export function houseCapsLeft(book: MarketBook, atMs: number): readonly CapLeft[] {
  const { exposure, recent, balances } = book;
  return [
    left(book, 'minute', recent.total(atMs)),
    left(book, 'total', exposure.totalMicros),
    { cap: 'bankroll', leftMicros: balances.of(HOUSE) },
  ];
}

/** The first of the caps that are least. */
export function leastLeft(caps: readonly CapLeft[]): CapLeft {
  return caps.reduce((least, cap) => (cap.leftMicros < least.leftMicros ? cap : least));
}

const left = ({ rules }: MarketBook, cap: keyof CapRules, usedMicros: number): CapLeft => ({
  cap,
  leftMicros: subMicros(capMicrosFloor(rules.houseBankrollMicros, rules.caps[cap]), micros(usedMicros)),
});
