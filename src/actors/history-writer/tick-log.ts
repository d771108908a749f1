/**
 * The tick log port: every index tick ever recorded, and the epoch of the feed that may write. It is the
 * truth settlement stands on.
 *
 * Invariants: `seq` is dense from 1, `atMs` strictly increasing, epochs never go back; a recorded tick is
 * never changed. Calls are synchronous: one file, one writer thread, and a commit is a millisecond.
 */
import type { Candle } from '../../domain/candle.ts';
import type { IndexTick } from '../../domain/tick.ts';
import type { TickChain } from './tick-chain.ts';

/** Where the log ends and which feed may extend it. Epoch 0: no feed was ever opened. */
export interface LogHead {
  readonly epoch: number;
  readonly last: IndexTick | null;
}

/** A tick and the epoch of the feed that published it. */
export interface LogEntry {
  readonly epoch: number;
  readonly tick: IndexTick;
}

/** Ticks with fromMs ≤ atMs ≤ toMs, oldest first, at most `limit`. */
export interface TickRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export interface TickLog {
  /** The hash chain over the ticks. */
  readonly chain: TickChain;
  head(): LogHead;
  /** One durable transaction: sets the epoch, appends. Throws, with nothing written, if a rule breaks. */
  commit(batch: { readonly epoch: number; readonly entries: readonly LogEntry[] }): void;
  range(range: TickRange): IndexTick[];
  at(seq: number): IndexTick | undefined;
  /** The oldest tick with atMs ≥ `sinceMs`. */
  firstSince(sinceMs: number): IndexTick | undefined;
  /** Ticks after `seq`, oldest first. */
  after(seq: number, limit: number): IndexTick[];
  /** Ticks before `seq` with atMs ≥ `sinceMs`: the newest `limit` of them, oldest first. */
  before(seq: number, sinceMs: number, limit: number): IndexTick[];
  /** The candles of one minute that open at or after `fromMs` and before `toMs`, oldest first. */
  minuteCandles(fromMs: number, toMs: number): Candle[];
  close(): void;
}
