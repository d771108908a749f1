/**
 * The price history port: the last seven days of recorded ticks in fast memory. A cache of the tick log, and
 * nothing more: it may vanish at any time, whole, and is then filled again from the log.
 *
 * It holds sealed frames of `frameTicks` ticks each, packed, and after the last of them single ticks. Frames
 * are cut at fixed seqs (the first holds seq 1 to `frameTicks`), so that the same ticks are always in the
 * same frame, whoever seals it and how often. Every call is atomic: no reader sees half of a change.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { TickRange } from './tick-log.ts';

/** One minute at 10 Hz. */
export const FRAME_TICKS = 600;

/** What the history holds: from the oldest tick to the newest. */
export interface HistoryExtent {
  readonly fromSeq: number;
  readonly fromMs: number;
  readonly toSeq: number;
  readonly toMs: number;
  /** The last seq in a frame; `fromSeq` − 1 if there is no frame. */
  readonly sealedToSeq: number;
  /** Every seq in between is there, once. False also for anything that is not ours in it. */
  readonly isComplete: boolean;
}

export interface HistorySlice {
  readonly ticks: readonly IndexTick[];
  readonly extent: HistoryExtent | undefined;
}

/** Thrown by `range` when what is there cannot be read, or is no unbroken run of ticks. */
export class HistoryDamaged extends Error {
  override readonly name = 'HistoryDamaged';
}

export interface PriceHistory {
  /** At least 2. */
  readonly frameTicks: number;
  /**
   * Adds single ticks; rejects if there are none. Adding a tick again changes nothing. Resolves to the extent
   * afterwards.
   */
  append(ticks: readonly IndexTick[]): Promise<HistoryExtent>;
  /**
   * Puts whole frames in place of whatever is in their time. `ticks`: every tick of one or more frames;
   * rejects anything else. Sealing again changes nothing.
   */
  seal(ticks: readonly IndexTick[]): Promise<HistoryExtent>;
  /** Undefined when there is none. */
  extent(): Promise<HistoryExtent | undefined>;
  /**
   * Both as of one moment: whoever reads can tell whether the ticks are all there were. Rejects with
   * HistoryDamaged rather than give anything but an unbroken run.
   */
  range(range: TickRange): Promise<HistorySlice>;
  /** Drops what begins before `beforeMs`: frames, whole, and single ticks. */
  prune(beforeMs: number): Promise<void>;
  clear(): Promise<void>;
}

/** The first seq of the frame that holds this one. */
export const frameStartSeq = (seq: number, frameTicks: number): number => seq - ((seq - 1) % frameTicks);

/** The frames these ticks are; a RangeError if they are not whole ones. */
export function framesOf(ticks: readonly IndexTick[], frameTicks: number): (readonly IndexTick[])[] {
  const [first] = ticks;
  const areWhole = ticks.length % frameTicks === 0;
  if (!first || !areWhole || first.seq !== frameStartSeq(first.seq, frameTicks)) {
    throw new RangeError(`not whole frames: ${ticks.length} ticks from seq ${first?.seq}`);
  }
  return Array.from({ length: ticks.length / frameTicks }, (_, n) =>
    ticks.slice(n * frameTicks, (n + 1) * frameTicks),
  );
}
