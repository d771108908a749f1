/**
 * ccxt's own classes against local servers that speak as the exchanges do. Kraken's and Coinbase's recorded
 * frames are of formats that ccxt no longer reads: they are translated frame by frame (recorded-frames.ts).
 */
import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCcxtQuotes } from '../../../src/actors/price-feed/ccxt-quotes.ts';
import type { QuoteStream, TopOfBook } from '../../../src/actors/price-feed/quote-stream.ts';
import { type BookSpec, RATE_BOOKS, VENUE_BOOKS } from '../../../src/actors/price-feed/venue-list.ts';
import { Arrivals } from '../../client/scripted-ws-server.ts';
import { type ExchangeServer, exchangeServer, say } from './exchange-server.ts';
import {
  bestOf,
  binanceRecording,
  bitstampFrames,
  coinbaseAdvancedFrame,
  coinbaseChanges,
  krakenChanges,
  krakenV2Frame,
} from './recorded-frames.ts';

const settingsFor = ({ exchange }: BookSpec, host: string): object => {
  const ws = `ws://${host}`;
  const urls: Record<string, object> = {
    kraken: { ws: { publicV2: `${ws}/v2` } },
    bitstamp: { ws, public: `http://${host}/api` },
    binance: { ws: { spot: `${ws}/stream` } },
  };
  // Without an agent of its own it takes an unencrypted address for one of a proxy.
  return { urls: { api: urls[exchange] ?? { ws } }, httpAgent: new Agent() };
};

const QUIET = Symbol('quiet');

let server: ExchangeServer;
let streams: QuoteStream[];
beforeEach(() => {
  streams = [];
});
afterEach(async () => {
  for (const stream of streams) stream.close();
  await server[Symbol.asyncDispose]();
});

async function open(book: BookSpec, options: { speaksFirst?: boolean } = {}) {
  server = await exchangeServer(options);
  /** A text is a loss. */
  const events = new Arrivals<TopOfBook | string>();
  const openQuotes = openCcxtQuotes({ settings: (spec) => settingsFor(spec, server.host) });
  const push = (event: TopOfBook | string): void => events.push(event);
  const stream = openQuotes(book, { quote: push, lost: push });
  streams.push(stream);
  /** Quotes are conflated under load: waits for this one, however many come before it. */
  const until = async (bid: number, ask: number): Promise<TopOfBook> => {
    for (;;) {
      const event = await events.next();
      if (typeof event === 'string') throw new Error(`lost: ${event}`);
      if (event.bid === bid && event.ask === ask) return event;
    }
  };
  const lost = async (): Promise<string> => {
    for (;;) {
      const event = await events.next();
      if (typeof event === 'string') return event;
    }
  };
  const isQuiet = async (): Promise<boolean> =>
    (await Promise.race([events.next(), new Promise((resolve) => setImmediate(resolve, QUIET))])) === QUIET;
  return { stream, events, lost, until, isQuiet };
}

