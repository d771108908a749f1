/** The latest price port: the newest tick, for whoever asks without listening. May vanish at any time. */
import type { IndexTick } from '../../domain/tick.ts';

export interface LatestPriceStore {
  put(tick: IndexTick): Promise<void>;
  /** Undefined when there is none, or what is there is not a tick. */
  get(): Promise<IndexTick | undefined>;
}
