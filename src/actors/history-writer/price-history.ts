/**
 * The price history port: the last seven days of recorded ticks in fast memory. A cache of the tick log, and
 * nothing more: it may vanish at any time, whole, and is then filled again from the log.
 *
 * The port says nothing of how ticks are kept, so that many may be packed into one member.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { TickRange } from './tick-log.ts';

/** What the history holds: from the oldest tick to the newest. */
export interface HistoryExtent {
  readonly fromSeq: number;
  readonly fromMs: number;
  readonly toSeq: number;
  readonly toMs: number;
  /** Every seq in between is there, once. False also for anything that is not ours in it. */
  readonly isComplete: boolean;
}

export interface PriceHistory {
  /**
   * Adds newer ticks at the end; rejects if there are none to add. Adding a tick again changes nothing.
   * Resolves to the extent afterwards.
   */
  append(ticks: readonly IndexTick[]): Promise<HistoryExtent>;
  /** Adds older ticks at the front, many at a time. Otherwise as `append`. */
  rehydrate(ticks: readonly IndexTick[]): Promise<HistoryExtent>;
  /** Undefined when there is none. */
  extent(): Promise<HistoryExtent | undefined>;
  /** Both as of one moment: whoever reads can tell whether the ticks are all there were. */
  range(
    range: TickRange,
  ): Promise<{ readonly ticks: readonly IndexTick[]; readonly extent: HistoryExtent | undefined }>;
  /** Drops ticks with atMs < `beforeMs`. */
  prune(beforeMs: number): Promise<void>;
  clear(): Promise<void>;
}
