/**
 * A cell is always absolute: two instants and two prices, never "row 3 of what I saw", so that a bet
 * means the same to the client, the Resolver and a verifier years later.
 */
import { type MarketSymbol, SYMBOL } from './tick.ts';
import { type Cents, cents } from './units.ts';

/** Kinds of bet. `touch` wins iff the price path meets the closed rectangle of the cell. */
export type BetKind = 'touch';

export interface Cell {
  readonly symbol: MarketSymbol;
  readonly kind: BetKind;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: Cents;
  readonly highCents: Cents;
}

/** Row heights a grid may use, in cents (1, 2, 5, 10, 20, 50, 100, 200, 500 USD). */
export const ROW_HEIGHTS_CENTS: readonly number[] = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
];

/** Column lengths cells may have, in ms. */
export const COLUMN_LENGTHS_MS: readonly number[] = [5_000, 10_000, 15_000, 30_000, 60_000];

/** The identity of a cell; one bet per wallet and key. */
export const cellKey = (cell: Cell): string =>
  `${cell.symbol}|${cell.kind}|${cell.opensAtMs}|${cell.closesAtMs}|${cell.lowCents}|${cell.highCents}`;

export type CellShapeError = 'SYMBOL' | 'TIMES' | 'COLUMN' | 'PRICES' | 'ROW';

/**
 * Checks that a cell lies on the raster: its length is one of COLUMN_LENGTHS_MS and it starts at a
 * multiple of it; its height is one of ROW_HEIGHTS_CENTS and its low edge a multiple of it.
 * Any rung is accepted at any time, so a change of the displayed row height never races a bet.
 */
export function cellShapeError(cell: Cell): CellShapeError | undefined {
  if (cell.symbol !== SYMBOL) return 'SYMBOL';
  const lengthMs = cell.closesAtMs - cell.opensAtMs;
  if (!Number.isSafeInteger(cell.opensAtMs) || !Number.isSafeInteger(cell.closesAtMs)) return 'TIMES';
  if (cell.opensAtMs <= 0 || lengthMs <= 0) return 'TIMES';
  if (!COLUMN_LENGTHS_MS.includes(lengthMs) || cell.opensAtMs % lengthMs !== 0) return 'COLUMN';
  const heightCents = cell.highCents - cell.lowCents;
  if (!Number.isSafeInteger(cell.lowCents) || !Number.isSafeInteger(cell.highCents)) return 'PRICES';
  if (cell.lowCents < 0 || heightCents <= 0) return 'PRICES';
  if (!ROW_HEIGHTS_CENTS.includes(heightCents) || cell.lowCents % heightCents !== 0) return 'ROW';
  return undefined;
}

/** The row of the given height that holds the price (half-open: [low, low + height)). */
export function rowOf(priceCents: Cents, heightCents: number): { lowCents: Cents; highCents: Cents } {
  const lowCents = Math.floor(priceCents / heightCents) * heightCents;
  return { lowCents: cents(lowCents), highCents: cents(lowCents + heightCents) };
}