describe('best bid and ask of', () => {
  it('Coinbase', async () => {
    const { until } = await open(VENUE_BOOKS.coinbase);
    const { socket, request } = await server.subscribed();
    expect(JSON.parse(request)).toMatchObject({ channel: 'level2', product_ids: ['BTC-USD'] });
    const frame = (isSnapshot: boolean, bids: [string, string][], asks: [string, string][]) =>
      coinbaseAdvancedFrame({ isSnapshot, bids, asks, time: '2024-08-08T23:54:13.500Z' }, 'BTC-USD');
    say(socket, { channel: 'subscriptions', events: [{ subscriptions: { level2: ['BTC-USD'] } }] });
    say(
      socket,
      frame(
        true,
        [
          ['60000', '1'],
          ['59999', '2'],
        ],
        [['60001', '1']],
      ),
    );
    expect(await until(60_000, 60_001)).toMatchObject({ exchangeMs: Date.parse('2024-08-08T23:54:13.500Z') });
    say(socket, frame(false, [['60000', '0']], [['60000.5', '3']]));
    await until(59_999, 60_000.5);
  });

  it('Kraken', async () => {
    const { until } = await open(VENUE_BOOKS.kraken);
    const { socket, request } = await server.subscribed();
    expect(JSON.parse(request)).toMatchObject({
      method: 'subscribe',
      params: { channel: 'book', symbol: ['BTC/USD'], depth: 10 },
    });
    say(socket, { channel: 'status', type: 'update', data: [{ system: 'online' }] });
    say(
      socket,
      krakenV2Frame({ isSnapshot: true, bids: [['60000.1', '1']], asks: [['60000.2', '1']] }, 'BTC/USD'),
    );
    await until(60_000.1, 60_000.2);
    say(socket, { channel: 'heartbeat' });
    say(socket, krakenV2Frame({ isSnapshot: false, bids: [['60000.15', '1']], asks: [] }, 'BTC/USD'));
    await until(60_000.15, 60_000.2);
  });

  it('Gemini', async () => {
    const { until } = await open(VENUE_BOOKS.gemini);
    const { socket, request } = await server.subscribed();
    expect(JSON.parse(request)).toMatchObject({ subscriptions: [{ name: 'l2', symbols: ['BTCUSD'] }] });
    const l2 = { type: 'l2_updates', symbol: 'BTCUSD' };
    const first = {
      changes: [
        ['buy', '60000', '1'],
        ['sell', '60003', '1'],
      ],
      trades: [],
      auction_events: [],
    };
    say(socket, { ...l2, ...first }, { type: 'heartbeat', timestamp: 1 });
    await until(60_000, 60_003);
    say(socket, {
      ...l2,
      changes: [
        ['sell', '60003', '0'],
        ['sell', '60004', '2'],
      ],
    });
    await until(60_000, 60_004);
  });

  it('Binance, which is asked for its best prices only', async () => {
    const { until } = await open(VENUE_BOOKS.binance);
    const { socket, request } = await server.subscribed();
    const { id, params } = JSON.parse(request);
    expect(params).toEqual(['btcusdt@bookTicker']);
    say(socket, { result: null, id }, { u: 1, s: 'BTCUSDT', b: '60000.1', B: '1', a: '60000.2', A: '2' });
    await until(60_000.1, 60_000.2);
  });

  it.each(RATE_BOOKS['USDT'] ?? [])('the dollar price of a coin: %j', async (book) => {
    const { until } = await open(book);
    const { socket } = await server.subscribed();
    const change = { isSnapshot: true, bids: [['0.9998', '1']], asks: [['1.0000', '1']] } as const;
    const kraken = krakenV2Frame(change, 'USDT/USD');
    const coinbase = coinbaseAdvancedFrame({ ...change, time: '2024-08-08T23:54:13Z' }, 'USDT-USD');
    say(socket, book.exchange === 'kraken' ? kraken : coinbase);
    await until(0.9998, 1);
  });
});

describe('recordings', () => {
  it("of Kraken's book end where they ended", async () => {
    const book: BookSpec = { ...VENUE_BOOKS.kraken, base: 'KSM', quote: 'BTC', marketId: 'KSMXBT' };
    const changes = krakenChanges();
    const { until } = await open(book);
    const { socket } = await server.subscribed();
    say(socket, ...changes.map((change) => krakenV2Frame(change, 'KSM/BTC')));
    const { bid, ask } = bestOf(changes);
    await until(bid, ask);
    expect(changes.length).toBeGreaterThan(300);
  });

  it("of Coinbase's book end where they ended", async () => {
    const book: BookSpec = { ...VENUE_BOOKS.coinbase, base: 'NMR', quote: 'EUR', marketId: 'NMR-EUR' };
    const changes = coinbaseChanges();
    const { until } = await open(book);
    const { socket } = await server.subscribed();
    say(socket, ...changes.map((change) => coinbaseAdvancedFrame(change, 'NMR-EUR')));
    const { bid, ask } = bestOf(changes);
    await until(bid, ask);
  });

  it("of Bitstamp's differences, after the snapshot it is asked for, as recorded", async () => {
    const book: BookSpec = { ...VENUE_BOOKS.bitstamp, base: 'ETH', marketId: 'ethusd' };
    const [welcome = '', ...frames] = bitstampFrames();
    const data = frames.map((frame) => JSON.parse(frame).data);
    // The recording has none: one as of its fourth difference, around the market of that day.
    const rest = { bids: [['3700', '1']], asks: [['3900', '1']] };
    const { until } = await open(book);
    server.rest = { ...rest, timestamp: data[3].timestamp, microtimestamp: data[3].microtimestamp };
    const { socket } = await server.subscribed();
    say(socket, welcome, ...frames);
    const { bid, ask } = bestOf([{ isSnapshot: true, ...rest } as never, ...data.slice(4)]);
    await until(bid, ask);
  });

  it("of Binance's quotes and trades, all at once, end where they ended", async () => {
    const frames = binanceRecording('spot');
    const { until } = await open(VENUE_BOOKS.binance);
    const { socket } = await server.subscribed();
    say(socket, ...frames.map(({ text }) => text));
    const last = JSON.parse(frames.findLast(({ text }) => text.includes('bookTicker'))?.text ?? '').data;
    await until(Number(last.b), Number(last.a));
  });
});

