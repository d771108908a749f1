/** Composition root of the PriceFeed in its thread. */
import type { ActorEnvironment } from '../../runtime/index.ts';
import { openCcxtQuotes } from './ccxt-quotes.ts';
import { liveSource } from './live-source.ts';
import { priceFeedActor } from './price-feed-actor.ts';
import type { PriceSource } from './price-source.ts';
import { redisLatestPriceStore } from './redis-latest-price-store.ts';
import { readReplaySeries } from './replay-series.ts';
import { replaySource } from './replay-source.ts';
import { syntheticSource } from './synthetic-source.ts';
import { type VenueId, venueSpecs } from './venue-list.ts';

export interface PriceFeedWorkerSettings {
  readonly source: 'replay' | 'synthetic' | 'live';
  /** Distance of two ticks, ms. */
  readonly tickMs: number;
  /** Two ticks further apart than this are a feed gap. */
  readonly maxGapMs: number;
  /** File of the recorded series; used by `replay`. */
  readonly replayPath: string;
  /** Used by `synthetic`. */
  readonly seed: number;
  /** Their order is their bit in `venueMask`; used by `live`. */
  readonly venues: readonly VenueId[];
}

export function createActor(environment: ActorEnvironment<PriceFeedWorkerSettings>) {
  const { settings, redis } = environment;
  return priceFeedActor({
    source: createSource(environment),
    latestPrice: redisLatestPriceStore(redis),
    settings: { tickMs: settings.tickMs, maxGapMs: settings.maxGapMs },
  });
}

function createSource({
  settings,
  clock,
  random,
  log,
  metrics,
}: ActorEnvironment<PriceFeedWorkerSettings>): PriceSource {
  switch (settings.source) {
    case 'replay':
      return replaySource(readReplaySeries(settings.replayPath));
    case 'synthetic':
      return syntheticSource(settings.seed);
    case 'live':
      return liveSource({
        venues: venueSpecs(settings.venues),
        open: openCcxtQuotes(),
        clock,
        random,
        log,
        metrics,
      });
    default:
      return settings.source satisfies never;
  }
}
