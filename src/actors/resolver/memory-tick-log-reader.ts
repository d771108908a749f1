/** A tick log in memory, for tests and the simulator; `record` stands for the HistoryWriter. */
import type { IndexTick } from '../../domain/tick.ts';
import type { TickLogReader } from './tick-log-reader.ts';

export class MemoryTickLog implements TickLogReader {
  readonly #ticks: IndexTick[] = [];

  record(...ticks: readonly IndexTick[]): void {
    for (const tick of ticks) {
      const expectedSeq = (this.#ticks.at(-1)?.seq ?? 0) + 1;
      if (tick.seq !== expectedSeq)
        throw new RangeError(`tick ${tick.seq} recorded, ${expectedSeq} expected`);
      this.#ticks.push(tick);
    }
  }

  async last(): Promise<IndexTick | undefined> {
    return this.#ticks.at(-1);
  }

  async readAfter(seq: number, limit: number): Promise<readonly IndexTick[]> {
    // Dense from 1: the tick after `seq` is at index `seq`.
    return this.#ticks.slice(seq, seq + limit);
  }

  async close(): Promise<void> {}
}
