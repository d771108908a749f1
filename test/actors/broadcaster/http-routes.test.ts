import { beforeEach, describe, expect, it } from 'vitest';
import { done, refused } from '../../../src/protocol/errors.ts';
import { BODY_BYTES_MAX, TICKS_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import {
  accountView,
  bearer,
  BETS_PER_MINUTE,
  betView,
  BROADCASTER_SETTINGS,
  type BroadcasterFixture,
  json,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS, tickAt } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
});

const get = (path: string, query = '', headers: Record<string, string> = {}) =>
  broadcaster.server.request({ path, query, headers });

const errorCode = (response: Parameters<typeof json>[0]): string =>
  (json(response) as { error: { code: string } }).error.code;

describe('the market', () => {
  it('tells the time', async () => {
    expect(json(await get('/v1/time'))).toEqual({ serverTimeMs: START_MS });
  });

  it('is down and paused before anything is known', async () => {
    const status = json(await get('/v1/status'));
    expect(status).toMatchObject({ feed: { state: 'down', seq: 0, atMs: 0 }, paused: true, rulesVersion: 'touch-1' });
    expect(errorCode(await get('/v1/price'))).toBe('NO_PRICE');
    const grid = await get('/v1/grid');
    expect([grid.status, grid.headers['Retry-After'], errorCode(grid)]).toEqual([503, '1', 'NO_PRICE']);
  });

  it('has a status with the limits and what to sign', async () => {
    await broadcaster.knowMarket();
    await broadcaster.tick(5);
    expect(json(await get('/v1/status'))).toEqual({
      feed: { state: 'ok', seq: 5, atMs: START_MS + 500 },
      paused: false,
      rulesVersion: 'touch-1',
      signIn: BROADCASTER_SETTINGS.signIn,
      limits: {
        minStakeMicros: '100000',
        maxStakeMicros: '100000000',
        lockMs: 5_000,
        holdMs: 100,
        horizonMs: 60_000,
        betsPerMinute: BETS_PER_MINUTE,
        maxGapMs: 2_000,
      },
    });
  });

  it('shows a degraded feed, and one that is down', async () => {
    await broadcaster.tick(1, { quality: 'degraded' });
    expect(json(await get('/v1/status'))).toMatchObject({ feed: { state: 'degraded' } });
    await broadcaster.system.advance(2_101);
    expect(json(await get('/v1/status'))).toMatchObject({ feed: { state: 'down', seq: 1 } });
  });

  it('gives the newest tick', async () => {
    await broadcaster.tick(1);
    const tick = await broadcaster.tick(2);
    await broadcaster.tick(1);
    expect(json(await get('/v1/price'))).toEqual(tick);
  });

  it('gives the grid of the newest tick, and caches it', async () => {
    await broadcaster.knowMarket();
    await broadcaster.tick(7);
    const grid = json(await get('/v1/grid')) as { columns: number[]; rows: number[]; multipliers: string[][] };
    expect(grid).toMatchObject({ seq: 7, atMs: START_MS + 700, priceCents: 6_000_500, rowHeightCents: 1_000 });
    const { columns, rows } = BROADCASTER_SETTINGS.rules.grid;
    expect([grid.columns.length, grid.rows.length, grid.multipliers.length]).toEqual([columns, rows, columns]);
    expect(grid.multipliers.flat().some((cell) => /^\d+\.\d\d$/.test(cell))).toBe(true);
    expect(broadcaster.gridCache.size).toBeGreaterThan(0);
  });
});

describe('recorded prices', () => {
  const ticks = [tickAt(1), tickAt(2)];

  it('are those of the last minute by default', async () => {
    const response = await broadcaster.asking({ path: '/v1/prices' }, () => broadcaster.history.reply(done({ ticks, more: false })));
    expect(broadcaster.history.letters).toEqual([
      { type: 'ReadTicks', body: { fromMs: START_MS - 60_000, toMs: START_MS, limit: TICKS_PER_READ_MAX } },
    ]);
    expect(json(response)).toEqual({
      ticks: ticks.map(({ seq, atMs, priceCents, quality }) => ({ seq, atMs, priceCents, quality })),
    });
  });

  it('come in pages', async () => {
    const response = await broadcaster.asking({ path: '/v1/prices', query: 'fromMs=5&toMs=1700000099999' }, () =>
      broadcaster.history.reply(done({ ticks, more: true })),
    );
    expect(broadcaster.history.letters[0]).toMatchObject({ body: { fromMs: 5, toMs: 1_700_000_099_999 } });
    expect(json(response)).toMatchObject({ nextFromMs: START_MS + 201 });
  });

  it.each([
    ['fromMs=-1', 'fromMs'],
    ['fromMs=1.5', 'fromMs'],
    ['fromMs=0x10', 'fromMs'],
    ['fromMs=1e3', 'fromMs'],
    ['fromMs=', 'fromMs'],
    ['fromMs=%201', 'fromMs'],
    ['fromMs=9007199254740993', 'fromMs'],
    ['fromMs=2&toMs=1', 'fromMs'],
    ['fromMs=1&fromMs=1', 'fromMs'],
    ['toMs=tomorrow', 'toMs'],
    ['since=1', 'since'],
    ['__proto__=1', '__proto__'],
  ])('refuses %s', async (query, field) => {
    const response = await get('/v1/prices', query);
    expect(response.status).toBe(400);
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', retryable: false, details: { field } } });
    expect(broadcaster.history.letters).toEqual([]);
  });

  it('answer OUTCOME_UNKNOWN when nobody reads them', async () => {
    const answering = get('/v1/prices');
    await broadcaster.system.advance(3_000);
    const response = await answering;
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([503, '1', 'OUTCOME_UNKNOWN']);
  });
});

