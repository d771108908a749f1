/**
 * The grid as real buttons: they can be tapped, focused, read out and tested like any other. They are laid
 * out in world coordinates once and moved with the world; a push only rewrites the multipliers that
 * changed.
 *
 * Invariant: what is picked is the cell, and the multiplier, that was under the finger when it came down.
 */
import type { GridView } from '../../src/client/index.ts';
import { el, setAttribute } from '../dom.ts';
import { clockTime, multiplierShort, priceShort } from '../format.ts';
import { placeOn, type Scale } from './viewport.ts';

export interface PickedCell {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number;
  readonly highCents: number;
  /** As shown; null where no bets are taken. */
  readonly multiplier: string | null;
}

export interface CellView {
  readonly button: HTMLButtonElement;
  readonly text: Text;
  cell: PickedCell;
}

interface ColumnView {
  readonly element: HTMLElement;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly cells: Map<number, CellView>;
  isLocked: boolean;
}

const GAP_PX = 1.5;
/** Brightness is the chance as the multiplier tells it, in steps, so that few writes reach the page. */
const HEAT_STEPS = 24;

export class CellLayer {
  readonly #world: HTMLElement;
  readonly #columns = new Map<number, ColumnView>();
  #rowHeightCents = 0;
  #columnMs = 0;

  constructor(world: HTMLElement) {
    this.#world = world;
  }

  /** Columns that take bets, soonest first. */
  get openColumns(): readonly ColumnView[] {
    return [...this.#columns.values()].filter((column) => !column.isLocked);
  }

  setGrid(grid: GridView, scale: Scale): void {
    if (grid.rowHeightCents !== this.#rowHeightCents || grid.columnMs !== this.#columnMs) this.#clear();
    this.#rowHeightCents = grid.rowHeightCents;
    this.#columnMs = grid.columnMs;
    for (const column of this.#columns.values()) {
      if (!grid.columns.includes(column.opensAtMs)) lock(column);
    }
    for (const [i, opensAtMs] of grid.columns.entries()) {
      const column = this.#columns.get(opensAtMs) ?? this.#addColumn(opensAtMs);
      this.#setRows(column, grid.rows, grid.multipliers[i] ?? [], scale);
    }
  }

  place(scale: Scale): void {
    for (const { cells } of this.#columns.values()) {
      for (const { button, cell } of cells.values()) placeOn(button, scale, cell, GAP_PX);
    }
  }

  /** Takes away what has passed. */
  expire(nowMs: number): void {
    for (const column of this.#columns.values()) {
      if (column.closesAtMs >= nowMs) continue;
      column.element.remove();
      this.#columns.delete(column.opensAtMs);
    }
  }

  cellOf(target: EventTarget | null): CellView | undefined {
    const button = target instanceof Element ? target.closest<HTMLElement>('.cell') : null;
    const column = this.#columns.get(Number(button?.dataset['opens']));
    return column?.cells.get(Number(button?.dataset['low']));
  }

  #addColumn(opensAtMs: number): ColumnView {
    const element = el('div', {
      class: 'column',
      role: 'group',
      'aria-label': `opens ${clockTime(opensAtMs)}`,
    });
    const closesAtMs = opensAtMs + this.#columnMs;
    const column: ColumnView = { element, opensAtMs, closesAtMs, cells: new Map(), isLocked: false };
    this.#columns.set(opensAtMs, column);
    this.#world.append(element);
    return column;
  }

  #setRows(
    column: ColumnView,
    rows: readonly number[],
    multipliers: readonly (string | null)[],
    scale: Scale,
  ): void {
    for (const [lowCents, { button }] of column.cells) {
      if (rows.includes(lowCents)) continue;
      button.remove();
      column.cells.delete(lowCents);
    }
    for (const [i, lowCents] of rows.entries()) {
      const view = column.cells.get(lowCents) ?? this.#addCell(column, lowCents, scale);
      showMultiplier(view, multipliers[i] ?? null);
    }
  }

  #addCell(column: ColumnView, lowCents: number, scale: Scale): CellView {
    const { opensAtMs, closesAtMs } = column;
    const highCents = lowCents + this.#rowHeightCents;
    const text = document.createTextNode('');
    const band = el(
      'span',
      { class: 'sr-only' },
      `${priceShort(lowCents)} to ${priceShort(highCents)}, pays `,
    );
    const attributes = { class: 'cell', type: 'button', tabindex: -1, 'aria-disabled': 'true' };
    const data = { 'data-testid': 'cell', 'data-opens': opensAtMs, 'data-low': lowCents };
    const button = el('button', { ...attributes, ...data }, band, text);
    const cell: PickedCell = { opensAtMs, closesAtMs, lowCents, highCents, multiplier: null };
    placeOn(button, scale, cell, GAP_PX);
    // From the top down, the order in which they are seen.
    const above = [...column.cells.keys()].filter((other) => other > lowCents);
    const next = column.cells.get(Math.min(...above))?.button;
    if (next) next.after(button);
    else column.element.prepend(button);
    const view: CellView = { button, text, cell };
    column.cells.set(lowCents, view);
    return view;
  }

  #clear(): void {
    for (const { element } of this.#columns.values()) element.remove();
    this.#columns.clear();
  }
}

function showMultiplier(view: CellView, multiplier: string | null): void {
  if (view.cell.multiplier === multiplier) return;
  view.cell = { ...view.cell, multiplier };
  const { button } = view;
  view.text.data = multiplier === null ? '' : multiplierShort(multiplier);
  setAttribute(button, 'aria-disabled', multiplier === null ? 'true' : undefined);
  setAttribute(button, 'data-multiplier', multiplier ?? undefined);
  const heat = multiplier === null ? 0 : Math.round(HEAT_STEPS / Number(multiplier)) / HEAT_STEPS;
  const shown = String(heat);
  if (button.style.getPropertyValue('--heat') !== shown) button.style.setProperty('--heat', shown);
}

/** A locked column stays in sight until the line has crossed it, but offers nothing. */
function lock(column: ColumnView): void {
  if (column.isLocked) return;
  column.isLocked = true;
  column.element.classList.add('is-locked');
  for (const view of column.cells.values()) {
    view.cell = { ...view.cell, multiplier: null };
    setAttribute(view.button, 'aria-disabled', 'true');
    setAttribute(view.button, 'data-multiplier', undefined);
    view.button.tabIndex = -1;
  }
}
