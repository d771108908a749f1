/** Every tick that is published from now on, without the name of the feed's life. */
import { type IndexTick, SYMBOL } from '../../src/domain/tick.ts';
import { type PublishedTick, priceSignals } from '../../src/protocol/signals.ts';
import type { TestSystem } from '../../src/runtime/test-kit/create-test-system.ts';

export async function shownTicks(system: TestSystem): Promise<IndexTick[]> {
  const ticks: IndexTick[] = [];
  await system.signals.subscribe(priceSignals(SYMBOL).name, (signal) => {
    const { feed: _, ...tick } = signal as PublishedTick;
    ticks.push(tick);
  });
  return ticks;
}
