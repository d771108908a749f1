/** The latest price in this process's memory: for tests and the simulator. */
import type { IndexTick } from '../../domain/tick.ts';
import type { LatestPriceStore } from './latest-price-store.ts';

export function memoryLatestPriceStore(): LatestPriceStore {
  let latest: IndexTick | undefined;
  return {
    async put(tick) {
      latest = { ...tick };
    },
    get: async () => latest,
  };
}
