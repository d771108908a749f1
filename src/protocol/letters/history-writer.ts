/** Letters the HistoryWriter takes. It is the only writer of the durable tick log. */
import type { Candle, CandleIntervalMs } from '../../domain/candle.ts';
import type { SignedCheckpoint } from '../../domain/proof/signed-statements.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { type Address, address, type Letter } from '../envelope.ts';
import type { Outcome } from '../errors.ts';

/**
 * A feed that starts asks for a new epoch and the end of the log. Ticks of an older epoch are refused from
 * then on, so a feed that was thought dead cannot write again.
 */
export type OpenFeed = Letter<'OpenFeed', Record<never, never>>;
export interface FeedOpened {
  readonly epoch: number;
  /** The last recorded tick, if there is one. */
  readonly last: IndexTick | null;
}

/** Ticks in order. Already recorded ones are skipped; a hole in `seq` is refused until it is filled. */
export type TicksPublished = Letter<
  'TicksPublished',
  { readonly epoch: number; readonly ticks: readonly IndexTick[] }
>;

/** Recorded ticks with fromMs ≤ atMs ≤ toMs, oldest first, at most `limit`. */
export type ReadTicks = Letter<
  'ReadTicks',
  { readonly fromMs: number; readonly toMs: number; readonly limit: number }
>;
export interface TicksRead {
  readonly ticks: readonly IndexTick[];
  /** True if `limit` cut the answer: ask again from the last atMs + 1. */
  readonly more: boolean;
}

/** Every candle whose interval shares a moment with [fromMs, toMs], oldest first; each is whole. */
export type ReadCandles = Letter<
  'ReadCandles',
  { readonly intervalMs: CandleIntervalMs; readonly fromMs: number; readonly toMs: number }
>;
export interface CandlesRead {
  readonly candles: readonly RecordedCandle[];
  /** There are more: ask again from here. */
  readonly nextFromMs?: number;
}
export interface RecordedCandle extends Candle {
  /** No tick at or after its end was recorded: it may still change. */
  readonly isUnfinished: boolean;
}

/** Recorded ticks from one seq to another, with the signed places of the tick chain around them. */
export type ReadChain = Letter<'ReadChain', { readonly fromSeq: number; readonly toSeq: number }>;
export interface ChainRead {
  readonly before: SignedCheckpoint | null;
  /** Canonical texts of every tick after `before` up to `after`. */
  readonly ticks: readonly string[];
  readonly after: SignedCheckpoint;
}

/** Signed checkpoints with atMs ≥ fromMs, oldest first, at most `limit`. */
export type ReadCheckpoints = Letter<'ReadCheckpoints', { readonly fromMs: number; readonly limit: number }>;
export interface CheckpointsRead {
  readonly checkpoints: readonly SignedCheckpoint[];
}

export type HistoryWriterLetter =
  | OpenFeed
  | TicksPublished
  | ReadTicks
  | ReadCandles
  | ReadChain
  | ReadCheckpoints;
export interface HistoryWriterReplies {
  readonly OpenFeed: FeedOpened;
  readonly ReadTicks: Outcome<TicksRead>;
  readonly ReadCandles: Outcome<CandlesRead>;
  readonly ReadChain: Outcome<ChainRead>;
  readonly ReadCheckpoints: Outcome<CheckpointsRead>;
}

export const HISTORY_WRITER: Address<HistoryWriterLetter, HistoryWriterReplies> = address('history-writer');
