/**
 * Open bets, indexed by column, then by band, so that a tick costs the columns whose window is on plus the
 * cells it touches, however many bets wait untouched.
 *
 * All cells of a column, of every kind, share one settlement progress: what a column goes through (gaps,
 * degraded time, how far the path went, its end) does not depend on the band. Only the cells a tick may touch
 * are asked one by one; cells that look at the close alone wait for it apart.
 * Invariant: a bet is decided at most once, by a tick after the one it was accepted at, as advanceCell would.
 */
import type { Bet } from './bet.ts';
import { type Cell, cellKey, isPathKind, type TimeWindow } from './cell.ts';
import { type OpenColumn, OpeningColumns } from './open-columns.ts';
import type { SettlementRules } from './rules.ts';
import {
  advanceWindow,
  closedAt,
  type DecidedVerdict,
  INITIAL_SETTLEMENT_PROGRESS,
  isTouched,
  type SettlementProgress,
  touched,
  untouched,
  voided,
  type WindowStep,
} from './settlement.ts';
import type { IndexTick } from './tick.ts';

/** All open bets on a cell under the same rules: what decides one of them decides them all. */
export interface DecidedCell {
  readonly cell: Cell;
  readonly rules: SettlementRules;
  readonly verdict: DecidedVerdict;
  /** At least one, in the order of acceptance. */
  readonly bets: readonly Bet[];
}

interface OpenCell {
  readonly cell: Cell;
  bets: Bet[];
}

interface Column extends OpenColumn {
  readonly key: string;
  readonly rules: SettlementRules;
  progress: SettlementProgress;
  /** Row height → low edge → cells of the path kinds. Rows lie on multiples of their height. */
  readonly rows: Map<number, Map<number, OpenCell[]>>;
  /** By cell key: cells of the kinds that look at the close. */
  readonly closing: Map<string, OpenCell>;
}

export class OpenBets {
  readonly #columns = new Map<string, Column>();
  readonly #opening = new OpeningColumns<Column>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(bet: Bet): void {
    const column = this.#columnOf(bet);
    const open = isPathKind(bet.cell.kind) ? rowCellOf(column, bet) : closingCellOf(column, bet);
    open.bets.push(bet);
    this.#size += 1;
  }

  /** Takes every open bet over one more recorded tick and gives up the cells that it decides. */
  advance(prevTick: IndexTick | undefined, tick: IndexTick): DecidedCell[] {
    const decided: DecidedCell[] = [];
    for (const column of this.#opening.openedBy(tick.atMs)) {
      const step = advanceWindow(column.progress, column.window, prevTick, tick, column.rules);
      column.progress = step.progress;
      if (step.isGap) this.#settleAll(column, () => voided('FEED_GAP', tick), decided);
      else {
        settleTouched(column, step, tick, decided);
        if (step.isTooDegraded) this.#settleAll(column, () => voided('FEED_DEGRADED', tick), decided);
        else this.#settleEnded(column, step, tick, decided);
      }
    }
    for (const { bets } of decided) this.#size -= bets.length;
    return decided;
  }

  /** Rebuilds what columns went through at ticks that were applied before; decides nothing. */
  warm(prevTick: IndexTick | undefined, tick: IndexTick): void {
    for (const column of this.#opening.openedBy(tick.atMs)) {
      column.progress = advanceWindow(column.progress, column.window, prevTick, tick, column.rules).progress;
    }
  }

  /** Gives up the open bets that match, in no particular order. Costs a look at every open bet. */
  take(matches: (bet: Bet) => boolean): Bet[] {
    const taken: Bet[] = [];
    for (const column of this.#columns.values()) {
      for (const open of [...cellsOf(column)]) {
        const matching = open.bets.filter(matches);
        if (matching.length === 0) continue;
        for (const bet of matching) taken.push(bet);
        open.bets = open.bets.filter((bet) => !matches(bet));
        if (open.bets.length === 0) forgetCell(column, open);
      }
      this.#forgetIfEmpty(column);
    }
    this.#size -= taken.length;
    return taken;
  }

  #settleEnded(column: Column, step: WindowStep, tick: IndexTick, decided: DecidedCell[]): void {
    const { closeCents } = step;
    if (closeCents !== undefined) {
      for (const open of column.closing.values())
        decided.push(decide(column, open, closedAt(open.cell.kind, open.cell, closeCents, tick)));
      column.closing.clear();
    }
    if (step.isOver) {
      this.#settleAll(column, ({ kind, ...band }) => untouched(kind, band, step.progress, tick), decided);
    } else this.#forgetIfEmpty(column);
  }

  #settleAll(column: Column, verdictOf: (cell: Cell) => DecidedVerdict, decided: DecidedCell[]): void {
    for (const open of cellsOf(column)) decided.push(decide(column, open, verdictOf(open.cell)));
    column.rows.clear();
    column.closing.clear();
    this.#forgetIfEmpty(column);
  }

  #forgetIfEmpty(column: Column): void {
    if (column.rows.size > 0 || column.closing.size > 0) return;
    this.#columns.delete(column.key);
    this.#opening.delete(column);
  }

  #columnOf({ cell, settlementRules: rules }: Bet): Column {
    const { opensAtMs, closesAtMs } = cell;
    const key = `${cell.symbol}|${opensAtMs}|${closesAtMs}|${rules.maxGapMs}|${rules.maxDegradedFraction}`;
    const known = this.#columns.get(key);
    if (known) return known;
    const window: TimeWindow = { opensAtMs, closesAtMs };
    const progress = INITIAL_SETTLEMENT_PROGRESS;
    const column = { key, window, rules, progress, rows: new Map(), closing: new Map() };
    this.#columns.set(key, column);
    this.#opening.add(column);
    return column;
  }
}

