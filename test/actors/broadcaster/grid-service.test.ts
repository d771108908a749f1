import { expect, it } from 'vitest';
import type { GridCache } from '../../../src/actors/broadcaster/grid-cache.ts';
import { GridService } from '../../../src/actors/broadcaster/grid-service.ts';
import { MemoryGridCache } from '../../../src/actors/broadcaster/memory-grid-cache.ts';
import type { RelativeGrid } from '../../../src/domain/grid.ts';
import { DEFAULT_MARKET_RULES } from '../../../src/domain/rules.ts';
import { cents } from '../../../src/domain/units.ts';
import { ManualClock, Metrics } from '../../../src/runtime/index.ts';
import { MARKET } from '../../support/broadcaster-fixture.ts';
import { tickAt } from '../../support/market.ts';

const serviceOn = (cache: GridCache) => new GridService(cache, DEFAULT_MARKET_RULES, new Metrics('test'));

class CountingCache extends MemoryGridCache {
  reads = 0;
  override get(params: string): Promise<RelativeGrid | undefined> {
    this.reads += 1;
    return super.get(params);
  }
}

it('computes once what looks the same, and places it where the market is', async () => {
  const cache = new CountingCache(new ManualClock(0));
  const grids = serviceOn(cache);
  const columnMs = DEFAULT_MARKET_RULES.columnMs;
  const now = tickAt(1);
  const later = tickAt(1 + columnMs / 100, { atMs: now.atMs + columnMs });
  const [first, second] = await Promise.all([grids.view(now, MARKET), grids.view(later, MARKET)]);
  expect(cache.reads).toBe(1);
  expect(second.multipliers).toEqual(first.multipliers);
  expect(second.columns).toEqual(first.columns.map((opensAtMs) => opensAtMs + columnMs));
  expect(second.rows).toEqual(first.rows);
  const up = await grids.view(tickAt(1, { priceCents: cents(now.priceCents + 50) }), MARKET);
  expect([up.priceCents, cache.reads]).toEqual([now.priceCents + 50, 2]);
});

it('shares grids between broadcasters through the cache', async () => {
  const cache = new MemoryGridCache(new ManualClock(0));
  const view = await serviceOn(cache).view(tickAt(1), MARKET);
  expect(cache.size).toBe(1);
  expect(await serviceOn(cache).view(tickAt(1), MARKET)).toEqual(view);
});

it('shows the same grid whatever the cache does', async () => {
  const away: GridCache = {
    get: () => Promise.reject(new Error('away')),
    put: () => Promise.reject(new Error('away')),
  };
  const wrongShape: GridCache = { get: async () => [[null]], put: async () => {} };
  const view = await serviceOn(new MemoryGridCache(new ManualClock(0))).view(tickAt(1), MARKET);
  expect(await serviceOn(away).view(tickAt(1), MARKET)).toEqual(view);
  expect(await serviceOn(wrongShape).view(tickAt(1), MARKET)).toEqual(view);
});

it('offers columns that open after the lock only', async () => {
  const tick = tickAt(33);
  const view = await serviceOn(new MemoryGridCache(new ManualClock(0))).view(tick, MARKET);
  expect(Math.min(...view.columns)).toBeGreaterThanOrEqual(tick.atMs + DEFAULT_MARKET_RULES.lockMs);
});
