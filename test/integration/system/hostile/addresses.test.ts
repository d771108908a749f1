/** Queries that say nothing, addresses where nothing is, files that are not for everybody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BetView, PlaceBetRequest } from '../../../../src/client/index.ts';
import { expectError, rawCall } from '../../../support/http-call.ts';
import { allBets, cellsOf, until } from '../../../support/player.ts';
import { type Siege, startSiege } from '../../../support/siege.ts';

let siege: Siege;
let settledBet: BetView;
beforeAll(async () => {
  siege = await startSiege();
  // Something to lose: a bet in the list that nothing may change any more.
  const { client } = siege.player;
  await until(
    async () => client.placeBet(cellsOf(await client.grid(), 1)[0] as PlaceBetRequest),
    () => true,
  );
  const [bet] = await until(
    () => allBets(client),
    (bets) => bets.length > 0 && bets.every(({ status }) => status !== 'open'),
  );
  settledBet = bet as BetView;
}, 120_000);
afterAll(() => siege.end());

/** By hand: fetch tidies up what it is given. */
const raw = (method: string, target: string, headers: readonly string[] = []) =>
  rawCall(siege.system.url, [`${method} ${target} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));

describe('a query', () => {
  const NO_INTEGERS = ['-1', '+1', '1e3', '1.5', '0x10', '01', '', ' 1', 'NaN', 'Infinity', 'null', '१'];
  const FAR_TOO_LARGE = ['9007199254740992', '99999999999999999999', '1'.repeat(1_000)];
  const STRINGS = [
    "1' OR '1'='1",
    '1; DROP TABLE bets;--',
    '<script>alert(1)</script>',
    '../..',
    '%00',
    '[object Object]',
  ];
  const WRONG: readonly (readonly [string, string])[] = [
    ...[...NO_INTEGERS, ...FAR_TOO_LARGE, ...STRINGS].flatMap((value): [string, string][] => [
      ['fromMs', `/v1/prices?fromMs=${encodeURIComponent(value)}`],
      ['toMs', `/v1/prices?toMs=${encodeURIComponent(value)}`],
      ['limit', `/v1/bets?limit=${encodeURIComponent(value)}`],
    ]),
    ...[...STRINGS, '', 'x'.repeat(65), 'é', 'bet 1'].map((value): [string, string] => [
      'beforeId',
      `/v1/bets?beforeId=${encodeURIComponent(value)}`,
    ]),
    ...[...STRINGS, 'OPEN', 'all', '__proto__', 'open,won'].map((value): [string, string] => [
      'status',
      `/v1/bets?status=${encodeURIComponent(value)}`,
    ]),
    ['fromMs', '/v1/prices?fromMs=2&toMs=1'],
    ['fromMs', '/v1/prices?fromMs=1&fromMs=2'],
    ['limit', '/v1/bets?limit=0'],
    ['limit', '/v1/bets?limit=201'],
    ['wallet', `/v1/bets?wallet=0x${'0'.repeat(40)}`],
    ['__proto__', '/v1/bets?__proto__=1'],
    ['constructor', '/v1/prices?constructor=1'],
    ['toString', '/v1/prices?toString=1'],
    ['limit[$gt]', '/v1/bets?limit[$gt]=1'],
    ['<script>', '/v1/prices?%3Cscript%3E=1'],
  ];

  it.each(WRONG)('with a wrong %s is MALFORMED: %s', async (field, path) => {
    await siege.withoutEffect(async () =>
      expectError(await siege.call(path, { headers: siege.asPlayer }), 'MALFORMED', { field }),
    );
  });

  it.each([
    ['/v1/prices?fromMs=0&toMs=0'],
    ['/v1/prices?fromMs=9007199254740991&toMs=9007199254740991'],
    ['/v1/prices?fromMs=0&toMs=9007199254740991'],
    ['/v1/bets?beforeId=bet_nobody-has'],
    ['/v1/bets?beforeId=__proto__'],
    ['/v1/time?%zz&%E0%A4&&=&a=b'],
    [`/v1/status?${'a=b&'.repeat(400)}`],
  ])('%s is odd, and answered', async (path) => {
    await siege.withoutEffect(async () => {
      expect((await siege.call(path, { headers: siege.asPlayer })).status).toBe(200);
    });
  });
});

describe('an address', () => {
  const IDS = [
    'bet_1',
    '__proto__',
    'constructor',
    'toString',
    '*',
    '%2e%2e',
    '..%2faccount',
    '%00',
    "'%20OR%20'1'='1",
    "bet_1';%20DROP%20TABLE%20bets;--",
    '%3Cscript%3Ealert(1)%3C/script%3E',
    '%F0%9F%92%A3',
    'x'.repeat(65),
    'x'.repeat(2_000),
  ];
  it.each(
    [
      ...IDS.map((id) => [`/v1/bets/${id}`]),
      ...[
        '/v1',
        '/v1/',
        '/v2/time',
        '/v1/time/',
        '/V1/TIME',
        '/v1//time',
        '//v1/time',
        '/v1/time%20',
        '/v1/time;x',
      ],
      ...['/v1/bets/', '/v1/bets/a/b', '/v1/__proto__', '/v1/constructor', '/__proto__', '/constructor'],
      ...[
        '/v1/bets/{id}/',
        '/v1/wallets',
        '/admin',
        '/actors',
        '/metrics',
        '/healthz',
        '/readyz',
        '/graphql',
      ],
    ].flat(),
  )('%s is NOT_FOUND', async (path) => {
    await siege.withoutEffect(async () => {
      const answer = await raw('GET', path, [`Authorization: ${siege.asPlayer['authorization']}`]);
      expectError(answer ?? expect.fail('cut'), 'NOT_FOUND');
    });
  });

  it('of a bet is as good as its owner', async () => {
    const path = `/v1/bets/${settledBet.id}`;
    const { body } = await siege.call(path, { headers: siege.asPlayer });
    expect(body).toEqual({ ...settledBet, receipt: expect.anything() });
    await siege.withoutEffect(async () => expectError(await siege.call(path), 'UNAUTHENTICATED'));
  });

  const FILES = [
    ...['/../package.json', '/../../etc/passwd', '/./../package.json', '/assets/../../package.json'],
    ...['/%2e%2e/package.json', '/%2e%2e%2fpackage.json', '/..%2fpackage.json', '/..%5cpackage.json'],
    ...['/%252e%252e/package.json', '/..\\package.json', '/....//package.json', '/..;/package.json'],
    ...[
      '/%c0%ae%c0%ae/package.json',
      '/index.html/../../../package.json',
      '/index.html%00.txt',
      '/index.html/',
    ],
    ...['/package.json', '/.env', '/.git/config', '/src/main.ts', '/var/ledger.sqlite', '/ledger.sqlite'],
    ...['//etc/passwd', '/etc/passwd', '/file:///etc/passwd', '/http://evil.example/', '/C:/', '/%00', '/~'],
  ];
  it.each(FILES)('%s gives no file', async (path) => {
    await siege.withoutEffect(async () =>
      expectError((await raw('GET', path)) ?? expect.fail('cut'), 'NOT_FOUND'),
    );
  });

  const METHODS: readonly (readonly [string, string, string])[] = [
    ...['DELETE', 'PUT', 'PATCH', 'TRACE', 'PROPFIND', 'FOO'].map((method): [string, string, string] => [
      method,
      '/v1/bets',
      'GET, HEAD, POST',
    ]),
    ...['POST', 'DELETE'].flatMap((method): [string, string, string][] => [
      [method, '/v1/account', 'GET, HEAD'],
      [method, '/v1/ledger', 'GET, HEAD'],
      [method, '/v1/bets/bet_1', 'GET, HEAD'],
      [method, '/', 'GET, HEAD'],
    ]),
    ['GET', '/v1/auth/verify', 'POST'],
    ['GET', '/v1/auth/signout', 'POST'],
    ['POST', '/v1/auth/nonce', 'GET, HEAD'],
  ];
  it.each(METHODS)('does not answer %s at %s', async (method, path, allow) => {
    await siege.withoutEffect(async () => {
      const answer = (await raw(method, path, ['Content-Length: 0'])) ?? expect.fail('cut');
      expectError(answer, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.get('allow')).toBe(allow);
    });
  });
});
