/**
 * The picture: cells, bets and line in one moving world, redrawn with every frame of the display.
 *
 * Layers, from below: cells (buttons), bets, line (canvas). Cells and bets are laid out when they change and
 * only moved with each frame; the line is drawn anew.
 */
import type { GridView } from '../../src/client/index.ts';
import type { BetBook } from '../bet-book.ts';
import { byId } from '../dom.ts';
import type { ServerClock } from '../server-clock.ts';
import type { TickLine } from '../tick-line.ts';
import { BetLayer } from './bet-layer.ts';
import { Camera } from './camera.ts';
import { CellCursor } from './cell-cursor.ts';
import { CellLayer, type PickedCell } from './cell-layer.ts';
import { LineCanvas } from './line-canvas.ts';
import {
  type Base,
  nowXOf,
  originX,
  originY,
  type Scale,
  type Size,
  sameScale,
  scaleOf,
  timeAtX,
  type View,
} from './viewport.ts';

/** World coordinates stay small, or they lose their decimals. */
const REBASE_PX = 50_000;

export class Plot {
  readonly #clock: ServerClock;
  readonly #line: TickLine;
  readonly #book: BetBook;
  readonly #world = byId('world', HTMLElement);
  readonly #canvas = new LineCanvas(byId('line', HTMLCanvasElement));
  readonly #cells = new CellLayer(this.#world);
  readonly #bets = new BetLayer(this.#world);
  readonly #cursor: CellCursor;
  readonly #camera = new Camera();
  #size: Size = { width: 0, height: 0 };
  #grid: GridView | undefined;
  #base: Base | undefined;
  #scale: Scale | undefined;
  #lastFrameMs = 0;
  #areBetsStale = true;

  constructor(clock: ServerClock, line: TickLine, book: BetBook, onPick: (cell: PickedCell) => void) {
    this.#clock = clock;
    this.#line = line;
    this.#book = book;
    this.#cursor = new CellCursor(this.#world, this.#cells, onPick);
    const plot = byId('plot', HTMLElement);
    new ResizeObserver(() => this.#resize(plot.clientWidth, plot.clientHeight)).observe(plot);
    requestAnimationFrame((localMs) => this.#frame(localMs));
  }

  setGrid(grid: GridView): void {
    this.#grid = grid;
    this.#base ??= baseOf(grid);
    const scale = this.#rescale();
    if (!scale) return;
    this.#cells.setGrid(grid, scale);
    this.#cursor.settle(grid.priceCents);
  }

  /** The book changed: the next frame shows it. */
  renderBets(): void {
    this.#areBetsStale = true;
  }

  #frame(localMs: number): void {
    requestAnimationFrame((next) => this.#frame(next));
    const view = this.#view(localMs);
    this.#lastFrameMs = localMs;
    if (!view || !this.#grid) return;
    this.#world.style.transform = `translate3d(${originX(view)}px, ${originY(view)}px, 0)`;
    this.#cells.expire(view.nowMs);
    if (this.#areBetsStale) this.#bets.render(this.#book, view.scale, timeAtX(view, 0));
    this.#areBetsStale = false;
    this.#bets.tick(view.nowMs, timeAtX(view, 0));
    this.#canvas.draw(view, this.#line.ticks, this.#grid);
  }

  #view(localMs: number): View | undefined {
    const nowMs = this.#clock.shownMs(localMs);
    const scale = this.#scale;
    const price = nowMs === undefined ? undefined : this.#line.priceAt(nowMs);
    if (nowMs === undefined || price === undefined || !scale || !this.#grid) return undefined;
    const elapsedMs = Math.max(0, localMs - this.#lastFrameMs);
    const middleCents = this.#camera.follow(price, this.#grid.rowHeightCents, elapsedMs);
    return { size: this.#size, scale, nowMs, nowX: nowXOf(this.#size), middleCents };
  }

  #resize(width: number, height: number): void {
    this.#size = { width, height };
    this.#canvas.resize(this.#size);
    this.#rescale();
  }

  /** The scale as it must be now; lays everything out anew if it is another one. */
  #rescale(): Scale | undefined {
    const grid = this.#grid;
    if (!grid || !this.#base || this.#size.width === 0) return undefined;
    if (this.#scale && isFar(this.#scale, grid)) this.#base = baseOf(grid);
    const scale = scaleOf(this.#size, grid, this.#base);
    if (this.#scale && sameScale(scale, this.#scale)) return scale;
    this.#scale = scale;
    this.#cells.place(scale);
    this.#bets.place(scale);
    return scale;
  }
}

const baseOf = (grid: GridView): Base => ({
  baseMs: grid.columns[0] ?? grid.atMs,
  baseCents: grid.rows[0] ?? grid.priceCents,
});

const isFar = (scale: Scale, grid: GridView): boolean =>
  (grid.atMs - scale.baseMs) * scale.pxPerMs > REBASE_PX ||
  Math.abs(grid.priceCents - scale.baseCents) * scale.pxPerCent > REBASE_PX;
