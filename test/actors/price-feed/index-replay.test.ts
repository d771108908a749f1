/**
 * The whole way: three local exchanges replay recorded frames, trades among them, over real sockets; ccxt's
 * own classes read them; the live source makes the index. At real speed for three seconds, and all eight at
 * 50×. What a tick may be is judged by the recording alone: between the venues' own prices of about then.
 */
import { Agent } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { openCcxtQuotes } from '../../../src/actors/price-feed/ccxt-quotes.ts';
import { liveSource } from '../../../src/actors/price-feed/live-source.ts';
import { VENUE_BOOKS, type VenueSpec } from '../../../src/actors/price-feed/venue-list.ts';
import type { IndexPoint } from '../../../src/domain/index/price-index.ts';
import { Metrics, seededRandom, silentLogger, systemClock } from '../../../src/runtime/index.ts';
import { exchangeServer } from './exchange-server.ts';
import { RECORDED_VENUES, recordedQuotes } from './memory-quotes.ts';
import { binanceRecording } from './recorded-frames.ts';

const QUOTES = recordedQuotes();
const SPAN_MS = QUOTES.at(-1)?.afterMs ?? 0;
const midCents = ({ bid, ask }: { bid: number; ask: number }): number => (bid + ask) * 50;

/** A print far off the market, as venues do mark them; a feed of quotes must not see it. */
const offMarketPrint = JSON.stringify({
  stream: 'btcusdt@trade',
  data: {
    e: 'trade',
    E: 1,
    T: 1,
    s: 'BTCUSDT',
    t: 1,
    p: '60400.00',
    q: '5.000',
    X: 'INSURANCE_FUND',
    m: true,
  },
});

/** Every market plays Binance's spot book; the coin-margined one by its own name until here. */
const framesOf = (venue: (typeof RECORDED_VENUES)[number]): { atMs: number; text: string }[] =>
  binanceRecording(venue).map(({ atMs, text }, i) => ({
    atMs,
    text: i % 500 === 499 ? offMarketPrint : text.replaceAll('BTCUSD_PERP', 'BTCUSDT'),
  }));

async function replay(speed: number, untilMs: number): Promise<{ afterMs: number; point: IndexPoint }[]> {
  const servers = await Promise.all(RECORDED_VENUES.map(() => exchangeServer()));
  const venues = RECORDED_VENUES.map(
    (id): VenueSpec => ({ id, book: { ...VENUE_BOOKS.binance, quote: 'USD', marketId: 'BTCUSDT' } }),
  );
  const source = liveSource({
    venues,
    open: openCcxtQuotes({
      settings: (book) => {
        const at = venues.findIndex((venue) => venue.book === book);
        const api = { ws: { spot: `ws://${servers[at]?.host}/stream` } };
        return { urls: { api }, httpAgent: new Agent() };
      },
    }),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: new Metrics('test'),
  });
  source.start(null);
  onTestFinished(async () => {
    source.stop();
    for (const server of servers) await server[Symbol.asyncDispose]();
  });
  const sockets = await Promise.all(servers.map(async (server) => (await server.subscribed()).socket));
  const beginMs = Math.min(...RECORDED_VENUES.map((venue) => framesOf(venue)[0]?.atMs ?? 0));
  const startMs = systemClock.monotonicMs();
  const afterMs = (): number => (systemClock.monotonicMs() - startMs) * speed;
  const played = RECORDED_VENUES.map((venue, i) => {
    const frames = framesOf(venue).map(({ atMs, text }) => ({ dueMs: atMs - beginMs, text }));
    return playInto(
      sockets[i] as WebSocket,
      frames.filter(({ dueMs }) => dueMs <= untilMs),
      afterMs,
    );
  });
  const seen: { afterMs: number; point: IndexPoint }[] = [];
  let isOver = false;
  const sample = (): void => {
    const point = source.priceAt(systemClock.nowMs());
    if (point) seen.push({ afterMs: afterMs(), point });
    if (!isOver) systemClock.after(100 / speed, sample);
  };
  sample();
  await Promise.all(played);
  const last = RECORDED_VENUES.map((id) =>
    QUOTES.findLast(({ venue, afterMs: ms }) => venue === id && ms <= untilMs),
  );
  const expected = Math.round(
    last.map((quote) => quote && midCents(quote)).sort((a, b) => (a ?? 0) - (b ?? 0))[1] ?? 0,
  );
  while (source.priceAt(systemClock.nowMs())?.priceCents !== expected) {
    await new Promise((resolve) => systemClock.after(1, () => resolve(undefined)));
  }
  isOver = true;
  sample();
  return seen;
}

function playInto(
  socket: WebSocket,
  frames: { dueMs: number; text: string }[],
  afterMs: () => number,
): Promise<void> {
  let next = 0;
  return new Promise((resolve) => {
    const step = (): void => {
      for (; next < frames.length && (frames[next]?.dueMs ?? 0) <= afterMs(); next += 1) {
        socket.send(frames[next]?.text ?? '');
      }
      if (next < frames.length) systemClock.after(1, step);
      else resolve();
    };
    step();
  });
}

it.each([
  ['at real speed', 1, 3_000],
  ['at 50×', 50, SPAN_MS],
])(
  'replayed %s, the index is where the venues are, and ends where they end',
  async (_name, speed, untilMs) => {
    const seen = await replay(speed, untilMs);
    expect(seen.at(-1)?.point).toMatchObject({ quality: 'ok', venues: 3 });
    for (const { afterMs, point } of seen) {
      // Sent by then; not all that was sent has arrived.
      const said = QUOTES.filter((quote) => quote.afterMs <= afterMs).map(midCents);
      expect(point.priceCents).toBeGreaterThanOrEqual(Math.floor(Math.min(...said)));
      expect(point.priceCents).toBeLessThanOrEqual(Math.ceil(Math.max(...said)));
    }
  },
);
