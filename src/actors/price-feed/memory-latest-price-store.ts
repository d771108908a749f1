/** The latest price in this process's memory: for tests and the simulator. */
import type { PublishedTick } from '../../protocol/signals.ts';
import type { LatestPriceStore } from './latest-price-store.ts';

export function memoryLatestPriceStore(): LatestPriceStore {
  let latest: PublishedTick | undefined;
  return {
    async put(tick) {
      latest = { ...tick };
    },
    get: async () => latest,
  };
}
