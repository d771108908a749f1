/** What every store of the latest price must do, whatever it stands on. */
import { beforeEach, expect, it } from 'vitest';
import type { LatestPriceStore } from '../../src/actors/price-feed/latest-price-store.ts';
import { indexTick } from '../support/index-ticks.ts';

/** `create` gives an empty one. */
export function latestPriceStoreContract(create: () => Promise<LatestPriceStore>): void {
  let store: LatestPriceStore;
  beforeEach(async () => {
    store = await create();
  });

  it('has none at first', async () => {
    expect(await store.get()).toBeUndefined();
  });

  it('keeps the newest only', async () => {
    await store.put(indexTick(1));
    await store.put(indexTick(2, { quality: 'degraded' }));
    expect(await store.get()).toEqual(indexTick(2, { quality: 'degraded' }));
  });
}
