import { expect, it } from 'vitest';
import { CoinbaseBook } from '../../../src/actors/price-feed/coinbase-book.ts';
import { PRODUCT_ID, recordedFrames } from './recorded-frames.ts';

const frame = (fields: object): string => JSON.stringify({ product_id: PRODUCT_ID, ...fields });
const snapshot = frame({
  type: 'snapshot',
  bids: [
    ['100.00', '1'],
    ['99.50', '2'],
  ],
  asks: [
    ['100.03', '1'],
    ['100.40', '5'],
  ],
});
const update = (...changes: unknown[]): string => frame({ type: 'l2update', changes });

function bookWith(...frames: readonly string[]): CoinbaseBook {
  const book = new CoinbaseBook(PRODUCT_ID);
  for (const each of frames) expect(book.accept(each)).toBe('alive');
  return book;
}

it('subscribes to the public book and to heartbeats', () => {
  expect(JSON.parse(new CoinbaseBook('BTC-USD').subscribeFrame)).toEqual({
    type: 'subscribe',
    product_ids: ['BTC-USD'],
    channels: ['level2_batch', 'heartbeat'],
  });
});

it('takes the middle of best bid and best ask, half a cent up', () => {
  const book = bookWith(snapshot);
  expect(book.midCents()).toBe(10_002);
  book.accept(update(['buy', '100.01', '0.5'], ['sell', '100.03', '0.000']));
  expect(book.midCents()).toBe(10_021);
  book.accept(update(['sell', '100.02', '1']));
  expect(book.midCents()).toBe(10_002);
});

it('agrees with the best bid and ask the venue itself reported, frame by frame', () => {
  const book = new CoinbaseBook(PRODUCT_ID);
  let compared = 0;
  for (const text of recordedFrames) {
    const message = JSON.parse(text) as Record<string, string>;
    if (message['type'] === 'ticker' && book.midCents() !== undefined) {
      const reported = (Number(message['best_bid']) + Number(message['best_ask'])) * 50;
      expect(Math.abs((book.midCents() ?? 0) - reported)).toBeLessThanOrEqual(1);
      compared += 1;
    }
    book.accept(text);
  }
  expect(compared).toBeGreaterThanOrEqual(7);
});

it('has no price without a sound two-sided book', () => {
  const none = [
    frame({ type: 'snapshot', bids: [], asks: [['100', '1']] }),
    frame({ type: 'snapshot', bids: [['100', '1']], asks: [] }),
    frame({ type: 'snapshot', bids: [['100.02', '1']], asks: [['100.01', '1']] }),
    frame({ type: 'snapshot', bids: [['100', '1']], asks: [['100', '1']] }),
    frame({ type: 'snapshot', bids: [['100', '1']], asks: [['101', '1']] }),
  ];
  expect(new CoinbaseBook(PRODUCT_ID).midCents()).toBeUndefined();
  for (const text of none) expect(bookWith(text).midCents()).toBeUndefined();
});

it('forgets everything when it is cleared, and needs a snapshot again', () => {
  const book = bookWith(snapshot);
  book.clear();
  expect(book.midCents()).toBeUndefined();
  expect(book.accept(update(['buy', '1', '1']))).toBe('broken');
});

it.each([
  ['not JSON', '{"type":', 'rejected'],
  ['a number', '5', 'rejected'],
  ['null', 'null', 'rejected'],
  ['binary', new Uint8Array([1]), 'rejected'],
  ['another product', JSON.stringify({ type: 'l2update', product_id: 'ETH-USD', changes: [] }), 'foreign'],
  ['a list', '[]', 'foreign'],
  ['a type it does not know', frame({ type: 'status' }), 'foreign'],
  ['a heartbeat', frame({ type: 'heartbeat' }), 'alive'],
  ['an error', JSON.stringify({ type: 'error', message: 'Failed to subscribe' }), 'refused'],
  ['a snapshot without asks', frame({ type: 'snapshot', bids: [] }), 'broken'],
  ['a price that is no number', update(['buy', 'x', '1']), 'broken'],
  ['a negative price', update(['buy', '-1', '1']), 'broken'],
  ['an endless price', update(['buy', 'Infinity', '1']), 'broken'],
  ['a price in another spelling', update(['buy', '6e4', '1']), 'broken'],
  ['a hexadecimal price', update(['buy', '0x64', '1']), 'broken'],
  ['a price of nothing', update(['buy', '0', '1']), 'broken'],
  ['a price of 300 digits', update(['buy', '9'.repeat(300), '1']), 'broken'],
  ['a size of nothing at all', update(['buy', '1', '']), 'broken'],
  ['a frame of 40 MB', frame({ type: 'heartbeat', filler: 'x'.repeat(40_000_000) }), 'rejected'],
  ['a negative size', update(['buy', '1', '-1']), 'broken'],
  ['a size that is no text', update(['buy', '1', null]), 'broken'],
  ['an unknown side', update(['hold', '1', '1']), 'broken'],
  ['changes that are no list', frame({ type: 'l2update', changes: 1 }), 'broken'],
])('tells %s apart', (_name, text, verdict) => {
  expect(bookWith(snapshot).accept(text)).toBe(verdict);
});
