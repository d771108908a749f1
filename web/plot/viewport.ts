/**
 * Where instants and prices are on the screen. The world is laid out once in its own coordinates (`Scale`)
 * and only moved from frame to frame; what changes with every frame is the `View`.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** World coordinates: x grows with time, y downwards with falling price; (0, 0) is baseMs at baseCents. */
export interface Scale {
  readonly baseMs: number;
  readonly baseCents: number;
  readonly pxPerMs: number;
  readonly pxPerCent: number;
}

export interface View {
  readonly size: Size;
  readonly scale: Scale;
  /** Index time at the now-line. */
  readonly nowMs: number;
  /** The now-line: history to the left, cells to the right. */
  readonly nowX: number;
  /** The price at mid-height. */
  readonly middleCents: number;
}

const NARROW_PX = 640;
const COLUMN_PX = { min: 52, max: 88 };
const ROW_PX = { min: 32, max: 46 };
/** Rows that would fit if the limits let them: fewer than are quoted, so that the line can move first. */
const ROWS_WANTED = 16;
/** Columns right of the now-line: those quoted and the locked ones. */
const COLUMNS_WANTED = 12.5;

export const nowXOf = ({ width }: Size): number => Math.round(width * (width < NARROW_PX ? 0.24 : 0.4));

export function scaleOf(size: Size, grid: { columnMs: number; rowHeightCents: number }, base: Base): Scale {
  const columnPx = clamp((size.width - nowXOf(size)) / COLUMNS_WANTED, COLUMN_PX.min, COLUMN_PX.max);
  const rowPx = clamp(size.height / ROWS_WANTED, ROW_PX.min, ROW_PX.max);
  return { ...base, pxPerMs: columnPx / grid.columnMs, pxPerCent: rowPx / grid.rowHeightCents };
}

export type Base = Pick<Scale, 'baseMs' | 'baseCents'>;

export const sameScale = (a: Scale, b: Scale): boolean =>
  a.baseMs === b.baseMs &&
  a.baseCents === b.baseCents &&
  a.pxPerMs === b.pxPerMs &&
  a.pxPerCent === b.pxPerCent;

export const worldX = (scale: Scale, atMs: number): number => (atMs - scale.baseMs) * scale.pxPerMs;
export const worldY = (scale: Scale, cents: number): number => (scale.baseCents - cents) * scale.pxPerCent;

/** Where the world's origin is on the screen. */
export const originX = (view: View): number => view.nowX - worldX(view.scale, view.nowMs);
export const originY = (view: View): number => view.size.height / 2 - worldY(view.scale, view.middleCents);

export const screenX = (view: View, atMs: number): number => originX(view) + worldX(view.scale, atMs);
export const screenY = (view: View, cents: number): number => originY(view) + worldY(view.scale, cents);

export const timeAtX = (view: View, x: number): number => view.nowMs + (x - view.nowX) / view.scale.pxPerMs;
export const centsAtY = (view: View, y: number): number =>
  view.middleCents + (view.size.height / 2 - y) / view.scale.pxPerCent;

/** Puts an element on a rectangle of the world, `gapPx` smaller all around. */
export function placeOn(
  element: HTMLElement,
  scale: Scale,
  cell: { opensAtMs: number; closesAtMs: number; lowCents: number; highCents: number },
  gapPx: number,
): void {
  const { style } = element;
  style.left = `${worldX(scale, cell.opensAtMs) + gapPx}px`;
  style.top = `${worldY(scale, cell.highCents) + gapPx}px`;
  style.width = `${(cell.closesAtMs - cell.opensAtMs) * scale.pxPerMs - 2 * gapPx}px`;
  style.height = `${(cell.highCents - cell.lowCents) * scale.pxPerCent - 2 * gapPx}px`;
}

const clamp = (n: number, min: number, max: number): number => Math.min(max, Math.max(min, n));
