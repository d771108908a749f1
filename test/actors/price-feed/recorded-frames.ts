/**
 * Recorded frames (test/fixtures/README.md), and their translation from the formats of 2021 to those that
 * ccxt reads today. Prices, sizes, order and time stamps stay as recorded.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export interface RecordedFrame {
  /** When it was received, ms since the Unix epoch. */
  readonly atMs: number;
  readonly text: string;
}

function linesOf(name: string): string[] {
  const path = fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
  return gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
}

/** `<seconds>: <frame>` a line. */
const cryptofeedFrames = (name: string): RecordedFrame[] =>
  linesOf(name).map((line) => {
    const at = line.indexOf(': ');
    return { atMs: Number(line.slice(0, at)) * 1_000, text: line.slice(at + 2) };
  });

/** `<nanoseconds> <frame>` a line. */
const hftFrames = (name: string): RecordedFrame[] =>
  linesOf(name).map((line) => ({ atMs: Number(line.slice(0, 19)) / 1_000_000, text: line.slice(20) }));

export const binanceRecording = (venue: 'spot' | 'usdm' | 'coinm'): RecordedFrame[] =>
  hftFrames(`binance-three-8s-${venue}.txt.gz`);

type Level = readonly [price: string, size: string];
/** What one frame does to a book; `isSnapshot`: it begins anew. */
export interface BookChange {
  readonly isSnapshot: boolean;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Best bid and ask after all of them, by nothing but two maps. */
export function bestOf(changes: readonly BookChange[]): { bid: number; ask: number } {
  const [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
  for (const change of changes) {
    if (change.isSnapshot) [bids, asks].forEach((side) => void side.clear());
    for (const [price, size] of change.bids) bids.set(Number(price), Number(size));
    for (const [price, size] of change.asks) asks.set(Number(price), Number(size));
  }
  const live = (side: Map<number, number>): number[] =>
    [...side].flatMap(([price, size]) => (size > 0 ? price : []));
  return { bid: Math.max(...live(bids)), ask: Math.min(...live(asks)) };
}

/** Kraken's v1 book of KSM/XBT: `[id, { as, bs } | { a }, { b }, "book-1000", pair]`. */
export const krakenChanges = (): BookChange[] =>
  cryptofeedFrames('kraken-ksm-xbt-book.txt.gz').flatMap(({ text }) => {
    const frame = JSON.parse(text) as unknown;
    if (!Array.isArray(frame)) return [];
    const parts = frame.slice(1, -2) as Partial<Record<'as' | 'bs' | 'a' | 'b', Level[]>>[];
    const levels = (key: 'as' | 'bs' | 'a' | 'b'): Level[] => parts.flatMap((part) => part[key] ?? []);
    return {
      isSnapshot: parts.some((part) => part.as),
      bids: [...levels('bs'), ...levels('b')],
      asks: [...levels('as'), ...levels('a')],
    };
  });

export const krakenV2Frame = ({ isSnapshot, bids, asks }: BookChange, symbol: string): object => {
  const rows = (levels: readonly Level[]) =>
    levels.map(([price, qty]) => ({ price: Number(price), qty: Number(qty) }));
  const data = [{ symbol, bids: rows(bids), asks: rows(asks), timestamp: '2021-04-17T16:48:54.000000Z' }];
  return { channel: 'book', type: isSnapshot ? 'snapshot' : 'update', data };
};

/** Coinbase Exchange's level 2 of NMR-EUR, with the venue's time of each change. */
export const coinbaseChanges = (): (BookChange & { readonly time: string })[] =>
  cryptofeedFrames('coinbase-nmr-eur-7s.txt.gz').flatMap(({ text }) => {
    const frame = JSON.parse(text);
    const time = frame.time ?? '2021-04-17T16:43:37.000000Z';
    if (frame.type === 'snapshot') return { isSnapshot: true, bids: frame.bids, asks: frame.asks, time };
    if (frame.type !== 'l2update') return [];
    const side = (name: string): Level[] =>
      frame.changes
        .filter(([own]: string[]) => own === name)
        .map(([, price, size]: string[]) => [price, size]);
    return { isSnapshot: false, bids: side('buy'), asks: side('sell'), time };
  });

export const coinbaseAdvancedFrame = (change: BookChange & { time: string }, product_id: string): object => {
  const rows = (side: string, levels: readonly Level[]) =>
    levels.map(([price_level, new_quantity]) => ({
      side,
      event_time: change.time,
      price_level,
      new_quantity,
    }));
  const updates = [...rows('bid', change.bids), ...rows('offer', change.asks)];
  const events = [{ type: change.isSnapshot ? 'snapshot' : 'update', product_id, updates }];
  return { channel: 'l2_data', client_id: '', timestamp: change.time, sequence_num: 0, events };
};

/** Bitstamp's differences of ETH/USD: today's format still. */
export const bitstampFrames = (): string[] =>
  cryptofeedFrames('bitstamp-ethusd-book.txt.gz').map(({ text }) => text);
