/**
 * The price line, drawn over the grid: straight from tick to tick, exactly as it settles. Only the last
 * bit, up to the instant shown, is cut off between two known ticks. Where nothing was published the line is
 * broken.
 */
import type { PriceTick } from '../../src/client/index.ts';
import { clockTime, priceShort } from '../format.ts';
import { centsAtY, screenX, screenY, timeAtX, type View } from './viewport.ts';

/** A stretch longer than this between ticks is a gap: it says nothing about the price in between. */
export const GAP_MS = 2_000;
const AXIS_PX = 24;
const COLOURS = {
  line: '#eafff9',
  glow: 'rgba(111, 242, 216, 0.85)',
  degraded: '#ffb454',
  now: 'rgba(234, 255, 249, 0.16)',
  level: 'rgba(111, 242, 216, 0.30)',
  label: 'rgba(200, 214, 224, 0.46)',
  clear: 'rgba(111, 242, 216, 0)',
  fill: 'rgba(111, 242, 216, 0.13)',
} as const;

/** From the glow in to the line. A blurred shadow would look the same and cost most of the frame. */
const STROKES: readonly { readonly width: number; readonly alpha: number }[] = [
  { width: 11, alpha: 0.07 },
  { width: 6, alpha: 0.14 },
  { width: 2.25, alpha: 1 },
];

interface Point {
  readonly x: number;
  readonly y: number;
}

export class LineCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #font: string;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2D canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#font = getComputedStyle(canvas).fontFamily;
  }

  resize({ width, height }: { width: number; height: number }): void {
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  draw(view: View, ticks: readonly PriceTick[], grid: { columnMs: number; rowHeightCents: number }): void {
    const { width, height } = view.size;
    this.#context.clearRect(0, 0, width, height);
    const runs = runsOf(view, ticks);
    for (const run of runs) this.#fillBelow(view, run);
    this.#fadeOutLeft(view);
    this.#drawPriceAxis(view, grid.rowHeightCents);
    this.#drawTimeAxis(view, grid.columnMs);
    this.#drawNowLine(view);
    for (const run of runs) this.#drawRun(view, run);
    const head = runs.at(-1)?.at(-1);
    if (head) this.#drawHead(view, head);
  }

  #drawPriceAxis(view: View, rowHeightCents: number): void {
    const context = this.#context;
    context.font = `500 10.5px ${this.#font}`;
    context.fillStyle = COLOURS.label;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const lowest = Math.ceil(centsAtY(view, view.size.height - AXIS_PX) / rowHeightCents) * rowHeightCents;
    const highest = centsAtY(view, 0);
    for (let cents = lowest; cents < highest; cents += rowHeightCents) {
      const y = screenY(view, cents);
      if (y < 96) continue;
      if ((cents / rowHeightCents) % 2 === 0) context.fillText(priceShort(cents), 10, y);
    }
  }

  #drawTimeAxis(view: View, columnMs: number): void {
    const context = this.#context;
    context.font = `500 10.5px ${this.#font}`;
    context.fillStyle = COLOURS.label;
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    const stepMs = columnMs * (columnMs * view.scale.pxPerMs < 72 ? 2 : 1);
    const firstMs = Math.ceil(timeAtX(view, 34) / stepMs) * stepMs;
    const lastMs = timeAtX(view, view.size.width - 24);
    for (let atMs = firstMs; atMs <= lastMs; atMs += stepMs) {
      context.fillText(clockTime(atMs), screenX(view, atMs), view.size.height - 8);
    }
  }

  #drawNowLine(view: View): void {
    this.#context.fillStyle = COLOURS.now;
    this.#context.fillRect(view.nowX - 0.5, 0, 1, view.size.height - AXIS_PX);
  }

  #fillBelow(view: View, run: readonly Point[]): void {
    const context = this.#context;
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last) return;
    const area = pathOf(run);
    area.lineTo(last.x, view.size.height);
    area.lineTo(first.x, view.size.height);
    const fill = context.createLinearGradient(0, last.y - 40, 0, last.y + 220);
    fill.addColorStop(0, COLOURS.fill);
    fill.addColorStop(1, COLOURS.clear);
    context.fillStyle = fill;
    context.fill(area);
  }

  #fadeOutLeft(view: View): void {
    const context = this.#context;
    const fade = context.createLinearGradient(0, 0, view.nowX * 0.7, 0);
    fade.addColorStop(0, '#000');
    fade.addColorStop(1, 'transparent');
    context.save();
    context.globalCompositeOperation = 'destination-out';
    context.fillStyle = fade;
    context.fillRect(0, 0, view.nowX, view.size.height);
    context.restore();
  }

  #drawRun(view: View, run: readonly Point[]): void {
    const context = this.#context;
    const stroke = context.createLinearGradient(0, 0, view.nowX, 0);
    stroke.addColorStop(0, COLOURS.clear);
    stroke.addColorStop(0.25, COLOURS.glow);
    stroke.addColorStop(1, COLOURS.line);
    context.save();
    context.lineJoin = 'round';
    context.lineCap = 'round';
    context.strokeStyle = stroke;
    const path = pathOf(run);
    for (const { width, alpha } of STROKES) {
      context.globalAlpha = alpha;
      context.lineWidth = width;
      context.stroke(path);
    }
    context.restore();
  }

  #drawHead(view: View, { x, y }: Point): void {
    const context = this.#context;
    context.save();
    context.strokeStyle = COLOURS.level;
    context.setLineDash([2, 5]);
    context.beginPath();
    context.moveTo(x, Math.round(y) + 0.5);
    context.lineTo(view.size.width, Math.round(y) + 0.5);
    context.stroke();
    context.restore();

    const breath = 0.5 + 0.5 * Math.sin(view.nowMs / 260);
    disc(context, x, y, 8 + 3 * breath, `rgba(111, 242, 216, ${0.1 + 0.1 * breath})`);
    disc(context, x, y, 4, COLOURS.line);
  }
}

/** The visible ticks as connected runs of points, broken at gaps and cut off at the instant shown. */
function runsOf(view: View, ticks: readonly PriceTick[]): Point[][] {
  const fromMs = timeAtX(view, -40);
  const runs: Point[][] = [];
  let run: Point[] = [];
  let before: PriceTick | undefined;
  for (const tick of ticks) {
    if (before && tick.atMs - before.atMs > GAP_MS) {
      runs.push(run);
      run = [];
    } else if (before && tick.atMs > view.nowMs && before.atMs < view.nowMs) {
      const share = (view.nowMs - before.atMs) / (tick.atMs - before.atMs);
      run.push(pointAt(view, view.nowMs, before.priceCents + (tick.priceCents - before.priceCents) * share));
    }
    if (tick.atMs > view.nowMs) break;
    if (tick.atMs >= fromMs) run.push(pointAt(view, tick.atMs, tick.priceCents));
    before = tick;
  }
  runs.push(run);
  return runs.filter((points) => points.length > 0);
}

function pathOf(run: readonly Point[]): Path2D {
  const path = new Path2D();
  for (const { x, y } of run) path.lineTo(x, y);
  return path;
}

const pointAt = (view: View, atMs: number, cents: number): Point => ({
  x: screenX(view, atMs),
  y: screenY(view, cents),
});

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
