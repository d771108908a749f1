/** Columns by when they open, so that a tick looks only at those whose window has begun. */
import type { TimeWindow } from './cell.ts';

export interface OpenColumn {
  readonly window: TimeWindow;
}

export class OpeningColumns<C extends OpenColumn> {
  readonly #waiting = new Map<number, Set<C>>();
  readonly #opened = new Set<C>();
  /** No waiting column opens before. */
  #nextOpensAtMs = Number.POSITIVE_INFINITY;

  add(column: C): void {
    const { opensAtMs } = column.window;
    const together = this.#waiting.get(opensAtMs) ?? new Set();
    this.#waiting.set(opensAtMs, together.add(column));
    this.#nextOpensAtMs = Math.min(this.#nextOpensAtMs, opensAtMs);
  }

  delete(column: C): void {
    this.#opened.delete(column);
    this.#waiting.get(column.window.opensAtMs)?.delete(column);
  }

  /** The columns that have opened by then and were not deleted; deleting while looking is fine. */
  openedBy(atMs: number): ReadonlySet<C> {
    if (atMs >= this.#nextOpensAtMs) this.#open(atMs);
    return this.#opened;
  }

  #open(atMs: number): void {
    this.#nextOpensAtMs = Number.POSITIVE_INFINITY;
    for (const [opensAtMs, together] of this.#waiting) {
      if (opensAtMs > atMs) {
        this.#nextOpensAtMs = Math.min(this.#nextOpensAtMs, opensAtMs);
        continue;
      }
      for (const column of together) this.#opened.add(column);
      this.#waiting.delete(opensAtMs);
    }
  }
}
