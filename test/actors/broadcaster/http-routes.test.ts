import { beforeEach, describe, expect, it } from 'vitest';
import { done, refused } from '../../../src/protocol/errors.ts';
import { TICKS_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import { type FeedState, feedSignals } from '../../../src/protocol/signals.ts';
import {
  accountView,
  BETS_PER_MINUTE,
  BROADCASTER_SETTINGS,
  type BroadcasterFixture,
  bearer,
  errorCode,
  json,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS, tickAt } from '../../support/market.ts';
import { SERVICE_KEY } from '../../support/proofs.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
});

const get = (path: string, query = '', headers: Record<string, string> = {}) =>
  broadcaster.server.request({ path, query, headers });

describe('the market', () => {
  it('tells the time', async () => {
    expect(json(await get('/v1/time'))).toEqual({ serverTimeMs: START_MS });
  });

  it('is down and paused before anything is known', async () => {
    const status = json(await get('/v1/status'));
    expect(status).toMatchObject({
      feed: { state: 'down', seq: 0, atMs: 0 },
      paused: true,
      rulesVersion: 'touch-2',
    });
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
      rulesVersion: 'touch-2',
      proof: { signer: SERVICE_KEY.address, earlierSigners: [] },
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

  it('shows how the venues of the feed stand, for as long as that is news', async () => {
    const venues = [
      { id: 'kraken', out: null, ageMs: 12 },
      { id: 'gemini', out: 'stale', ageMs: 2_400 },
    ] as const;
    const state: FeedState = { symbol: 'btc:usd', atMs: broadcaster.system.clock.nowMs(), venues };
    broadcaster.system.signals.publish(feedSignals('btc:usd').name, state);
    await broadcaster.tick(1);
    expect(json(await get('/v1/status'))).toMatchObject({ feed: { state: 'ok', venues } });
    await broadcaster.system.advance(5_001);
    expect(json(await get('/v1/status'))).not.toHaveProperty('feed.venues');
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
    const grid = json(await get('/v1/grid')) as {
      columns: number[];
      rows: number[];
      multipliers: string[][];
    };
    expect(grid).toMatchObject({
      seq: 7,
      atMs: START_MS + 700,
      priceCents: 6_000_500,
      rowHeightCents: 1_000,
    });
    const { columns, rows } = BROADCASTER_SETTINGS.rules.grid;
    expect([grid.columns.length, grid.rows.length, grid.multipliers.length]).toEqual([
      columns,
      rows,
      columns,
    ]);
    expect(grid.multipliers.flat().some((cell) => /^\d+\.\d\d$/.test(cell))).toBe(true);
    expect(broadcaster.gridCache.size).toBeGreaterThan(0);
  });
});

describe('recorded prices', () => {
  const ticks = [tickAt(1), tickAt(2)];

  it('are those of the last minute by default', async () => {
    const response = await broadcaster.asking({ path: '/v1/prices' }, () =>
      broadcaster.history.reply(done({ ticks, more: false })),
    );
    expect(broadcaster.history.letters).toEqual([
      { type: 'ReadTicks', body: { fromMs: START_MS - 60_000, toMs: START_MS, limit: TICKS_PER_READ_MAX } },
    ]);
    expect(json(response)).toEqual({
      ticks: ticks.map(({ symbol: _, venues: __, ...tick }) => tick),
    });
  });

  it('come in pages', async () => {
    const response = await broadcaster.asking(
      { path: '/v1/prices', query: 'fromMs=5&toMs=1700000099999' },
      () => broadcaster.history.reply(done({ ticks, more: true })),
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
    expect(json(response)).toMatchObject({
      error: { code: 'MALFORMED', retryable: false, details: { field } },
    });
    expect(broadcaster.history.letters).toEqual([]);
  });

  it('answer OUTCOME_UNKNOWN when nobody reads them', async () => {
    const answering = get('/v1/prices');
    await broadcaster.system.advance(3_000);
    const response = await answering;
    expect([response.status, response.headers['Retry-After'], errorCode(response)]).toEqual([
      503,
      '1',
      'OUTCOME_UNKNOWN',
    ]);
  });
});

describe('signing in', () => {
  const verify = { message: 'a message', signature: `0x${'ab'.repeat(65)}` };

  it('hands out nonces', async () => {
    const nonce = { nonce: 'abcdefgh', expiresAtMs: START_MS + 300_000 };
    const response = await broadcaster.asking({ path: '/v1/auth/nonce' }, () =>
      broadcaster.guard.reply(done(nonce)),
    );
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
    const response = await broadcaster.asking(request, () =>
      broadcaster.guard.reply(refused('NONCE_UNKNOWN')),
    );
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
    const response = await broadcaster.server.request({
      method: 'POST',
      path: '/v1/auth/verify',
      headers,
      body,
    });
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
    const response = await broadcaster.asking(request, () =>
      broadcaster.resolver.reply(done(accountView(wallet))),
    );
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

describe('addresses', () => {
  it.each([
    '/v2',
    '/v1',
    '/v1/bets/',
    '/v1/bets/a/b',
    '/v1/time/',
    '/__proto__',
    '/constructor',
    '/../package.json',
  ])('has nothing at %s', async (path) => {
    const { token } = broadcaster.signIn();
    const response = await get(path, '', bearer(token));
    expect([response.status, errorCode(response)]).toEqual([404, 'NOT_FOUND']);
  });

  it.each([
    ['POST', '/v1/time', 'GET, HEAD'],
    ['GET', '/v1/auth/verify', 'POST'],
    ['DELETE', '/v1/bets', 'GET, HEAD, POST'],
    ['POST', '/', 'GET, HEAD'],
  ])('does not answer %s %s', async (method, path, allow) => {
    const response = await broadcaster.server.request({ method, path });
    expect([response.status, response.headers['Allow'], errorCode(response)]).toEqual([
      405,
      allow,
      'METHOD_NOT_ALLOWED',
    ]);
  });

  it.each([
    ['/v1/bets', 'GET, HEAD, POST, OPTIONS'],
    ['/', 'GET, HEAD, OPTIONS'],
  ])('says what may be done with %s', async (path, allow) => {
    const response = await broadcaster.server.request({ method: 'OPTIONS', path });
    expect([response.status, response.headers['Allow'], response.body]).toEqual([204, allow, '']);
  });

  it('says how to build the page when there is none', async () => {
    const response = await get('/');
    expect(response.headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(response.body).toString()).toContain('npm run setup');
  });

  it('allows no other origin to read answers', async () => {
    const { headers } = await get('/v1/time', '', { origin: 'https://elsewhere.example' });
    expect(Object.keys(headers).filter((name) => name.toLowerCase().startsWith('access-control'))).toEqual(
      [],
    );
  });
});

describe('self-limits', () => {
  const NONE = { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null };
  const put = (body: unknown, headers: Record<string, string>) =>
    broadcaster.server.request({
      method: 'PUT',
      path: '/v1/limits/self',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it.each([
    ['maxStakeMicros', { ...NONE, maxStakeMicros: '1.5' }],
    ['maxStakeMicros', { ...NONE, maxStakeMicros: -1 }],
    ['maxLossMicros', { maxStakeMicros: null, pausedUntilMs: null }],
    ['pausedUntilMs', { ...NONE, pausedUntilMs: 1.5 }],
    ['more', { ...NONE, more: 1 }],
  ])('with a wrong %s (%j) are MALFORMED', async (field, body) => {
    const response = await put(body, bearer(broadcaster.signIn().token));
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
  });

  it('belong to who is signed in', async () => {
    expect(errorCode(await put(NONE, {}))).toBe('UNAUTHENTICATED');
    expect(errorCode(await get('/v1/limits/self'))).toBe('UNAUTHENTICATED');
    await broadcaster.knowMarket();
    const { token, wallet } = broadcaster.signIn();
    const answer = put({ ...NONE, maxStakeMicros: '5' }, bearer(token));
    await broadcaster.system.idle();
    const letter = broadcaster.bets().at(-1);
    const limits = { ...NONE, maxStakeMicros: '5' };
    expect(letter).toMatchObject({ type: 'SetSelfLimits', body: { wallet, limits } });
    broadcaster.resolver.reply(done({ now: limits }));
    expect(json(await answer)).toEqual({ now: limits });
  });
});
