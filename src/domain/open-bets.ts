/**
 * Open bets, indexed by column, then by band, so that a tick costs the columns on the board plus the cells it
 * touches, however many bets wait untouched.
 *
 * All cells of a column share one settlement progress: what a column goes through (gaps, degraded time, its
 * end) does not depend on the row. It is found by letting the same pure function settle a cell no price
 * reaches; only the cells a tick may touch are asked one by one.
 * Invariant: a bet is decided at most once, by a tick after the one it was accepted at.
 */
import type { Bet } from './bet.ts';
import type { Cell } from './cell.ts';
import type { SettlementRules } from './rules.ts';
import {
  advanceTouch,
  type DecidedTouch,
  INITIAL_SETTLEMENT_PROGRESS,
  type SettlementProgress,
  type TouchVerdict,
} from './settlement.ts';
import type { IndexTick } from './tick.ts';
import { cents } from './units.ts';

export interface DecidedBet {
  readonly bet: Bet;
  readonly verdict: DecidedTouch;
}

interface OpenCell {
  readonly cell: Cell;
  readonly bets: Bet[];
}

interface Column {
  /** Stands for every cell of the column that is not touched. */
  readonly untouched: Cell;
  readonly rules: SettlementRules;
  progress: SettlementProgress;
  /** Row height → low edge → cell. Rows lie on multiples of their height. */
  readonly bands: Map<number, Map<number, OpenCell>>;
}

/** No price gets here. */
const UNREACHABLE_CENTS = cents(Number.MAX_SAFE_INTEGER);

export class OpenBets {
  readonly #columns = new Map<string, Column>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(bet: Bet): void {
    const { bands } = this.#columnOf(bet);
    const { lowCents, highCents } = bet.cell;
    const heightCents = highCents - lowCents;
    if (lowCents % heightCents !== 0) throw new RangeError(`${bet.id} is not on the raster of its rows`);
    const rows = bands.get(heightCents) ?? new Map<number, OpenCell>();
    bands.set(heightCents, rows);
    const open = rows.get(lowCents);
    if (open) open.bets.push(bet);
    else rows.set(lowCents, { cell: bet.cell, bets: [bet] });
    this.#size += 1;
  }

  /** Takes every open bet over one more recorded tick and gives up those that it decides. */
  advance(prevTick: IndexTick | undefined, tick: IndexTick): DecidedBet[] {
    const decided: DecidedBet[] = [];
    for (const [key, column] of this.#columns) {
      if (tick.atMs < column.untouched.opensAtMs) continue;
      this.#settleTouched(column, prevTick, tick, decided);
      const fate = fateOf(column, column.untouched, prevTick, tick);
      if (fate.outcome === 'open') {
        column.progress = fate.progress;
        if (column.bands.size === 0) this.#columns.delete(key);
      } else {
        for (const { bets } of cellsOf(column)) pushAll(decided, bets, fate);
        this.#columns.delete(key);
      }
    }
    this.#size -= decided.length;
    return decided;
  }

  /** Rebuilds what columns went through at ticks that were applied before; decides nothing. */
  warm(prevTick: IndexTick | undefined, tick: IndexTick): void {
    for (const column of this.#columns.values()) {
      const fate = fateOf(column, column.untouched, prevTick, tick);
      if (fate.outcome === 'open') column.progress = fate.progress;
    }
  }

  #settleTouched(
    column: Column,
    prevTick: IndexTick | undefined,
    tick: IndexTick,
    decided: DecidedBet[],
  ): void {
    const bottom = Math.min(tick.priceCents, prevTick?.priceCents ?? tick.priceCents);
    const top = Math.max(tick.priceCents, prevTick?.priceCents ?? tick.priceCents);
    for (const [heightCents, rows] of column.bands) {
      for (const open of rowsBetween(rows, heightCents, bottom, top)) {
        const verdict = fateOf(column, open.cell, prevTick, tick);
        if (verdict.outcome === 'open') continue;
        pushAll(decided, open.bets, verdict);
        rows.delete(open.cell.lowCents);
      }
      if (rows.size === 0) column.bands.delete(heightCents);
    }
  }

  #columnOf(bet: Bet): Column {
    const { cell, settlementRules: rules } = bet;
    const window = `${cell.symbol}|${cell.kind}|${cell.opensAtMs}|${cell.closesAtMs}`;
    const key = `${window}|${rules.maxGapMs}|${rules.maxDegradedFraction}`;
    let column = this.#columns.get(key);
    if (!column) {
      const untouched = { ...cell, lowCents: UNREACHABLE_CENTS, highCents: UNREACHABLE_CENTS };
      column = { untouched, rules, progress: INITIAL_SETTLEMENT_PROGRESS, bands: new Map() };
      this.#columns.set(key, column);
    }
    return column;
  }
}

const fateOf = (column: Column, cell: Cell, prevTick: IndexTick | undefined, tick: IndexTick): TouchVerdict =>
  advanceTouch(column.progress, cell, prevTick, tick, column.rules);

/** The open rows that share a price with [bottom, top]; borders count, so a row ending at `bottom` is in. */
function rowsBetween(
  rows: Map<number, OpenCell>,
  heightCents: number,
  bottom: number,
  top: number,
): OpenCell[] {
  const first = Math.ceil(bottom / heightCents) - 1;
  const last = Math.floor(top / heightCents);
  if (last - first >= rows.size) {
    return [...rows.values()].filter(({ cell }) => cell.highCents >= bottom && cell.lowCents <= top);
  }
  const found: OpenCell[] = [];
  for (let row = first; row <= last; row += 1) {
    const open = rows.get(row * heightCents);
    if (open) found.push(open);
  }
  return found;
}

function* cellsOf(column: Column): Iterable<OpenCell> {
  for (const rows of column.bands.values()) yield* rows.values();
}

function pushAll(decided: DecidedBet[], bets: readonly Bet[], verdict: DecidedTouch): void {
  for (const bet of bets) decided.push({ bet, verdict });
}
