import { expect, test } from 'vitest';
import { type BetView, createTouchlineClient } from '../../src/client/index.ts';
import { BetBook } from '../../web/bet-book.ts';
import { minMultiplierBelow } from '../../web/placing.ts';
import { ServerClock } from '../../web/server-clock.ts';
import { TickLine } from '../../web/tick-line.ts';

test.each([
  ['2.35', 5, '2.23'],
  ['2.35', 0, '2.35'],
  ['25.00', 10, '22.50'],
  ['1.02', 25, '1.00'],
])('%s less %i %% is %s', (multiplier, percent, least) => {
  expect(minMultiplierBelow(multiplier, percent)).toBe(least);
});

const bet = (id: string, status: BetView['status'], receivedAtMs = 1): BetView =>
  ({ id, kind: 'touch', status, receivedAtMs, opensAtMs: 5, lowCents: 1, highCents: 2 }) as BetView;

test('a settled bet stays settled, and is told once', () => {
  const settled: string[] = [];
  const book = new BetBook({ changed: () => {}, settled: ({ id }) => settled.push(id) });
  book.merge([bet('a', 'open', 1), bet('b', 'won', 2)]);
  book.merge([bet('a', 'lost', 1)]);
  book.merge([bet('a', 'open', 1)]);
  expect(book.bets.map(({ id, status }) => `${id} ${status}`)).toEqual(['b won', 'a lost']);
  expect(settled).toEqual(['a']);
});

test('a bet under way holds its cell until the answer takes over', () => {
  const book = new BetBook({ changed: () => {}, settled: () => {} });
  const request = {
    symbol: 'btc:usd',
    kind: 'touch',
    opensAtMs: 5,
    closesAtMs: 9,
    lowCents: 1,
    highCents: 2,
  } as const;
  book.startPlacing('k', { ...request, stakeMicros: '1', minMultiplier: '2.00' }, '2.10');
  expect(book.has({ ...request, opensAtMs: 5 })).toBe(true);
  expect(book.pending).toHaveLength(1);
  book.endPlacing('k', bet('a', 'open'));
  expect(book.pending).toHaveLength(0);
  expect(book.has({ ...request, opensAtMs: 5 })).toBe(true);
  expect(book.has({ ...request, opensAtMs: 10 })).toBe(false);
});

test('the shown time follows the fastest tick, is behind it, and never runs backwards', () => {
  const clock = new ServerClock();
  expect(clock.shownMs(0)).toBeUndefined();
  let before = 0;
  for (let i = 1; i <= 200; i += 1) {
    // Ticks every 100 ms that take 20 to 90 ms to arrive.
    const localMs = i * 100 + 20 + ((i * 37) % 70);
    clock.learn(1_000_000 + i * 100, localMs);
    const shownMs = clock.shownMs(localMs) ?? 0;
    expect(shownMs).toBeGreaterThan(before);
    expect(shownMs).toBeLessThan(1_000_000 + localMs);
    before = shownMs;
  }
});

test('a hole in the ticks is filled from the record, each tick once', async () => {
  const tick = (seq: number) =>
    ({
      symbol: 'btc:usd',
      seq,
      atMs: seq * 100,
      priceCents: seq,
      quality: 'ok',
      venues: 3,
      venueMask: 7,
      compositionJump: false,
    }) as const;
  const filled = Promise.withResolvers<void>();
  const client = createTouchlineClient({
    baseUrl: 'http://page.test',
    fetch: async () => {
      setTimeout(filled.resolve);
      return new Response(JSON.stringify({ ticks: [1, 2, 3, 4, 5].map(tick) }));
    },
  });
  const line = new TickLine(client);
  line.add(tick(5) as never);
  await filled.promise;
  line.add(tick(6) as never);
  line.add(tick(6) as never);
  expect(line.ticks.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(line.priceAt(350)).toBe(3.5);
  expect(line.priceAt(99_999)).toBe(6);
});
