/**
 * From recorded rows to points on the raster of index ticks, one rule for each kind of row:
 *
 * - Quotes and trades: at each instant of the raster stands the last price at or before it, carried for at
 *   most `carryMsMax`; instants without a younger one make no tick, so a gap stays a gap.
 * - A bar makes four ticks at 0, 1/3, 2/3 and the last instant of its length: open, the extreme nearer to the
 *   open (the low, if both are as near), the other extreme, close. Candles over the bar's length come out
 *   exactly as recorded; the way between them is an approximation, and the true one is not in the file.
 *
 * Invariant: times strictly increase. Non-goals: seq numbers, repairing what the recording lacks.
 */
import type { Bar, PricePoint } from './recorded-rows.ts';
import type { RecordedRow } from './recording.ts';

const CARRY_MS_MAX = 1_000;

export class TickRaster {
  readonly #tickMs: number;
  readonly #carryMsMax: number;
  #last: PricePoint | undefined;
  #nextMs = 0;

  constructor(tickMs: number, carryMsMax: number = CARRY_MS_MAX) {
    this.#tickMs = tickMs;
    this.#carryMsMax = carryMsMax;
  }

  /** The points that are settled by this row. A bad row settles none. */
  take(row: RecordedRow): readonly PricePoint[] {
    if (row.kind === 'bad') return [];
    if (row.kind === 'bar') return barPoints(row.bar, this.#tickMs);
    const points = this.#until(row.point.atMs);
    if (!this.#last) this.#nextMs = Math.ceil(row.point.atMs / this.#tickMs) * this.#tickMs;
    this.#last = row.point;
    return points;
  }

  /** After the last row. */
  end(): readonly PricePoint[] {
    return this.#last ? this.#until(this.#last.atMs + 1) : [];
  }

  #until(endMs: number): PricePoint[] {
    const last = this.#last;
    const points: PricePoint[] = [];
    if (!last) return points;
    const untilMs = Math.min(endMs - 1, last.atMs + this.#carryMsMax);
    for (; this.#nextMs <= untilMs; this.#nextMs += this.#tickMs) {
      points.push({ atMs: this.#nextMs, priceCents: last.priceCents });
    }
    if (this.#nextMs < endMs) this.#nextMs = Math.ceil(endMs / this.#tickMs) * this.#tickMs;
    return points;
  }
}

function barPoints(bar: Bar, tickMs: number): PricePoint[] {
  const { openAtMs, lengthMs, openCents, highCents, lowCents, closeCents } = bar;
  const onRaster = (offsetMs: number): number => openAtMs + Math.floor(offsetMs / tickMs) * tickMs;
  const isLowNearer = openCents - lowCents <= highCents - openCents;
  const [first, second] = isLowNearer ? [lowCents, highCents] : [highCents, lowCents];
  return [
    { atMs: openAtMs, priceCents: openCents },
    { atMs: onRaster(lengthMs / 3), priceCents: first },
    { atMs: onRaster((2 * lengthMs) / 3), priceCents: second },
    { atMs: onRaster(lengthMs - tickMs), priceCents: closeCents },
  ];
}
