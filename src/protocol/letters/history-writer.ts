/** Letters the HistoryWriter takes. It is the only writer of the durable tick log. */
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

export type HistoryWriterLetter = OpenFeed | TicksPublished | ReadTicks;
export interface HistoryWriterReplies {
  readonly OpenFeed: FeedOpened;
  readonly ReadTicks: Outcome<TicksRead>;
}

export const HISTORY_WRITER: Address<HistoryWriterLetter, HistoryWriterReplies> = address('history-writer');
