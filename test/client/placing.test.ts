import { expect, test } from 'vitest';
import { openCells, profitMicros } from '../../src/client/open-cells.ts';
import type { GridView } from '../../src/protocol/api/frames.ts';
import type { BetView } from '../../src/protocol/bet-view.ts';
import { publicError } from '../../src/protocol/errors.ts';
import { type Answering, BET, clientOf, refused } from './scripted-client.ts';
import { scriptedServer } from './scripted-ws-server.ts';

const NOWHERE = 'http://127.0.0.1:9';
const CELL = { ...BET, multiplier: '2.10' };
const QUOTE = { ok: true, quote: { multiplier: '2.10' } };

test('a quote asks for the cell alone, over HTTP or over the socket if there is one', async () => {
  await using server = await scriptedServer();
  const { client, calls } = clientOf(server.url, ({ path }) => ({
    body: path === '/v1/quotes' ? { quotes: [QUOTE], seq: 1, atMs: 1 } : {},
  }));
  const { minMultiplier: _, ...asked } = BET;
  expect(await client.quote(CELL)).toEqual({ multiplier: '2.10' });
  expect(JSON.parse(calls[0]?.body ?? '')).toEqual({ cells: [asked] });

  void client.prices();
  const connection = await server.nextConnection();
  await connection.confirmSubscribe();
  const quotes = client.quotes([CELL, CELL]);
  const { id, cells } = await connection.expectOp('quote');
  expect(cells).toEqual([asked, asked]);
  const error = publicError('COLUMN_LOCKED');
  connection.send({ ack: 'quote', id, quotes: [QUOTE, { ok: false, error }], seq: 1, atMs: 1 });
  expect(await quotes).toMatchObject([QUOTE, { ok: false, error: { code: 'COLUMN_LOCKED', status: 409 } }]);
  expect(calls).toHaveLength(1);
});

test('a batch is answered bet by bet, in twenties, and a retryable refusal is asked for again', async () => {
  let asked = 0;
  const answering: Answering = ({ path, body }) => {
    if (path === '/v1/bets') return { status: 201, body: { id: 'again' } };
    const { bets } = JSON.parse(body) as { bets: readonly unknown[] };
    const results = bets.map(() => {
      asked += 1;
      if (asked === 2) return { ok: false, error: publicError('OUTCOME_UNKNOWN') };
      if (asked === 3) return { ok: false, error: publicError('DUPLICATE_CELL') };
      return { ok: true, bet: { id: `bet-${asked}` } };
    });
    return { body: { results } };
  };
  const { client, calls } = clientOf(NOWHERE, answering, { token: 'tok' });
  const placed = await client.placeBatch(Array.from({ length: 21 }, () => CELL));
  expect(placed).toHaveLength(21);
  expect(placed.slice(0, 3)).toMatchObject([
    { ok: true, bet: { id: 'bet-1' } },
    { ok: true, bet: { id: 'again' } },
    { ok: false, error: { code: 'DUPLICATE_CELL' } },
  ]);
  expect(placed.at(-1)).toMatchObject({ ok: true, bet: { id: 'bet-21' } });
  expect(calls.map(({ path }) => path)).toEqual(['/v1/bets/batch', '/v1/bets', '/v1/bets/batch']);
  const { bets } = JSON.parse(calls[0]?.body ?? '') as { bets: { idempotencyKey: string; bet: unknown }[] };
  expect(bets[1]).toEqual({ idempotencyKey: calls[1]?.headers['idempotency-key'], bet: BET });
  expect(new Set(bets.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(20);
});

test('a batch without an answer gives each bet its key', async () => {
  const { client } = clientOf(NOWHERE, () => refused('MAILBOX_FULL'), { token: 'tok' });
  const placed = await client.placeBatch([BET, BET]);
  const keys = placed.map((each) => (each.ok ? undefined : each.error.details['idempotencyKey']));
  expect(placed.map((each) => !each.ok && each.error.code)).toEqual(['MAILBOX_FULL', 'MAILBOX_FULL']);
  expect(new Set(keys).size).toBe(2);
});

test('the open cells of a grid are those with a multiplier, nearest to the price first', () => {
  const grid = {
    priceCents: 1_150,
    columnMs: 5_000,
    rowHeightCents: 100,
    columns: [10_000, 15_000],
    rows: [1_000, 1_100, 1_200],
    multipliers: [
      ['3.00', '1.50', null],
      [null, null, '2.00'],
    ],
  } as unknown as GridView;
  expect(openCells(grid)).toEqual([
    { ...band(1_100), opensAtMs: 10_000, closesAtMs: 15_000, multiplier: '1.50' },
    { ...band(1_000), opensAtMs: 10_000, closesAtMs: 15_000, multiplier: '3.00' },
    { ...band(1_200), opensAtMs: 15_000, closesAtMs: 20_000, multiplier: '2.00' },
  ]);
});

const band = (lowCents: number) =>
  ({ symbol: 'btc:usd', kind: 'touch', lowCents, highCents: lowCents + 100 }) as const;

test.each([
  ['won', 1_350_000n],
  ['lost', -1_000_000n],
  ['void', 0n],
] as const)('a bet that was %s brought %s', (status, profit) => {
  const bet = { status, stakeMicros: '1000000', payoutMicros: '2350000' } as BetView;
  expect(profitMicros(bet)).toBe(profit);
});
