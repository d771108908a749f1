/** Index ticks on a 100 ms raster, one cent apart, so that a tick tells its seq. */
import { type IndexTick, SYMBOL } from '../../src/domain/tick.ts';
import { cents } from '../../src/domain/units.ts';

export const TICK_MS = 100;
export const FIRST_TICK_MS = 1_700_000_000_000;

export const indexTick = (seq: number, changes: Partial<IndexTick> = {}): IndexTick => ({
  symbol: SYMBOL,
  seq,
  atMs: FIRST_TICK_MS + seq * TICK_MS,
  priceCents: cents(6_000_000 + seq),
  quality: 'ok',
  venues: 1,
  venueMask: 1,
  compositionJump: false,
  ...changes,
});

/** From `fromSeq` to `toSeq`, both included. */
export const indexTicks = (fromSeq: number, toSeq: number): IndexTick[] =>
  Array.from({ length: toSeq - fromSeq + 1 }, (_, index) => indexTick(fromSeq + index));

export const seqsOf = (ticks: readonly IndexTick[]): number[] => ticks.map((tick) => tick.seq);
