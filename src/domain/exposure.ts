/**
 * What open bets could cost the house, added up the ways the caps need it, and which wallet holds which cell.
 *
 * Touch bets of one column can all win, so a column's exposure is the plain sum over its rows, and over all
 * kinds. Exposure counts the reserve (payout less stake): the stake is the bettor's own.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { type Cell, cellKey } from './cell.ts';
import { addMicros, type Micros, micros, subMicros } from './units.ts';

export interface WalletExposure {
  readonly stakedMicros: Micros;
  readonly reserveMicros: Micros;
  readonly openBets: number;
}

type HeldExposure = { -readonly [K in keyof WalletExposure]: WalletExposure[K] };

interface ColumnSum {
  readonly key: string;
  micros: Micros;
  cells: number;
}

/** Where the bets on a cell are added up; each wallet has at most one of them. */
interface CellSum {
  readonly key: string;
  readonly cell: Cell;
  readonly column: ColumnSum;
  readonly holders: Set<string>;
  micros: Micros;
}

type Op = (a: Micros, b: Micros) => Micros;

const NOTHING: Micros = micros(0);
const NO_BETS: HeldExposure = { stakedMicros: NOTHING, reserveMicros: NOTHING, openBets: 0 };

const holdingKey = (wallet: string, cell: Cell): string => `${wallet}|${cellKey(cell)}`;
const columnKey = (cell: Cell): string => `${cell.symbol}|${cell.opensAtMs}|${cell.closesAtMs}`;

export class Exposure {
  readonly #cells = new Map<string, CellSum>();
  readonly #columns = new Map<string, ColumnSum>();
  readonly #wallets = new Map<string, HeldExposure>();
  /** Cells whose bet was voided before the column opened, by wallet; and when it opens. */
  readonly #voided = new Map<string, number>();
  #totalMicros: Micros = NOTHING;
  #payoutsMicros: Micros = NOTHING;

  add(bet: Bet): void {
    const sum = this.#openCell(bet.cell);
    sum.holders.add(bet.wallet);
    this.#change(bet, sum, addMicros, 1);
  }

  /** Bets on one cell: all of them, or some. */
  removeAll(cell: Cell, bets: readonly Bet[]): void {
    const sum = this.#cells.get(cellKey(cell));
    for (const bet of bets) {
      if (!sum?.holders.delete(bet.wallet)) throw new Error(`${bet.id} is not exposed`);
      this.#change(bet, sum, subMicros, -1);
    }
    if (!sum || sum.holders.size > 0) return;
    this.#cells.delete(sum.key);
    sum.column.cells -= 1;
    if (sum.column.cells === 0) this.#columns.delete(sum.column.key);
  }

  /** The same cell as the bets on it have it: they are many, and need one between them. */
  shared(cell: Cell): Cell {
    return this.#cells.get(cellKey(cell))?.cell ?? cell;
  }

  cellMicros(cell: Cell): Micros {
    return this.#cells.get(cellKey(cell))?.micros ?? NOTHING;
  }

  columnMicros(cell: Cell): Micros {
    return this.#columns.get(columnKey(cell))?.micros ?? NOTHING;
  }

  /** As of now: what is returned changes with the next bet. */
  wallet(wallet: string): WalletExposure {
    return this.#wallets.get(wallet) ?? NO_BETS;
  }

  /** Whether the wallet has a bet on this cell, or had one that was voided before its time. */
  holds(wallet: string, cell: Cell): boolean {
    return (
      (this.#cells.get(cellKey(cell))?.holders.has(wallet) ?? false) ||
      (this.#voided.size > 0 && this.#voided.has(holdingKey(wallet, cell)))
    );
  }

  /**
   * Keeps in mind that the wallet had its one bet on this cell. Others settle only when their column is
   * locked, where none is taken any more; cells that opened before `atMs` are forgotten.
   */
  holdVoided(wallet: string, cell: Cell, atMs: number): void {
    for (const [key, opensAtMs] of this.#voided) if (opensAtMs < atMs) this.#voided.delete(key);
    this.#voided.set(holdingKey(wallet, cell), cell.opensAtMs);
  }

  get totalMicros(): Micros {
    return this.#totalMicros;
  }

  /** Payouts of all open bets: what escrow must hold. */
  get payoutsMicros(): Micros {
    return this.#payoutsMicros;
  }

  #openCell(cell: Cell): CellSum {
    const key = cellKey(cell);
    const known = this.#cells.get(key);
    if (known) return known;
    const ofColumn = columnKey(cell);
    const column = this.#columns.get(ofColumn) ?? { key: ofColumn, micros: NOTHING, cells: 0 };
    column.cells += 1;
    this.#columns.set(ofColumn, column);
    const sum = { key, cell, column, holders: new Set<string>(), micros: NOTHING };
    this.#cells.set(key, sum);
    return sum;
  }

  #change(bet: Bet, sum: CellSum, op: Op, count: 1 | -1): void {
    const reserve = reserveMicros(bet);
    this.#changeWallet(bet, reserve, op, count);
    sum.micros = op(sum.micros, reserve);
    sum.column.micros = op(sum.column.micros, reserve);
    this.#totalMicros = op(this.#totalMicros, reserve);
    this.#payoutsMicros = op(this.#payoutsMicros, bet.payoutMicros);
  }
  #changeWallet({ wallet, stakeMicros }: Bet, reserve: Micros, op: Op, count: 1 | -1): void {
    let held = this.#wallets.get(wallet);
    if (!held) {
      held = { ...NO_BETS };
      this.#wallets.set(wallet, held);
    }
    held.openBets += count;
    held.stakedMicros = op(held.stakedMicros, stakeMicros);
    held.reserveMicros = op(held.reserveMicros, reserve);
    if (held.openBets === 0) this.#wallets.delete(wallet);
  }
}
