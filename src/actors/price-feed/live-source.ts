/**
 * Live prices: the index over many venues' quotes (docs/index.md). The order of the venues is their bit in a
 * tick's `venueMask`; it must not change while ticks of the old order matter.
 *
 * All that decides is domain/index, fed with what was heard and when by the local monotonic clock. Below two
 * agreeing venues there is no price, hence no tick.
 */
import { DEFAULT_INDEX_RULES } from '../../domain/index/index-rules.ts';
import {
  type IndexState,
  indexAfter,
  stepIndex,
  type VenueStanding,
} from '../../domain/index/price-index.ts';
import {
  VENUE_OUT_REASONS,
  type VenueOutReason,
  type VenueQuote,
  venueMid,
} from '../../domain/index/venue-quote.ts';
import { median } from '../../domain/index/weighted-median.ts';
import type { VenueReport } from '../../protocol/signals.ts';
import type { Clock, Logger, Metrics, Random } from '../../runtime/index.ts';
import type { PriceSource } from './price-source.ts';
import type { OpenQuoteStream } from './quote-stream.ts';
import { type BookSpec, RATE_BOOKS, type VenueSpec } from './venue-list.ts';
import { VenueWatch } from './venue-watch.ts';

export interface LiveSourceOptions {
  /** At most VENUES_MAX. */
  readonly venues: readonly VenueSpec[];
  readonly open: OpenQuoteStream;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Books of BTC/USD change many times a second. */
const VENUE_SILENCE_MS = 5_000;
/** A coin's rate changes slowly and its books are quiet. */
const RATE_SILENCE_MS = 60_000;
const RATE_RULES = { ...DEFAULT_INDEX_RULES, staleMs: RATE_SILENCE_MS };

export function liveSource(options: LiveSourceOptions): PriceSource {
  const { venues, clock, metrics } = options;
  const watches = venues.map(({ id, book }) => watch(id, book, VENUE_SILENCE_MS, options));
  const rates = rateWatches(venues, options);
  let state: IndexState = indexAfter(null);
  let standings: readonly VenueStanding[] = [];

  const usdRate = (currency: string, nowMs: number): number | undefined =>
    currency === 'USD' ? 1 : medianRate(rates[currency] ?? [], nowMs);

  const quoteOf = ({ book }: VenueSpec, at: number, nowMs: number): VenueQuote | undefined => {
    const heard = watches[at]?.quote;
    return heard && { ...heard, usdRate: usdRate(book.quote, nowMs), weight: 1 };
  };

  return {
    start(last) {
      state = indexAfter(last);
      for (const started of [...watches, ...Object.values(rates).flat()]) started.start();
    },
    priceAt() {
      const nowMs = clock.monotonicMs();
      const step = stepIndex(
        state,
        venues.map((venue, at) => quoteOf(venue, at, nowMs)),
        nowMs,
      );
      ({ state, venues: standings } = step);
      if (step.point?.compositionJump) metrics.count('feed_composition_jumps_total');
      return step.point;
    },
    venues(): readonly VenueReport[] {
      return venues.map(({ id }, at) => {
        const { out, ageMs } = standings[at] ?? { out: 'silent', ageMs: undefined };
        measure(id, out, ageMs, metrics);
        return { id, out: out ?? null, ageMs: ageMs === undefined ? null : Math.round(ageMs) };
      });
    },
    stop() {
      for (const started of [...watches, ...Object.values(rates).flat()]) started.stop();
    },
  };
}

const watch = (
  name: string,
  book: BookSpec,
  silenceMsMax: number,
  options: LiveSourceOptions,
): VenueWatch => {
  const { open, clock, random, log, metrics } = options;
  return new VenueWatch({ name, book, silenceMsMax, open, clock, random, log, metrics });
};

/** Of the coins that a venue's book is in. */
function rateWatches(
  venues: readonly VenueSpec[],
  options: LiveSourceOptions,
): Readonly<Record<string, readonly VenueWatch[]>> {
  const coins = Object.entries(RATE_BOOKS).filter(([coin]) => venues.some(({ book }) => book.quote === coin));
  return Object.fromEntries(
    coins.map(([coin, books]) => [
      coin,
      books.map((book) => watch(`${book.exchange}-${coin.toLowerCase()}`, book, RATE_SILENCE_MS, options)),
    ]),
  );
}

/** Dollars for one coin; undefined without a sound source. */
function medianRate(watches: readonly VenueWatch[], nowMs: number): number | undefined {
  const mids = watches.flatMap(({ quote }) => {
    const mid = venueMid(quote && { ...quote, usdRate: 1, weight: 1 }, nowMs, RATE_RULES);
    return mid.out === undefined ? [mid.midCents / 100] : [];
  });
  const range = median(mids);
  return range && (range.low + range.high) / 2;
}

function measure(
  venue: string,
  out: VenueOutReason | undefined,
  ageMs: number | undefined,
  metrics: Metrics,
): void {
  metrics.gauge('feed_venue_in', out === undefined ? 1 : 0, { venue });
  for (const reason of VENUE_OUT_REASONS) {
    metrics.gauge('feed_venue_out', out === reason ? 1 : 0, { venue, reason });
  }
  if (ageMs !== undefined) metrics.gauge('feed_venue_age_ms', ageMs, { venue });
}
