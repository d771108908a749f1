/**
 * What open bets could cost the house, added up the ways the caps need it, and which wallet holds which cell.
 *
 * Touch bets of one column can all win, so a column's exposure is the plain sum over its rows.
 * Exposure counts the reserve (payout less stake): the stake is the bettor's own.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { type Cell, cellKey } from './cell.ts';
import { addMicros, type Micros, micros, subMicros } from './units.ts';

export interface WalletExposure {
  readonly stakedMicros: Micros;
  readonly reserveMicros: Micros;
  readonly openBets: number;
}

const NOTHING: Micros = micros(0);
const NO_BETS: WalletExposure = { stakedMicros: NOTHING, reserveMicros: NOTHING, openBets: 0 };

const columnKey = (cell: Cell): string => `${cell.symbol}|${cell.opensAtMs}|${cell.closesAtMs}`;
const holdingKey = (wallet: string, cell: Cell): string => `${wallet}|${cellKey(cell)}`;

export class Exposure {
  readonly #cells = new Map<string, Micros>();
  readonly #columns = new Map<string, Micros>();
  readonly #wallets = new Map<string, WalletExposure>();
  readonly #holdings = new Set<string>();
  #totalMicros: Micros = NOTHING;
  #payoutsMicros: Micros = NOTHING;

  add(bet: Bet): void {
    this.#change(bet, addMicros, 1);
    this.#holdings.add(holdingKey(bet.wallet, bet.cell));
  }

  remove(bet: Bet): void {
    this.#change(bet, subMicros, -1);
    this.#holdings.delete(holdingKey(bet.wallet, bet.cell));
  }

  cellMicros(cell: Cell): Micros {
    return this.#cells.get(cellKey(cell)) ?? NOTHING;
  }

  columnMicros(cell: Cell): Micros {
    return this.#columns.get(columnKey(cell)) ?? NOTHING;
  }

  wallet(wallet: string): WalletExposure {
    return this.#wallets.get(wallet) ?? NO_BETS;
  }

  /** Whether the wallet has an open bet on this cell. */
  holds(wallet: string, cell: Cell): boolean {
    return this.#holdings.has(holdingKey(wallet, cell));
  }

  get totalMicros(): Micros {
    return this.#totalMicros;
  }

  /** Payouts of all open bets: what escrow must hold. */
  get payoutsMicros(): Micros {
    return this.#payoutsMicros;
  }

  #change(bet: Bet, op: (a: Micros, b: Micros) => Micros, count: 1 | -1): void {
    const reserve = reserveMicros(bet);
    const held = this.wallet(bet.wallet);
    const openBets = held.openBets + count;
    if (openBets === 0) this.#wallets.delete(bet.wallet);
    else {
      this.#wallets.set(bet.wallet, {
        stakedMicros: op(held.stakedMicros, bet.stakeMicros),
        reserveMicros: op(held.reserveMicros, reserve),
        openBets,
      });
    }
    setOrForget(this.#cells, cellKey(bet.cell), op(this.cellMicros(bet.cell), reserve));
    setOrForget(this.#columns, columnKey(bet.cell), op(this.columnMicros(bet.cell), reserve));
    this.#totalMicros = op(this.#totalMicros, reserve);
    this.#payoutsMicros = op(this.#payoutsMicros, bet.payoutMicros);
  }
}

function setOrForget(sums: Map<string, Micros>, key: string, sum: Micros): void {
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
}
