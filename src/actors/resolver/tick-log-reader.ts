/**
 * Reading the durable tick log, which the HistoryWriter alone writes. The Resolver needs it where letters are
 * not enough: to catch up at start, to fill holes that lost letters left, to warm the volatility up.
 *
 * Contract (test/contract/tick-log-reader.contract.ts): ticks come in order of a dense `seq`; what was read
 * once never changes; a log that does not exist yet is an empty one.
 */
import type { IndexTick } from '../../domain/tick.ts';

export interface TickLogReader {
  /** The newest recorded tick, if there is one. */
  last(): Promise<IndexTick | undefined>;
  /** Ticks with a larger seq, oldest first, at most `limit`. */
  readAfter(seq: number, limit: number): Promise<readonly IndexTick[]>;
  close(): Promise<void>;
}
