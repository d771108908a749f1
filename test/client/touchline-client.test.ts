import { expect, test } from 'vitest';
import { createTouchlineClient, type TouchlineClient } from '../../src/client/touchline-client.ts';
import { throwAwayWallet } from '../../src/client/wallet.ts';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import { publicError } from '../../src/protocol/errors.ts';
import { answeringServer, type ScriptedAnswer } from './answering-http-server.ts';

const REQUEST: PlaceBetRequest = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 1_700_000_010_000,
  closesAtMs: 1_700_000_015_000,
  lowCents: 6_100_000,
  highCents: 6_101_000,
  stakeMicros: '1000000',
  minMultiplier: '2.10',
};
const BET = { id: 'bet-1', status: 'open' };
const NO_WAIT = { baseMs: 0, capMs: 50, random: () => 0 };

const ok = (body: unknown): ScriptedAnswer => ({ status: 200, body });
const refusal = (...args: Parameters<typeof publicError>): ScriptedAnswer => ({
  status: 503,
  body: { error: publicError(...args) },
});
const clientOf = (baseUrl: string, requestTimeoutMs = 5_000): TouchlineClient =>
  createTouchlineClient({ baseUrl, requestTimeoutMs, retry: NO_WAIT });

test('a bet keeps its idempotency key through a lost answer and a retryable refusal', async () => {
  const script: ScriptedAnswer[] = ['cut', refusal('OUTCOME_UNKNOWN'), { status: 201, body: BET }];
  await using server = await answeringServer((_, before) => script[before] ?? 'cut');
  expect(await clientOf(server.url).placeBet(REQUEST)).toEqual(BET);
  const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(server.asked.map(({ body }) => JSON.parse(body))).toEqual([REQUEST, REQUEST, REQUEST]);
});

test('each bet gets a key of its own unless one is given', async () => {
  await using server = await answeringServer(() => ({ status: 201, body: BET }));
  const client = clientOf(server.url);
  await client.placeBet(REQUEST);
  await client.placeBet(REQUEST);
  await client.placeBet(REQUEST, { idempotencyKey: 'mine' });
  const [first, second, third] = server.asked.map(({ headers }) => headers['idempotency-key']);
  expect(first).not.toBe(second);
  expect(third).toBe('mine');
});

test('a refusal that would be refused again is thrown at once with its code and details', async () => {
  await using server = await answeringServer(() => ({
    status: 409,
    body: { error: publicError('QUOTE_MOVED', { multiplier: '1.90' }) },
  }));
  await expect(clientOf(server.url).placeBet(REQUEST)).rejects.toMatchObject({
    name: 'TouchlineError',
    code: 'QUOTE_MOVED',
    status: 409,
    retryable: false,
    details: { multiplier: '1.90' },
  });
  expect(server.asked).toHaveLength(1);
});

test('tries are bounded, and the last refusal is the one thrown', async () => {
  await using server = await answeringServer(() => refusal('MAILBOX_FULL'));
  await expect(clientOf(server.url).placeBet(REQUEST)).rejects.toMatchObject({
    code: 'MAILBOX_FULL',
    retryable: true,
  });
  expect(server.asked).toHaveLength(4);
});

test('a wait longer than the longest own one is left to the caller', async () => {
  await using server = await answeringServer(() => ({
    status: 429,
    body: { error: publicError('RATE_LIMITED') },
    headers: { 'retry-after': '30' },
  }));
  await expect(clientOf(server.url).placeBet(REQUEST)).rejects.toMatchObject({ retryAfterMs: 30_000 });
  expect(server.asked).toHaveLength(1);
});

test('a server that is not there and one that does not answer have their own codes', async () => {
  let goneUrl = '';
  {
    await using server = await answeringServer(() => 'hang');
    goneUrl = server.url;
    await expect(clientOf(server.url, 20).account()).rejects.toMatchObject({ code: 'TIMED_OUT', status: 0 });
    expect(server.asked.length).toBeLessThanOrEqual(4);
  }
  await expect(clientOf(goneUrl).price()).rejects.toMatchObject({ code: 'NETWORK_FAILED', retryable: true });
});

test.each([
  ['text', 502, '<html>bad gateway</html>', true],
  ['an error without a code', 404, { error: { message: 'no' } }, false],
  ['a list', 200, [], false],
])('%s is no answer', async (_, status, body, retryable) => {
  await using server = await answeringServer(() => ({ status, body }));
  await expect(clientOf(server.url).grid()).rejects.toMatchObject({ code: 'BAD_ANSWER', retryable });
});

