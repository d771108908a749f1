/**
 * One line of a recording to one row: the public formats that prices of BTC/USD come in, told apart by their
 * first line. Pure.
 *
 * Invariants: times are ms since the Unix epoch whatever unit the file has; prices are positive whole cents,
 * rounded to the nearest (half a cent up); what is not a row says why and is never guessed at.
 * Non-goals: order between rows, files (recording.ts).
 */
import { type Cents, cents } from '../domain/units.ts';

/** One bar of a kline file. */
export interface Bar {
  readonly openAtMs: number;
  readonly lengthMs: number;
  readonly openCents: Cents;
  readonly highCents: Cents;
  readonly lowCents: Cents;
  readonly closeCents: Cents;
}

/** The price as of an instant: the middle of a quote, or a trade. */
export interface PricePoint {
  readonly atMs: number;
  readonly priceCents: Cents;
}

/** `other`: a well-formed line that holds no price, such as a header or a depth update. */
export type ParsedRow =
  | { readonly kind: 'bar'; readonly bar: Bar }
  | { readonly kind: 'point'; readonly point: PricePoint }
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly reason: string };

export type RecordingFormat =
  | 'binance-klines'
  | 'book-ticker'
  | 'trades'
  | 'kraken-trades'
  | 'series'
  | 'binance-frames';

const HEADERS: readonly (readonly [start: RegExp, format: RecordingFormat])[] = [
  [/^recv_ns,event_ms,update_id,bid,/, 'book-ticker'],
  [/^recv_ns,event_ms,trade_ms,trade_id,price,/, 'trades'],
  [/^trade_ms,side,price,amount/, 'kraken-trades'],
  [/^at_ms,(mid|price)_cents/, 'series'],
  [/^"?open[ _]?time"?,/i, 'binance-klines'],
];

