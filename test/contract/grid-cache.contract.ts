/** What every GridCache promises; run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GridCache } from '../../src/actors/broadcaster/grid-cache.ts';
import { hundredths } from '../../src/domain/units.ts';

export interface GridCacheHarness {
  readonly cache: GridCache;
  /** Makes every key vanish, as their time to live or an eviction does. */
  vanish(): Promise<void>;
}

const grid = [
  [hundredths(150), null, hundredths(2_500)],
  [null, hundredths(101), null],
];

export function gridCacheContract(name: string, open: () => Promise<GridCacheHarness>): void {
  describe(`${name} keeps the GridCache contract`, () => {
    let harness: GridCacheHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.vanish());

    it('gives back what was put, under its own parameters only', async () => {
      await harness.cache.put('one', grid);
      expect(await harness.cache.get('one')).toEqual(grid);
      expect(await harness.cache.get('other')).toBeUndefined();
    });

    it('replaces', async () => {
      await harness.cache.put('replaced', grid);
      await harness.cache.put('replaced', [[null]]);
      expect(await harness.cache.get('replaced')).toEqual([[null]]);
    });

    it('has nothing once a key vanished', async () => {
      await harness.cache.put('gone', grid);
      await harness.vanish();
      expect(await harness.cache.get('gone')).toBeUndefined();
    });
  });
}