test('sign-in signs what the server names, and the token is sent from then on', async () => {
  const wallet = await throwAwayWallet();
  const answers: Record<string, unknown> = {
    '/v1/status': {
      signIn: {
        domain: 'play.example',
        uri: 'https://play.example',
        chainIds: [1, 8453],
        statement: 'Play fair.',
      },
    },
    '/v1/time': { serverTimeMs: 1_700_000_000_000 },
    '/v1/auth/nonce': { nonce: 'abcdef0123456789', expiresAtMs: 1 },
    '/v1/auth/verify': { token: 'tok', wallet: wallet.address.toLowerCase(), expiresAtMs: 2 },
    '/v1/auth/signout': {},
    '/v1/account': { wallet: wallet.address.toLowerCase(), balanceMicros: '5' },
  };
  await using server = await answeringServer(({ url }) => ok(answers[url]));
  const client = clientOf(server.url);
  expect(await client.signIn(wallet)).toMatchObject({ token: 'tok' });
  const verify = server.asked.find(({ url }) => url === '/v1/auth/verify');
  const { message, signature } = JSON.parse(verify?.body ?? '');
  expect(message).toContain('play.example wants you to sign in with your Ethereum account:\n');
  expect(message).toContain('Chain ID: 1\nNonce: abcdef0123456789\nIssued At: 2023-11-14T22:13:20.000Z');
  expect(signature).toBe(await wallet.signMessage(message));

  expect(await client.account()).toMatchObject({ balanceMicros: '5' });
  expect(server.asked.at(-1)?.headers.authorization).toBe('Bearer tok');
  await client.signOut();
  expect(client.token).toBeUndefined();
  await client.price().catch(() => {});
  expect(server.asked.at(-1)?.headers.authorization).toBeUndefined();
});

test('signing out of a session that has ended is no error', async () => {
  await using server = await answeringServer(() => ({
    status: 401,
    body: { error: publicError('UNAUTHENTICATED') },
  }));
  const client = createTouchlineClient({ baseUrl: server.url, token: 'old' });
  await client.signOut();
  expect(client.token).toBeUndefined();
});

test('prices come page by page, and a page that leads nowhere ends it', async () => {
  const tick = (seq: number): object => ({ seq, atMs: seq * 100, priceCents: 1, quality: 'ok' });
  await using server = await answeringServer(({ url }) => {
    const fromMs = Number(new URL(url, 'http://x').searchParams.get('fromMs'));
    if (fromMs === 0) return ok({ ticks: [tick(1), tick(2)], nextFromMs: 201 });
    if (fromMs === 201) return ok({ ticks: [tick(3)] });
    return ok({ ticks: [], nextFromMs: fromMs });
  });
  const client = clientOf(server.url);
  const seqs: number[] = [];
  for await (const { seq } of client.prices({ fromMs: 0, toMs: 1_000 })) seqs.push(seq);
  expect(seqs).toEqual([1, 2, 3]);
  expect(server.asked.map(({ url }) => url)).toEqual([
    '/v1/prices?fromMs=0&toMs=1000',
    '/v1/prices?fromMs=201&toMs=1000',
  ]);
  await expect(client.prices({ fromMs: 7, toMs: 1_000 }).next()).rejects.toMatchObject({
    code: 'BAD_ANSWER',
  });
});

test('candles come page by page', async () => {
  const candle = (opensAtMs: number): object => ({ opensAtMs, openCents: 1, ticks: 1 });
  await using server = await answeringServer(({ url }) => {
    const fromMs = Number(new URL(url, 'http://x').searchParams.get('fromMs'));
    if (fromMs === 7) return ok({ candles: [candle(0), candle(1_000)], nextFromMs: 5_000 });
    return ok(fromMs === 5_000 ? { candles: [candle(5_000)] } : {});
  });
  const client = clientOf(server.url);
  const range = { intervalMs: 1_000, fromMs: 7, toMs: 9_000 } as const;
  const opens: number[] = [];
  for await (const { opensAtMs } of client.candles(range)) opens.push(opensAtMs);
  expect(opens).toEqual([0, 1_000, 5_000]);
  expect(server.asked[0]?.url).toBe('/v1/candles?fromMs=7&toMs=9000&intervalMs=1000');
  await expect(client.candles({ ...range, fromMs: 8 }).next()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
});

test('bets are listed with their filters and ids are escaped', async () => {
  await using server = await answeringServer(() => ok({ bets: [] }));
  const client = clientOf(server.url);
  await client.bets();
  await client.bets({ status: 'open', limit: 5, beforeId: 'b/1' });
  await client.bet('a/../b');
  expect(server.asked.map(({ url }) => url)).toEqual([
    '/v1/bets',
    '/v1/bets?status=open&limit=5&beforeId=b%2F1',
    '/v1/bets/a%2F..%2Fb',
  ]);
});
