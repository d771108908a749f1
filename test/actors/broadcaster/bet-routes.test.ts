import { beforeEach, describe, expect, it } from 'vitest';
import { done, refused } from '../../../src/protocol/errors.ts';
import { BODY_BYTES_MAX } from '../../../src/protocol/limits.ts';
import {
  BETS_PER_MINUTE,
  type BroadcasterFixture,
  bearer,
  betView,
  errorCode,
  json,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const get = (path: string, query = '', headers: Record<string, string> = {}) =>
  broadcaster.server.request({ path, query, headers });

describe('placing a bet', () => {
  const placing = (token: string, change: { body?: unknown; headers?: Record<string, string> } = {}) => ({
    method: 'POST',
    path: '/v1/bets',
    headers: { ...bearer(token), 'idempotency-key': 'key-1', ...change.headers },
    body: change.body ?? PLACE_BET_REQUEST,
  });

  it('goes to the Resolver with the wallet of the session and comes back as 201', async () => {
    const { token, wallet } = broadcaster.signIn();
    const bet = betView({ wallet });
    const response = await broadcaster.asking(placing(token), () => broadcaster.resolver.reply(done(bet)));
    const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = PLACE_BET_REQUEST;
    const cell = { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents };
    const body = { wallet, idempotencyKey: 'key-1', cell, stakeMicros: 1_000_000, minMultiplier: 150 };
    expect(broadcaster.bets()).toEqual([{ type: 'PlaceBet', body }]);
    expect([response.status, response.headers['Location'], json(response)]).toEqual([
      201,
      '/v1/bets/bet_1',
      bet,
    ]);
  });

  it.each([
    ['COLUMN_LOCKED', 409, undefined],
    ['INSUFFICIENT_BALANCE', 402, undefined],
    ['FEED_DEGRADED', 409, undefined],
    ['MAILBOX_FULL', 503, '1'],
  ] as const)('passes %s back with status %i', async (code, status, retryAfter) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.asking(placing(token), () =>
      broadcaster.resolver.reply(refused(code, { a: 1 })),
    );
    expect([response.status, response.headers['Retry-After']]).toEqual([status, retryAfter]);
    expect(json(response)).toMatchObject({ error: { code, details: { a: 1 } } });
  });

  it('is OUTCOME_UNKNOWN when no answer comes', async () => {
    const { token } = broadcaster.signIn();
    const answering = broadcaster.server.request(placing(token));
    await broadcaster.system.advance(5_000);
    const response = await answering;
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([
      503,
      '1',
      'OUTCOME_UNKNOWN',
    ]);
  });

  it('is limited per wallet and minute', async () => {
    const { token } = broadcaster.signIn();
    for (let count = 0; count < BETS_PER_MINUTE; count += 1) {
      await broadcaster.asking(placing(token), () => broadcaster.resolver.reply(refused('COLUMN_LOCKED')));
    }
    const response = await broadcaster.server.request(placing(token));
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([
      429,
      '60',
      'RATE_LIMITED',
    ]);
    expect(broadcaster.bets()).toHaveLength(BETS_PER_MINUTE);
  });

  it.each([
    [{ stakeMicros: '-1' }, 'stakeMicros'],
    [{ stakeMicros: '1.5' }, 'stakeMicros'],
    [{ stakeMicros: '0x10' }, 'stakeMicros'],
    [{ stakeMicros: '1e6' }, 'stakeMicros'],
    [{ stakeMicros: '9007199254740992' }, 'stakeMicros'],
    [{ stakeMicros: 1_000_000 }, 'stakeMicros'],
    [{ minMultiplier: '2.355' }, 'minMultiplier'],
    [{ minMultiplier: 'NaN' }, 'minMultiplier'],
    [{ lowCents: 1.5 }, 'lowCents'],
    [{ lowCents: -100 }, 'lowCents'],
    [{ opensAtMs: '1700000050000' }, 'opensAtMs'],
    [{ opensAtMs: 2 ** 53 }, 'opensAtMs'],
    [{ kind: 'between' }, 'kind'],
    [{ symbol: 'eth:usd' }, 'symbol'],
    [{ wallet: '0xab' }, 'wallet'],
  ])('refuses %j and counts nothing', async (change, field) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(
      placing(token, { body: { ...PLACE_BET_REQUEST, ...change } }),
    );
    expect(response.status).toBe(400);
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
    expect(broadcaster.bets()).toEqual([]);
    expect(broadcaster.sessions.keys().filter((key) => key.startsWith('rate_limit:'))).toEqual([]);
  });

  it.each([
    ['a __proto__ key', '{"__proto__":{"admin":true}}'],
    ['a constructor key', '{"constructor":{"prototype":{"admin":true}}}'],
    ['an array', '[]'],
    ['deep nesting', '['.repeat(4_000) + ']'.repeat(4_000)],
    ['half of something', '[['],
    ['a NUL', '\u0000'],
    ['nothing', ''],
    ['broken UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ])('survives a body of %s', async (_name, body) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(
      placing(token, { body, headers: { 'content-type': 'application/json' } }),
    );
    expect([response.status, errorCode(response)]).toEqual([400, 'MALFORMED']);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('needs an idempotency key of the right form', async () => {
    const { token } = broadcaster.signIn();
    const { headers, ...rest } = placing(token);
    const without = await broadcaster.server.request({ ...rest, headers: bearer(token) });
    expect([without.status, errorCode(without)]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
    for (const key of ['with space', 'x'.repeat(65), 'ключ']) {
      const response = await broadcaster.server.request({
        ...rest,
        headers: { ...headers, 'idempotency-key': key },
      });
      expect(json(response)).toMatchObject({
        error: { code: 'MALFORMED', details: { field: 'Idempotency-Key' } },
      });
    }
  });

  it('takes JSON only', async () => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(
      placing(token, { headers: { 'content-type': 'text/plain' } }),
    );
    expect(json(response)).toMatchObject({
      error: { code: 'MALFORMED', details: { field: 'Content-Type' } },
    });
    const withCharset = placing(token, { headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect(
      (await broadcaster.asking(withCharset, () => broadcaster.resolver.reply(done(betView())))).status,
    ).toBe(201);
  });

  it('refuses a body that is too large', async () => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(
      placing(token, { body: 'x'.repeat(BODY_BYTES_MAX + 1) }),
    );
    expect([response.status, errorCode(response)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

describe('listing bets', () => {
  it('passes the page on', async () => {
    const { token, wallet } = broadcaster.signIn();
    const page = { bets: [betView({ wallet })], nextBeforeId: 'bet_1' };
    const query = 'limit=1&beforeId=bet_9&status=won';
    const response = await broadcaster.asking({ path: '/v1/bets', query, headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(page)),
    );
    expect(broadcaster.bets()).toEqual([
      { type: 'ListBets', body: { wallet, limit: 1, beforeId: 'bet_9', status: 'won' } },
    ]);
    expect(json(response)).toEqual({ ...page, nextCursor: expect.any(String) });
  });

  it('has a default page', async () => {
    const { token, wallet } = broadcaster.signIn();
    await broadcaster.asking({ path: '/v1/bets', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done({ bets: [] })),
    );
    expect(broadcaster.bets()).toEqual([{ type: 'ListBets', body: { wallet, limit: 50 } }]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['status=lucky', 'status'],
    ['status=__proto__', 'status'],
    ['beforeId=', 'beforeId'],
    ['beforeId=a%00b', 'beforeId'],
    ['wallet=0xab', 'wallet'],
  ])('refuses %s', async (query, field) => {
    const { token } = broadcaster.signIn();
    const response = await get('/v1/bets', query, bearer(token));
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
  });

  it('finds one bet of the wallet', async () => {
    const { token, wallet } = broadcaster.signIn();
    const bet = betView({ wallet });
    const request = { path: '/v1/bets/bet_1', headers: bearer(token) };
    expect(json(await broadcaster.asking(request, () => broadcaster.resolver.reply(done(bet))))).toEqual(bet);
    expect(broadcaster.bets()).toEqual([{ type: 'GetBet', body: { wallet, betId: 'bet_1' } }]);
    const missing = await broadcaster.asking(request, () => broadcaster.resolver.reply(refused('NOT_FOUND')));
    expect(missing.status).toBe(404);
    expect((await get('/v1/bets/a%2Fb', '', bearer(token))).status).toBe(404);
  });
});