describe('signing in', () => {
  const verify = { message: 'a message', signature: `0x${'ab'.repeat(65)}` };

  it('hands out nonces', async () => {
    const nonce = { nonce: 'abcdefgh', expiresAtMs: START_MS + 300_000 };
    const response = await broadcaster.asking({ path: '/v1/auth/nonce' }, () => broadcaster.guard.reply(done(nonce)));
    expect(json(response)).toEqual(nonce);
    expect(response.headers['Cache-Control']).toBe('no-store');
  });

  it('passes message and signature on as they are', async () => {
    const session = { token: 'T', wallet: '0xab', expiresAtMs: 5 };
    const request = { method: 'POST', path: '/v1/auth/verify', body: verify };
    const response = await broadcaster.asking(request, () => broadcaster.guard.reply(done(session)));
    expect(broadcaster.guard.letters).toEqual([{ type: 'SignIn', body: verify }]);
    expect([response.status, json(response)]).toEqual([200, session]);
  });

  it('passes the refusal back with its status', async () => {
    const request = { method: 'POST', path: '/v1/auth/verify', body: verify };
    const response = await broadcaster.asking(request, () => broadcaster.guard.reply(refused('NONCE_UNKNOWN')));
    expect([response.status, errorCode(response)]).toEqual([401, 'NONCE_UNKNOWN']);
  });

  it.each([
    [{ ...verify, signature: '0x12' }, 'signature'],
    [{ ...verify, message: 7 }, 'message'],
    [{ ...verify, message: 'x'.repeat(2_049) }, 'message'],
    [{ ...verify, wallet: '0xab' }, 'wallet'],
    [[], ''],
    ['not json', ''],
  ])('refuses %j', async (body, field) => {
    const headers = { 'content-type': 'application/json' };
    const response = await broadcaster.server.request({ method: 'POST', path: '/v1/auth/verify', headers, body });
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
    expect(broadcaster.guard.letters).toEqual([]);
  });

  it('signs out with the token', async () => {
    const { token, wallet } = broadcaster.signIn();
    const request = { method: 'POST', path: '/v1/auth/signout', headers: bearer(token) };
    const response = await broadcaster.asking(request, () => broadcaster.guard.reply(done({ wallet })));
    expect(broadcaster.guard.letters).toEqual([{ type: 'SignOut', body: { token } }]);
    expect([response.status, json(response)]).toEqual([200, { wallet }]);
    const without = await broadcaster.server.request({ method: 'POST', path: '/v1/auth/signout' });
    expect([without.status, errorCode(without)]).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('an account', () => {
  it('is that of the session', async () => {
    await broadcaster.knowMarket();
    const { token, wallet } = broadcaster.signIn();
    const request = { path: '/v1/account', headers: bearer(token) };
    const response = await broadcaster.asking(request, () => broadcaster.resolver.reply(done(accountView(wallet))));
    expect(broadcaster.bets()).toEqual([{ type: 'GetAccount', body: { wallet } }]);
    expect([response.status, json(response)]).toEqual([200, accountView(wallet)]);
  });

  it.each(['/v1/account', '/v1/bets', '/v1/bets/bet_1'])('%s needs a session', async (path) => {
    const { token, wallet } = broadcaster.signIn();
    broadcaster.signOut(wallet);
    for (const headers of [{}, bearer(token), bearer('x'.repeat(5_000)), { authorization: token }]) {
      const response = await get(path, '', headers);
      expect([response.status, errorCode(response)]).toEqual([401, 'UNAUTHENTICATED']);
    }
    expect(broadcaster.bets()).toEqual([]);
  });
});

describe('placing a bet', () => {
  const placing = (token: string, change: { body?: unknown; headers?: Record<string, string> } = {}) => ({
    method: 'POST',
    path: '/v1/bets',
    headers: { ...bearer(token), 'idempotency-key': 'key-1', ...change.headers },
    body: change.body ?? PLACE_BET_REQUEST,
  });

  beforeEach(() => broadcaster.knowMarket());

  it('goes to the Resolver with the wallet of the session and comes back as 201', async () => {
    const { token, wallet } = broadcaster.signIn();
    const bet = betView({ wallet });
    const response = await broadcaster.asking(placing(token), () => broadcaster.resolver.reply(done(bet)));
    const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = PLACE_BET_REQUEST;
    const cell = { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents };
    const body = { wallet, idempotencyKey: 'key-1', cell, stakeMicros: 1_000_000, minMultiplier: 150 };
    expect(broadcaster.bets()).toEqual([{ type: 'PlaceBet', body }]);
    expect([response.status, response.headers['Location'], json(response)]).toEqual([201, '/v1/bets/bet_1', bet]);
  });

  it.each([
    ['COLUMN_LOCKED', 409, undefined],
    ['INSUFFICIENT_BALANCE', 402, undefined],
    ['FEED_DEGRADED', 503, '1'],
  ] as const)('passes %s back with status %i', async (code, status, retryAfter) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.asking(placing(token), () => broadcaster.resolver.reply(refused(code, { a: 1 })));
    expect([response.status, response.headers['Retry-After']]).toEqual([status, retryAfter]);
    expect(json(response)).toMatchObject({ error: { code, details: { a: 1 } } });
  });

  it('is OUTCOME_UNKNOWN when no answer comes', async () => {
    const { token } = broadcaster.signIn();
    const answering = broadcaster.server.request(placing(token));
    await broadcaster.system.advance(5_000);
    const response = await answering;
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([503, '1', 'OUTCOME_UNKNOWN']);
  });

  it('is limited per wallet and minute', async () => {
    const { token } = broadcaster.signIn();
    for (let count = 0; count < BETS_PER_MINUTE; count += 1) {
      await broadcaster.asking(placing(token), () => broadcaster.resolver.reply(refused('COLUMN_LOCKED')));
    }
    const response = await broadcaster.server.request(placing(token));
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([429, '60', 'RATE_LIMITED']);
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
    [{ kind: 'inside' }, 'kind'],
    [{ symbol: 'eth:usd' }, 'symbol'],
    [{ wallet: '0xab' }, 'wallet'],
  ])('refuses %j and counts nothing', async (change, field) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(placing(token, { body: { ...PLACE_BET_REQUEST, ...change } }));
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
      const response = await broadcaster.server.request({ ...rest, headers: { ...headers, 'idempotency-key': key } });
      expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field: 'Idempotency-Key' } } });
    }
  });

  it('takes JSON only', async () => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(placing(token, { headers: { 'content-type': 'text/plain' } }));
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field: 'Content-Type' } } });
    const withCharset = placing(token, { headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect((await broadcaster.asking(withCharset, () => broadcaster.resolver.reply(done(betView())))).status).toBe(201);
  });

  it('refuses a body that is too large', async () => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(placing(token, { body: 'x'.repeat(BODY_BYTES_MAX + 1) }));
    expect([response.status, errorCode(response)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

describe('listing bets', () => {
  beforeEach(() => broadcaster.knowMarket());

  it('passes the page on', async () => {
    const { token, wallet } = broadcaster.signIn();
    const page = { bets: [betView({ wallet })], nextBeforeId: 'bet_1' };
    const query = 'limit=1&beforeId=bet_9&status=won';
    const response = await broadcaster.asking({ path: '/v1/bets', query, headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(page)),
    );
    expect(broadcaster.bets()).toEqual([{ type: 'ListBets', body: { wallet, limit: 1, beforeId: 'bet_9', status: 'won' } }]);
    expect(json(response)).toEqual(page);
  });

  it('has a default page', async () => {
    const { token, wallet } = broadcaster.signIn();
    await broadcaster.asking({ path: '/v1/bets', headers: bearer(token) }, () => broadcaster.resolver.reply(done({ bets: [] })));
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

describe('addresses', () => {
  it.each(['/v2', '/v1', '/v1/bets/', '/v1/bets/a/b', '/v1/time/', '/__proto__', '/constructor', '/../package.json'])(
    'has nothing at %s',
    async (path) => {
      const { token } = broadcaster.signIn();
      const response = await get(path, '', bearer(token));
      expect([response.status, errorCode(response)]).toEqual([404, 'NOT_FOUND']);
    },
  );

  it.each([
    ['POST', '/v1/time', 'GET, HEAD'],
    ['GET', '/v1/auth/verify', 'POST'],
    ['DELETE', '/v1/bets', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/bets', 'GET, HEAD, POST'],
    ['POST', '/', 'GET, HEAD'],
  ])('does not answer %s %s', async (method, path, allow) => {
    const response = await broadcaster.server.request({ method, path });
    expect([response.status, response.headers['Allow'], errorCode(response)]).toEqual([405, allow, 'METHOD_NOT_ALLOWED']);
  });

  it('says how to build the page when there is none', async () => {
    const response = await get('/');
    expect(response.headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(response.body).toString()).toContain('npm run setup');
  });

  it('allows no other origin to read answers', async () => {
    const { headers } = await get('/v1/time', '', { origin: 'https://elsewhere.example' });
    expect(Object.keys(headers).filter((name) => name.toLowerCase().startsWith('access-control'))).toEqual([]);
  });
});
