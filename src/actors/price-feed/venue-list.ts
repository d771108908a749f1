/**
 * The venues a live feed may watch, and which of a venue's books. A book in a dollar-pegged coin counts only
 * after it is divided by what that coin is worth in dollars elsewhere: a wobble of the coin must not become a
 * move of BTC/USD.
 *
 * `exchange` is ccxt's id. Coinbase is `coinbase` (Advanced Trade): the level2 channel of `coinbaseexchange`
 * asks for keys. A market is told here and not loaded from the venue, which would cost a large answer per
 * connection and make the start hang on a second service.
 */
export interface BookSpec {
  readonly exchange: string;
  readonly base: string;
  readonly quote: string;
  /** The venue's own name of the market. */
  readonly marketId: string;
  /** `order-book`: every change of the book is a sign of life. `bids-asks`: only the best prices. */
  readonly watch: 'order-book' | 'bids-asks';
  /** Levels to ask for, where the venue lets one. */
  readonly depth?: number;
}

export const VENUE_BOOKS = {
  coinbase: { exchange: 'coinbase', base: 'BTC', quote: 'USD', marketId: 'BTC-USD', watch: 'order-book' },
  kraken: {
    exchange: 'kraken',
    base: 'BTC',
    quote: 'USD',
    marketId: 'XXBTZUSD',
    watch: 'order-book',
    depth: 10,
  },
  bitstamp: { exchange: 'bitstamp', base: 'BTC', quote: 'USD', marketId: 'btcusd', watch: 'order-book' },
  gemini: { exchange: 'gemini', base: 'BTC', quote: 'USD', marketId: 'btcusd', watch: 'order-book' },
  binance: { exchange: 'binance', base: 'BTC', quote: 'USDT', marketId: 'BTCUSDT', watch: 'bids-asks' },
} as const satisfies Readonly<Record<string, BookSpec>>;

export type VenueId = keyof typeof VENUE_BOOKS;

export interface VenueSpec {
  /** In reports and metrics. */
  readonly id: string;
  readonly book: BookSpec;
}

export const venueSpecs = (ids: readonly VenueId[]): VenueSpec[] =>
  ids.map((id) => ({ id, book: VENUE_BOOKS[id] }));

/** By coin: what it is worth in dollars is the median of these. */
export const RATE_BOOKS: Readonly<Record<string, readonly BookSpec[]>> = {
  USDT: [
    {
      exchange: 'kraken',
      base: 'USDT',
      quote: 'USD',
      marketId: 'USDTZUSD',
      watch: 'order-book',
      depth: 10,
    },
    { exchange: 'coinbase', base: 'USDT', quote: 'USD', marketId: 'USDT-USD', watch: 'order-book' },
  ],
};

export const symbolOf = ({ base, quote }: BookSpec): string => `${base}/${quote}`;
