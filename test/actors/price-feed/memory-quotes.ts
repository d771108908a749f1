/** Books that say what the test says, and a recording of three of them played by a given clock. */
import type {
  OpenQuoteStream,
  QuoteListener,
  TopOfBook,
} from '../../../src/actors/price-feed/quote-stream.ts';
import type { BookSpec, VenueSpec } from '../../../src/actors/price-feed/venue-list.ts';
import type { Clock } from '../../../src/runtime/index.ts';
import { binanceRecording } from './recorded-frames.ts';

export const bookOf = (exchange: string, quote = 'USD'): BookSpec => ({
  exchange,
  base: 'BTC',
  quote,
  marketId: exchange,
  watch: 'order-book',
});
export const venueOf = (id: string, quote = 'USD'): VenueSpec => ({ id, book: bookOf(id, quote) });

export class MemoryQuotes {
  readonly #listeners = new Map<string, QuoteListener>();
  /** How often each book was opened, by `exchange base`. */
  readonly opened = new Map<string, number>();
  /** Books that cannot be opened: lost at once. */
  readonly unreachable = new Set<string>();
  closed = 0;

  readonly open: OpenQuoteStream = (book, listener) => {
    const key = book.base === 'BTC' ? book.exchange : `${book.exchange} ${book.base}`;
    this.opened.set(key, (this.opened.get(key) ?? 0) + 1);
    if (this.unreachable.has(key)) queueMicrotask(() => listener.lost('unreachable'));
    else this.#listeners.set(key, listener);
    return {
      close: () => {
        this.closed += 1;
        if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
      },
    };
  };

  /** Nothing, if nobody listens. */
  say(key: string, bid: number, ask: number, exchangeMs?: number): void {
    this.listener(key)?.quote({ bid, ask, ...(exchangeMs === undefined ? {} : { exchangeMs }) });
  }

  lose(key: string, reason = 'hung up'): void {
    this.listener(key)?.lost(reason);
  }

  listener(key: string): QuoteListener | undefined {
    return this.#listeners.get(key);
  }
}

export const RECORDED_VENUES = ['spot', 'usdm', 'coinm'] as const;
export type RecordedVenue = (typeof RECORDED_VENUES)[number];

export interface RecordedQuote extends TopOfBook {
  /** Since the recording began. */
  readonly afterMs: number;
  readonly venue: RecordedVenue;
}

/** Three markets of one exchange in the same eight seconds, in the order in which they were received. */
export function recordedQuotes(): RecordedQuote[] {
  const frames = RECORDED_VENUES.flatMap((venue) =>
    binanceRecording(venue)
      .filter(({ text }) => text.includes('bookTicker'))
      .map(({ atMs, text }) => ({ atMs, venue, data: JSON.parse(text).data })),
  ).sort((a, b) => a.atMs - b.atMs);
  const startMs = frames[0]?.atMs ?? 0;
  return frames.map(({ atMs, venue, data }) => ({
    afterMs: atMs - startMs,
    venue,
    bid: Number(data.b),
    ask: Number(data.a),
    ...(data.E ? { exchangeMs: data.E } : {}),
  }));
}

/** One after the other, each when it is due. */
export function play(
  quotes: readonly RecordedQuote[],
  clock: Clock,
  say: (quote: RecordedQuote) => void,
): void {
  const startMs = clock.monotonicMs();
  let next = 0;
  const step = (): void => {
    for (; next < quotes.length; next += 1) {
      const quote = quotes[next];
      const waitMs = (quote?.afterMs ?? 0) - (clock.monotonicMs() - startMs);
      if (waitMs > 0) return void clock.after(waitMs, step);
      if (quote) say(quote);
    }
  };
  step();
}