describe('the stream', () => {
  const ticker = (b: string) => ({ u: 1, s: 'BTCUSDT', b, B: '1', a: '60000.2', A: '2' });

  it('is not ended by garbage, prints far from the market, or news of another market', async () => {
    const { until } = await open(VENUE_BOOKS.binance);
    const { socket } = await server.subscribed();
    const print = {
      e: 'trade',
      E: 1,
      T: 1,
      s: 'BTCUSDT',
      t: 1,
      p: '61200',
      q: '9',
      X: 'INSURANCE_FUND',
      m: false,
    };
    say(socket, ticker('60000.1'), '', '{', '[]', 'null', '{"u":', '{}', '"text"', {
      stream: 'x',
      data: print,
    });
    say(socket, { ...ticker('3'), s: 'ETHUSDT' }, ticker('60000.15'));
    await until(60_000.15, 60_000.2);
  });

  it.each(['', '-1', 'NaN', '1e999', 'text', '0'])('tells a bid of %j as no price to trust', async (bid) => {
    const { until, events } = await open(VENUE_BOOKS.binance);
    const { socket } = await server.subscribed();
    say(socket, ticker('60000.1'));
    await until(60_000.1, 60_000.2);
    say(socket, ticker(bid));
    const { bid: told } = (await events.next()) as TopOfBook;
    expect(told > 0 && told < Number.POSITIVE_INFINITY).toBe(false);
  });

  it.each<[string, BookSpec, unknown]>([
    ['an error', VENUE_BOOKS.coinbase, { type: 'error', message: 'too many subscriptions' }],
    [
      'a change before the book',
      VENUE_BOOKS.kraken,
      krakenV2Frame({ isSnapshot: false, bids: [['1', '1']], asks: [] }, 'BTC/USD'),
    ],
    ['an error', VENUE_BOOKS.gemini, { result: 'error', reason: 'error' }],
  ])('is lost by %s (%j)', async (_name, book, frame) => {
    const { lost } = await open(book);
    const { socket } = await server.subscribed();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    say(socket, frame);
    expect(await lost()).toMatch(/./);
    await closed;
  });

  it('is lost, once, when the venue hangs up', async () => {
    const { until, lost, isQuiet } = await open(VENUE_BOOKS.binance);
    const { socket } = await server.subscribed();
    say(socket, ticker('60000.1'));
    await until(60_000.1, 60_000.2);
    socket.close(1001);
    expect(await lost()).toMatch(/NetworkError/);
    expect(await isQuiet()).toBe(true);
  });

  it('is lost when nobody is there', async () => {
    server = await exchangeServer();
    const { host } = server;
    await server[Symbol.asyncDispose]();
    server = await exchangeServer();
    const lost = new Arrivals<string>();
    const openQuotes = openCcxtQuotes({ settings: (spec) => settingsFor(spec, host) });
    streams.push(openQuotes(VENUE_BOOKS.kraken, { quote: () => {}, lost: (reason) => lost.push(reason) }));
    expect(await lost.next()).toMatch(/ECONNREFUSED/);
  });

  it('cuts the line when it is closed, and says no more', async () => {
    const { stream, until, isQuiet } = await open(VENUE_BOOKS.binance);
    const { socket } = await server.subscribed();
    say(socket, ticker('60000.1'));
    await until(60_000.1, 60_000.2);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    stream.close();
    await closed;
    expect(await isQuiet()).toBe(true);
    expect(server.openSockets).toBe(0);
  });
});
