/**
 * Quotes by ccxt's watch methods; the one file that imports it, and only when a live feed opens its first
 * book (it takes half a second and 90 MiB).
 *
 * What was found in its source and is worked round here:
 * - its books outlive a lost connection, and some venues' (Gemini's) would go on from the old levels: every
 *   connection gets an instance of its own;
 * - of frames that come in one burst a watch call answers with the first: what is newest is read from its
 *   cache (a book is its own cache);
 * - what a venue says is thrown into whichever call waits, or kept until one does: any error ends the stream;
 * - `close()` waits for the venue's answer, up to 30 s: the socket is cut instead;
 * - it prints what it cannot parse: its log is silenced, the frame changes nothing.
 */
import type { OpenQuoteStream, TopOfBook } from './quote-stream.ts';
import { type BookSpec, symbolOf } from './venue-list.ts';

export interface CcxtOptions {
  /** Settings over ccxt's own for one book: `{ urls: { api: … } }` and the like. */
  readonly settings?: (book: BookSpec) => object;
}

/** The little of an exchange that is used. */
interface CcxtExchange {
  watchOrderBook(symbol: string, limit?: number): Promise<CcxtBook>;
  watchBidsAsks(symbols: readonly string[]): Promise<unknown>;
  readonly bidsasks: Readonly<Record<string, CcxtTicker>>;
  setMarkets(markets: readonly unknown[]): unknown;
  safeMarketStructure(market: object): unknown;
  close(): Promise<unknown>;
  readonly clients: Readonly<Record<string, { readonly connection?: { terminate?(): void } }>>;
}
interface CcxtBook {
  readonly bids: readonly (readonly unknown[])[];
  readonly asks: readonly (readonly unknown[])[];
  readonly timestamp?: unknown;
}
interface CcxtTicker {
  readonly bid?: unknown;
  readonly ask?: unknown;
  readonly timestamp?: unknown;
}
type CcxtClass = new (settings: object) => CcxtExchange;

export const openCcxtQuotes =
  ({ settings = () => ({}) }: CcxtOptions = {}): OpenQuoteStream =>
  (book, listener) => {
    let exchange: CcxtExchange | undefined;
    let isClosed = false;

    async function run(): Promise<void> {
      exchange = await openExchange(book, settings(book));
      while (!isClosed) {
        const top = await nextTop(exchange, book);
        if (!isClosed) listener.quote(top);
      }
    }

    function close(): void {
      isClosed = true;
      if (exchange) cut(exchange);
    }

    run().catch((error: unknown) => {
      if (isClosed) return;
      close();
      listener.lost(error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : 'unknown');
    });
    return { close };
  };

async function openExchange(book: BookSpec, settings: object): Promise<CcxtExchange> {
  const { default: ccxt } = await import('ccxt');
  const Exchange = (ccxt.pro as unknown as Record<string, CcxtClass>)[book.exchange];
  if (!Exchange) throw new Error(`ccxt has no watch methods for ${book.exchange}`);
  const exchange = new Exchange({ enableRateLimit: true, log: () => {}, ...settings });
  exchange.setMarkets([exchange.safeMarketStructure(marketOf(book))]);
  return exchange;
}

const marketOf = (book: BookSpec): object => ({
  id: book.marketId,
  lowercaseId: book.marketId.toLowerCase(),
  symbol: symbolOf(book),
  base: book.base,
  quote: book.quote,
  baseId: book.base,
  quoteId: book.quote,
  type: 'spot',
  spot: true,
  active: true,
  info: {},
});

async function nextTop(exchange: CcxtExchange, book: BookSpec): Promise<TopOfBook> {
  const symbol = symbolOf(book);
  if (book.watch === 'bids-asks') {
    await exchange.watchBidsAsks([symbol]);
    const { bid, ask, timestamp } = exchange.bidsasks[symbol] ?? {};
    return topOf(bid, ask, timestamp);
  }
  const { bids, asks, timestamp } = await exchange.watchOrderBook(symbol, book.depth);
  return topOf(bids[0]?.[0], asks[0]?.[0], timestamp);
}

const topOf = (bid: unknown, ask: unknown, exchangeMs: unknown): TopOfBook => ({
  bid: numberOf(bid),
  ask: numberOf(ask),
  ...(Number.isFinite(exchangeMs) ? { exchangeMs: exchangeMs as number } : {}),
});

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

/** Ends its sockets at once; its timers end with them. */
function cut(exchange: CcxtExchange): void {
  const sockets = Object.values(exchange.clients ?? {}).map(({ connection }) => connection);
  exchange.close().catch(() => {});
  for (const socket of sockets) socket?.terminate?.();
}
