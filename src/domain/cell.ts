/**
 * A cell is always absolute: two instants and two prices, never "row 3 of what I saw", so that a bet
 * means the same to the client, the Resolver and a verifier years later.
 */
import { type MarketSymbol, SYMBOL } from './tick.ts';
import { type Cents, cents } from './units.ts';

/**
 * Kinds of bet. `touch` wins iff the price path meets the closed rectangle of the cell; `inside` iff the
 * price as of the close is in the half-open band [low, high), so that exactly one row of a column wins.
 * `no_touch` and `outside` win when these lose.
 */
export const BET_KINDS = ['touch', 'no_touch', 'inside', 'outside'] as const;
export type BetKind = (typeof BET_KINDS)[number];

/** A null edge is open: there is no limit on that side. Only `inside` and `outside` may have one. */
export interface Band {
  readonly lowCents: Cents | null;
  readonly highCents: Cents | null;
}

export interface TimeWindow {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
}

export interface Cell extends Band, TimeWindow {
  readonly symbol: MarketSymbol;
  readonly kind: BetKind;
}

/** Kinds that look at the whole path; the others look at the price as of the close only. */
export const isPathKind = (kind: BetKind): boolean => kind === 'touch' || kind === 'no_touch';

/** Row heights a grid may use, in cents (1, 2, 5, 10, 20, 50, 100, 200, 500 USD). */
export const ROW_HEIGHTS_CENTS: readonly number[] = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
];

/** Column lengths cells may have, in ms. */
export const COLUMN_LENGTHS_MS: readonly number[] = [5_000, 10_000, 15_000, 30_000, 60_000];

/** The cell asked for last: deciding on one bet asks for the key of its cell half a dozen times. */
let lastCell: Cell | undefined;
let lastKey = '';

/** The identity of a cell; one bet per wallet and key. An open edge is empty. */
export function cellKey(cell: Cell): string {
  if (cell === lastCell) return lastKey;
  lastCell = cell;
  lastKey =
    `${cell.symbol}|${cell.kind}|${cell.opensAtMs}|${cell.closesAtMs}|` +
    `${cell.lowCents ?? ''}|${cell.highCents ?? ''}`;
  return lastKey;
}

export type CellShapeError = 'SYMBOL' | 'TIMES' | 'COLUMN' | 'PRICES' | 'ROW';

/** Every rung is a multiple of the finest, so the edge between two rows of any height is one of these. */
const EDGE_RASTER_CENTS = 100;

/**
 * Checks that a cell lies on the raster: its length is one of COLUMN_LENGTHS_MS and it starts at a
 * multiple of it; its height is one of ROW_HEIGHTS_CENTS and its low edge a multiple of it. With one open
 * edge, the other is a multiple of the smallest height.
 * Any rung is accepted at any time, so a change of the displayed row height never races a bet.
 */
export function cellShapeError(cell: Cell): CellShapeError | undefined {
  if (cell.symbol !== SYMBOL) return 'SYMBOL';
  const lengthMs = cell.closesAtMs - cell.opensAtMs;
  if (!Number.isSafeInteger(cell.opensAtMs) || !Number.isSafeInteger(cell.closesAtMs)) return 'TIMES';
  if (cell.opensAtMs <= 0 || lengthMs <= 0) return 'TIMES';
  if (!COLUMN_LENGTHS_MS.includes(lengthMs) || cell.opensAtMs % lengthMs !== 0) return 'COLUMN';
  return bandShapeError(cell);
}

function bandShapeError({ kind, lowCents, highCents }: Cell): 'PRICES' | 'ROW' | undefined {
  if (lowCents === null || highCents === null) {
    const edgeCents = lowCents ?? highCents;
    if (edgeCents === null || isPathKind(kind)) return 'PRICES';
    if (!Number.isSafeInteger(edgeCents) || edgeCents <= 0) return 'PRICES';
    return edgeCents % EDGE_RASTER_CENTS === 0 ? undefined : 'ROW';
  }
  const heightCents = highCents - lowCents;
  if (!Number.isSafeInteger(lowCents) || !Number.isSafeInteger(highCents)) return 'PRICES';
  if (lowCents < 0 || heightCents <= 0) return 'PRICES';
  if (!ROW_HEIGHTS_CENTS.includes(heightCents) || lowCents % heightCents !== 0) return 'ROW';
  return undefined;
}

/** The row of the given height that holds the price (half-open: [low, low + height)). */
export function rowOf(priceCents: Cents, heightCents: number): { lowCents: Cents; highCents: Cents } {
  const lowCents = Math.floor(priceCents / heightCents) * heightCents;
  return { lowCents: cents(lowCents), highCents: cents(lowCents + heightCents) };
}