const FIRST_LETTER = /^["a-z]/i;

const BAR_MS_MIN = 1_000;
const BAR_MS_MAX = 31 * 24 * 60 * 60 * 1_000;

const OTHER: ParsedRow = { kind: 'other' };
const bad = (reason: string): ParsedRow => ({ kind: 'bad', reason });
const point = (atMs: number, priceCents: Cents): ParsedRow => ({
  kind: 'point',
  point: { atMs, priceCents },
});

/** By the header, or by what the first row looks like; undefined for anything else. */
export function formatOf(firstLine: string): RecordingFormat | undefined {
  const header = headerFormat(firstLine);
  if (header) return header;
  if (/^\d{13,16}(,[^,]*){6,}$/.test(firstLine)) return 'binance-klines';
  return /^\d{13,19} \{/.test(firstLine) ? 'binance-frames' : undefined;
}

/** A header is `other`, also in the middle of a file: recordings get concatenated. */
export function parseRow(format: RecordingFormat, text: string): ParsedRow {
  if (headerFormat(text) === format) return OTHER;
  switch (format) {
    case 'binance-klines':
      return parseKline(text);
    case 'book-ticker':
      return parseBookTicker(text);
    case 'trades':
      return parseColumns(text, 7, 0, 4);
    case 'kraken-trades':
      return parseColumns(text, 4, 0, 2);
    case 'series':
      return parseSeriesRow(text);
    case 'binance-frames':
      return parseFrame(text);
    default:
      return format satisfies never;
  }
}

const headerFormat = (text: string): RecordingFormat | undefined =>
  FIRST_LETTER.test(text) ? HEADERS.find(([start]) => start.test(text))?.[1] : undefined;

/** "61837.63000000" → 6183763; undefined for anything but a positive plain decimal below 9 million. */
export function parseCents(text: string): Cents | undefined {
  const match = /^(\d{1,7})(?:\.(\d{1,12}))?$/.exec(text);
  if (!match) return undefined;
  const fraction = `${match[2] ?? ''}000`;
  const roundsUp = Number(fraction[2]) >= 5 ? 1 : 0;
  const value = Number(match[1]) * 100 + Number(fraction.slice(0, 2)) + roundsUp;
  return value > 0 ? cents(value) : undefined;
}

/** Stamps since the Unix epoch of 13 (ms), 16 (µs) or 19 (ns) digits to whole ms, rounded down. */
export function parseStampMs(text: string): number | undefined {
  if (!/^[1-9]\d*$/.test(text)) return undefined;
  if (text.length !== 13 && text.length !== 16 && text.length !== 19) return undefined;
  return Number(text.slice(0, 13));
}

/** open time, open, high, low, close, volume, close time, and what follows (Binance: five) is not read. */
function parseKline(text: string): ParsedRow {
  const columns = text.split(',');
  if (columns.length < 7) return bad(`${columns.length} columns, a kline has 7 or more`);
  const [openText = '', ...rest] = columns;
  const closeText = rest[5] ?? '';
  const openAtMs = parseStampMs(openText);
  const lastMs = parseStampMs(closeText);
  if (openAtMs === undefined || lastMs === undefined || openText.length !== closeText.length) {
    return bad('a time is not a stamp in ms or µs');
  }
  // An outage cuts bars short, so their length says nothing about the others'.
  const lengthMs = lastMs - openAtMs + 1;
  if (lengthMs < BAR_MS_MIN || lengthMs > BAR_MS_MAX || openAtMs % BAR_MS_MIN !== 0) {
    return bad('open and close time are not those of a bar');
  }
  const prices = rest.slice(0, 4);
  const [openCents, highCents, lowCents, closeCents] = prices.map(parseCents);
  if (!openCents || !highCents || !lowCents || !closeCents) {
    return bad(`"${prices.find((text) => !parseCents(text))}" is not a price`);
  }
  if (lowCents > Math.min(openCents, closeCents) || highCents < Math.max(openCents, closeCents)) {
    return bad('low and high do not enclose open and close');
  }
  return { kind: 'bar', bar: { openAtMs, lengthMs, openCents, highCents, lowCents, closeCents } };
}

/** The time is the recorder's: the spot stream carries none of the exchange. */
function parseBookTicker(text: string): ParsedRow {
  const columns = text.split(',');
  if (columns.length !== 7) return bad(`${columns.length} columns, a quote has 7`);
  return quoteAt(columns[0] ?? '', columns[3] ?? '', columns[5] ?? '');
}

function quoteAt(stamp: string, bid: string, ask: string): ParsedRow {
  const atMs = parseStampMs(stamp);
  if (atMs === undefined) return bad('the time is not a stamp in ms, µs or ns');
  const [bidCents, askCents] = [parseCents(bid), parseCents(ask)];
  if (!bidCents || !askCents) return bad(`"${bidCents ? ask : bid}" is not a price`);
  if (bidCents > askCents) return bad('the bid is above the ask');
  return point(atMs, cents(Math.ceil((bidCents + askCents) / 2)));
}

function parseColumns(text: string, count: number, stampColumn: number, priceColumn: number): ParsedRow {
  const columns = text.split(',');
  if (columns.length !== count) return bad(`${columns.length} columns, a trade has ${count}`);
  return tradeAt(columns[stampColumn] ?? '', columns[priceColumn] ?? '');
}

function tradeAt(stamp: string, price: string): ParsedRow {
  const atMs = parseStampMs(stamp);
  if (atMs === undefined) return bad('the time is not a stamp in ms, µs or ns');
  const priceCents = parseCents(price);
  return priceCents ? point(atMs, priceCents) : bad(`"${price}" is not a price`);
}

function parseSeriesRow(text: string): ParsedRow {
  const match = /^(\d{13}),([1-9]\d{0,8})$/.exec(text);
  return match
    ? point(Number(match[1]), cents(Number(match[2])))
    : bad('not a time in ms and a price in cents');
}

/** `<stamp> {"stream":"…","data":{…}}`: quotes count, everything else that is JSON is passed over. */
function parseFrame(text: string): ParsedRow {
  const space = text.indexOf(' ');
  const [stamp, json] = [text.slice(0, space), text.slice(space + 1)];
  if (parseStampMs(stamp) === undefined) return bad('the time is not a stamp in ms, µs or ns');
  let frame: unknown;
  try {
    frame = JSON.parse(json);
  } catch {
    return bad('what follows the time is not JSON');
  }
  const { stream, data } = (frame ?? {}) as { stream?: unknown; data?: { b?: unknown; a?: unknown } };
  if (typeof stream !== 'string' || !stream.endsWith('@bookTicker')) return OTHER;
  return quoteAt(stamp, String(data?.b), String(data?.a));
}
