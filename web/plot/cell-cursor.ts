/**
 * Taps and keys on the cells. Exactly one cell is in the tab order; arrow keys move it, Enter and Space are
 * the button's own click. When its column locks, the cursor steps on to the next column, so that holding
 * Enter ready never bets on something else than what is outlined.
 */
import type { CellLayer, CellView, PickedCell } from './cell-layer.ts';

/** A finger that moved further than this was scrolling or changed its mind. */
const TAP_PX_MAX = 12;

interface Position {
  readonly opensAtMs: number;
  readonly lowCents: number;
}

export class CellCursor {
  readonly #cells: CellLayer;
  readonly #onPick: (cell: PickedCell) => void;
  #at: Position | undefined;
  #current: CellView | undefined;
  #down: { readonly cell: PickedCell; readonly x: number; readonly y: number } | undefined;

  constructor(world: HTMLElement, cells: CellLayer, onPick: (cell: PickedCell) => void) {
    this.#cells = cells;
    this.#onPick = onPick;
    world.addEventListener('pointerdown', (event) => this.#pressed(event));
    world.addEventListener('pointercancel', () => {
      this.#down = undefined;
    });
    world.addEventListener('click', (event) => this.#clicked(event));
    world.addEventListener('keydown', (event) => this.#key(event));
    world.addEventListener('focusin', (event) => {
      const view = this.#cells.cellOf(event.target);
      if (view) this.#moveTo(view, false);
    });
  }

  /**
   * After each new grid: the cursor must be in a column that takes bets, if there is one. Until somebody
   * uses it, it stays with the price.
   */
  settle(priceCents: number): void {
    const isInUse = this.#current !== undefined && document.activeElement === this.#current.button;
    if (!isInUse) this.#at = undefined;
    const columns = this.#cells.openColumns;
    const column = columns.find(({ opensAtMs }) => opensAtMs >= (this.#at?.opensAtMs ?? 0)) ?? columns[0];
    if (!column) return;
    const middleOf = ({ lowCents, highCents }: PickedCell): number => (lowCents + highCents) / 2;
    const wanted = this.#current && isInUse ? middleOf(this.#current.cell) : priceCents;
    const views = [...column.cells.values()];
    const distance = ({ cell }: CellView): number => Math.abs(middleOf(cell) - wanted);
    const nearest = views.reduce<CellView | undefined>(
      (best, view) => (best && distance(best) <= distance(view) ? best : view),
      undefined,
    );
    if (nearest && nearest !== this.#current) {
      this.#moveTo(nearest, this.#current !== undefined && document.activeElement === this.#current.button);
    }
  }

  #moveTo(view: CellView, withFocus: boolean): void {
    if (this.#current) this.#current.button.tabIndex = -1;
    view.button.tabIndex = 0;
    this.#current = view;
    this.#at = { opensAtMs: view.cell.opensAtMs, lowCents: view.cell.lowCents };
    if (withFocus) view.button.focus({ preventScroll: true });
  }

  #pressed(event: PointerEvent): void {
    const view = event.isPrimary ? this.#cells.cellOf(event.target) : undefined;
    this.#down = view && { cell: view.cell, x: event.clientX, y: event.clientY };
  }

  /** The cells move, so a press may end on a neighbour; the one it began on is meant. */
  #clicked(event: MouseEvent): void {
    const down = this.#down;
    this.#down = undefined;
    const isByPointer = event.detail > 0 && down !== undefined;
    if (isByPointer && Math.hypot(event.clientX - down.x, event.clientY - down.y) > TAP_PX_MAX) return;
    const cell = isByPointer ? down.cell : this.#cells.cellOf(event.target)?.cell;
    if (cell) this.#onPick(cell);
  }

  #key(event: KeyboardEvent): void {
    const [columns, rows] = STEPS[event.key] ?? [0, 0];
    if ((columns === 0 && rows === 0) || event.ctrlKey || event.metaKey || event.altKey) return;
    const view = this.#neighbour(columns, rows);
    if (!view) return;
    event.preventDefault();
    this.#moveTo(view, true);
  }

  #neighbour(columnSteps: number, rowSteps: number): CellView | undefined {
    const columns = this.#cells.openColumns;
    const i = columns.findIndex(({ opensAtMs }) => opensAtMs === this.#at?.opensAtMs);
    const column = columns[i + columnSteps];
    const lows = [...(column?.cells.keys() ?? [])].sort((a, b) => a - b);
    const low = lows[lows.indexOf(this.#at?.lowCents ?? Number.NaN) + rowSteps];
    return low === undefined ? undefined : column?.cells.get(low);
  }
}

/** [columns to the right, rows up]. */
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