function rowCellOf({ rows }: Column, { id, cell }: Bet): OpenCell {
  const { lowCents, highCents } = cell;
  if (lowCents === null || highCents === null) throw new RangeError(`${id} has an open edge to touch`);
  const heightCents = highCents - lowCents;
  if (lowCents % heightCents !== 0) throw new RangeError(`${id} is not on the raster of its rows`);
  const ofHeight = rows.get(heightCents) ?? new Map<number, OpenCell[]>();
  rows.set(heightCents, ofHeight);
  const row = ofHeight.get(lowCents) ?? [];
  ofHeight.set(lowCents, row);
  const known = row.find((open) => open.cell.kind === cell.kind);
  if (known) return known;
  const open = { cell, bets: [] };
  row.push(open);
  return open;
}

function closingCellOf({ closing }: Column, { cell }: Bet): OpenCell {
  const key = cellKey(cell);
  const known = closing.get(key);
  if (known) return known;
  const open = { cell, bets: [] };
  closing.set(key, open);
  return open;
}

function settleTouched(column: Column, step: WindowStep, tick: IndexTick, decided: DecidedCell[]): void {
  const { stretchFrom } = step;
  if (!stretchFrom) return;
  const bottom = Math.min(tick.priceCents, stretchFrom.priceCents);
  const top = Math.max(tick.priceCents, stretchFrom.priceCents);
  for (const [heightCents, rows] of column.rows) {
    for (const lowCents of rowsBetween(rows, heightCents, bottom, top)) {
      const row = rows.get(lowCents);
      const cell = row?.[0]?.cell;
      if (!row || !cell || !isTouched(step, { ...column.window, ...bandOf(cell) }, tick)) continue;
      for (const open of row) decided.push(decide(column, open, touched(open.cell.kind, tick)));
      rows.delete(lowCents);
    }
    if (rows.size === 0) column.rows.delete(heightCents);
  }
}

const bandOf = ({ lowCents, highCents }: Cell) => ({ lowCents, highCents });

/**
 * Low edges of the open rows that share a price with [bottom, top]; borders count, so a row ending at
 * `bottom` is in.
 */
function rowsBetween(
  rows: Map<number, OpenCell[]>,
  heightCents: number,
  bottom: number,
  top: number,
): number[] {
  const first = Math.ceil(bottom / heightCents) - 1;
  const last = Math.floor(top / heightCents);
  if (last - first >= rows.size) {
    return [...rows.keys()].filter((lowCents) => lowCents + heightCents >= bottom && lowCents <= top);
  }
  const found: number[] = [];
  for (let row = first; row <= last; row += 1) if (rows.has(row * heightCents)) found.push(row * heightCents);
  return found;
}

function* cellsOf(column: Column): Iterable<OpenCell> {
  for (const rows of column.rows.values()) for (const row of rows.values()) yield* row;
  yield* column.closing.values();
}

function forgetCell(column: Column, { cell }: OpenCell): void {
  const { lowCents, highCents } = cell;
  if (!isPathKind(cell.kind) || lowCents === null || highCents === null) {
    column.closing.delete(cellKey(cell));
    return;
  }
  const rows = column.rows.get(highCents - lowCents);
  const left = rows?.get(lowCents)?.filter((open) => open.cell.kind !== cell.kind) ?? [];
  if (left.length > 0) rows?.set(lowCents, left);
  else rows?.delete(lowCents);
  if (rows?.size === 0) column.rows.delete(highCents - lowCents);
}

const decide = ({ rules }: Column, { cell, bets }: OpenCell, verdict: DecidedVerdict): DecidedCell => ({
  cell,
  rules,
  verdict,
  bets,
});
