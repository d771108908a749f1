import { describe, expect, it } from 'vitest';
import { formatOf, parseCents, parseRow, parseStampMs } from '../../src/market-data/recorded-rows.ts';

const KLINE =
  '1583020800000,8523.61000000,8559.23000000,8511.11000000,8552.76000000,180.9,1583020859999,1,1249,58.9,5,0';
const QUOTE = '1723161254087891268,,50093239212,61837.63000000,3.78,61837.64000000,1.5';

const badReason = (format: Parameters<typeof parseRow>[0], text: string): string => {
  const row = parseRow(format, text);
  if (row.kind !== 'bad') throw new Error(`taken: ${text}`);
  return row.reason;
};

describe('prices and times', () => {
  it('prices become whole cents, half a cent up', () => {
    expect(parseCents('61837.63000000')).toBe(6_183_763);
    expect(parseCents('8805.7')).toBe(880_570);
    expect(parseCents('7')).toBe(700);
    expect(parseCents('0.005')).toBe(1);
    expect(parseCents('1.00499')).toBe(100);
    for (const text of ['', '0', '0.00', '-1', '1e5', 'NaN', '1,5', ' 1', '12345678', '1.', '.5', '0x10']) {
      expect(parseCents(text), text).toBeUndefined();
    }
  });

  it('stamps in ms, µs and ns become ms', () => {
    expect(parseStampMs('1723161254087')).toBe(1_723_161_254_087);
    expect(parseStampMs('1723161254087891')).toBe(1_723_161_254_087);
    expect(parseStampMs('1723161254087891268')).toBe(1_723_161_254_087);
    for (const text of ['1723161254', '', '0723161254087', '1723161254087.5', '17231612540878']) {
      expect(parseStampMs(text), text).toBeUndefined();
    }
  });
});

describe('rows', () => {
  it('a bar, with times in ms and in µs', () => {
    const bar = {
      openAtMs: 1_583_020_800_000,
      lengthMs: 60_000,
      openCents: 852_361,
      highCents: 855_923,
      lowCents: 851_111,
      closeCents: 855_276,
    };
    expect(parseRow('binance-klines', KLINE)).toEqual({ kind: 'bar', bar });
    const micros = KLINE.replace('1583020800000', '1583020800000000').replace(
      '1583020859999',
      '1583020859999999',
    );
    expect(parseRow('binance-klines', micros)).toEqual({ kind: 'bar', bar });
  });

  it.each([
    ['truncated', KLINE.slice(0, 60), '5 columns'],
    ['mixed units', KLINE.replace('1583020859999', '1583020859999999'), 'ms or µs'],
    ['closed before it opened', KLINE.replace('1583020859999', '1583020799999'), 'open and close time'],
    ['off the second', KLINE.replace('1583020800000', '1583020800001'), 'open and close time'],
    ['no price', KLINE.replace('8523.61000000', 'null'), '"null" is not a price'],
    ['a high below the close', KLINE.replace('8559.23000000', '8540.00'), 'enclose'],
    ['empty', '', '1 columns'],
  ])('a bar that is %s says so', (_, text, reason) => {
    expect(badReason('binance-klines', text)).toContain(reason);
  });

  it('a quote is its middle, half a cent up, and never crossed', () => {
    const point = { atMs: 1_723_161_254_087, priceCents: 6_183_764 };
    expect(parseRow('book-ticker', QUOTE)).toEqual({ kind: 'point', point });
    expect(badReason('book-ticker', QUOTE.replace('61837.63', '61837.65'))).toContain('above the ask');
    expect(badReason('book-ticker', QUOTE.replace(',,', ','))).toContain('6 columns');
  });

  it('of frames, the quotes count and only what is not a frame is bad', () => {
    const frame = (stream: string, data: object) => `1723161254087891268 ${JSON.stringify({ stream, data })}`;
    const quote = frame('btcusdt@bookTicker', { b: '61837.63000000', a: '61837.64000000' });
    expect(parseRow('binance-frames', quote)).toMatchObject({
      kind: 'point',
      point: { priceCents: 6_183_764 },
    });
    expect(parseRow('binance-frames', frame('btcusdt@depth@0ms', { b: [] }))).toEqual({ kind: 'other' });
    expect(badReason('binance-frames', frame('btcusdt@bookTicker', { b: '1' }))).toContain('is not a price');
    expect(badReason('binance-frames', '1723161254087891268 {"stream":')).toContain('not JSON');
  });
});

it('formats are told apart by their first line', () => {
  expect(formatOf(KLINE)).toBe('binance-klines');
  expect(formatOf('open_time,open,high,low,close,volume,close_time')).toBe('binance-klines');
  expect(formatOf('recv_ns,event_ms,update_id,bid,bid_qty,ask,ask_qty')).toBe('book-ticker');
  expect(formatOf('recv_ns,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker')).toBe('trades');
  expect(formatOf('trade_ms,side,price,amount')).toBe('kraken-trades');
  expect(formatOf('"Open time","Open"')).toBe('binance-klines');
  expect(formatOf('at_ms,mid_cents')).toBe('series');
  expect(formatOf('1680652800004231 {"stream":"btcusdt@bookTicker"}')).toBe('binance-frames');
  for (const text of ['', 'hello', '<html>', '1,2,3']) expect(formatOf(text), text).toBeUndefined();
});
