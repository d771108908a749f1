/**
 * The latest price port: the newest tick as it was published, for whoever asks without listening, and for the
 * feed's next life, which sees whether more was shown than recorded. May vanish at any time.
 */
import type { PublishedTick } from '../../protocol/signals.ts';

export interface LatestPriceStore {
  put(tick: PublishedTick): Promise<void>;
  /** Undefined when there is none, or what is there is not a tick. */
  get(): Promise<PublishedTick | undefined>;
}
