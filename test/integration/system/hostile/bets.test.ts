/** Bets that must not be taken, the same over HTTP and over a socket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../../src/protocol/errors.ts';
import { type Answer, errorOf, expectError } from '../../../support/http-call.ts';
import type { TouchRequest } from '../../../support/player.ts';
import { isTooBusy, type Siege, startSiege, steadyBets, unhurried } from '../../../support/siege.ts';

let siege: Siege;
let bet: TouchRequest;
let keys = 0;
beforeAll(async () => {
  siege = await startSiege({ BETS_PER_MINUTE: '1000' });
});
afterAll(() => siege.end());

const nextKey = (): string => {
  keys += 1;
  return `key-${keys}`;
};
const place = (body: object | string, key = nextKey()): Promise<Answer> =>
  siege.call('/v1/bets', {
    body,
    headers: { ...siege.asPlayer, 'idempotency-key': key, 'content-type': 'application/json' },
  });

/** Places over a socket in either format; the answer in the words of HTTP. */
async function placeOnSocket(subprotocol: 'json' | 'msgpack', wrong: object): Promise<Answer> {
  const socket = await siege.socket({ subprotocol });
  await socket.ask({ op: 'auth', token: siege.player.client.token, id: 'auth' });
  const frame = await socket.ask({ op: 'place', idempotencyKey: nextKey(), bet: wrong, id: 'place' });
  socket.socket.terminate();
  const { error } = frame as { error?: { code: ErrorCode } };
  const status = error ? ERRORS[error.code].status : 201;
  const { headers } = await siege.call('/v1/time');
  return { status, headers, body: error ? { error } : frame };
}

type Change = Readonly<Record<string, unknown>>;

/** What is no amount, for a stake and for a multiplier. */
const NO_AMOUNTS: readonly unknown[] = [
  ...['-1', '+1', '1e6', '1E2', '0x10', '0b1', '01', '00', '', ' 1', '1 ', '1\n', '1,5', '1_000', '１', '١'],
  ...['NaN', 'Infinity', 'null', '1'.repeat(17), "1'; DROP TABLE bets;--", '1\u0000'],
  ...[1, 1.5, -1, 1e300, 0, true, null, [], ['1'], {}, { toString: '1' }, undefined],
];

/** Refused by the shape of the body alone, and the field is named. */
const MALFORMED: readonly (readonly [string, Change])[] = [
  ...[...NO_AMOUNTS, '1.5', '1.0', '9007199254740992'].map(
    (stakeMicros) => ['stakeMicros', { stakeMicros }] as const,
  ),
  ...[...NO_AMOUNTS, '1.234', '1.', '.5', '1.2.3', '99999999'].map(
    (minMultiplier) => ['minMultiplier', { minMultiplier }] as const,
  ),
  ...['opensAtMs', 'closesAtMs', 'lowCents', 'highCents'].flatMap((field) =>
    ['1', 1.5, -1, 1e16, 2 ** 53, true, [1], { $gt: 0 }, undefined].map(
      (value) => [field, { [field]: value }] as const,
    ),
  ),
  ...['opensAtMs', 'closesAtMs'].map((field) => [field, { [field]: null }] as const),
  ...['notouch', 'no-touch', 'INSIDE', 'up', 'TOUCH', 'touch ', '', 1, null, ['touch'], undefined].map(
    (kind) => ['kind', { kind }] as const,
  ),
  ...['eth:usd', 'BTC:USD', 'btc:usd\u0000', '../btc:usd', '', 1, null, undefined].map(
    (symbol) => ['symbol', { symbol }] as const,
  ),
  ['wallet', { wallet: `0x${'0'.repeat(40)}` }],
  ['multiplier', { multiplier: '25' }],
  ['receivedAtMs', { receivedAtMs: 1 }],
  ['constructor', { constructor: { name: 'x' } }],
  ['<script>', { '<script>': 1 }],
];

describe('a bet', () => {
  beforeAll(async () => {
    [bet] = (await steadyBets(siege.player, 1)) as [TouchRequest];
  });

  it.each(MALFORMED)('with a wrong %s (%j) is MALFORMED', async (field, change) => {
    await siege.withoutEffect(async () => {
      const wrong = { ...bet, ...change };
      const answers = await Promise.all([
        place(wrong),
        placeOnSocket('json', wrong),
        placeOnSocket('msgpack', leavingOutMissing(wrong)),
      ]);
      for (const answer of answers) expectError(answer, 'MALFORMED', { field });
    });
  });

  it.each([
    ['"__proto__":{"stakeMicros":"1"}', '__proto__'],
    ['"__proto__":null', '__proto__'],
    ['"opensAtMs":1e400', 'opensAtMs'],
    ['"lowCents":-0.0000001', 'lowCents'],
    ['"stakeMicros":1000000', 'stakeMicros'],
  ])('with %s in its text is MALFORMED', async (text, field) => {
    await siege.withoutEffect(async () =>
      expectError(await place(`${JSON.stringify(bet).slice(0, -1)},${text}}`), 'MALFORMED', { field }),
    );
  });

  it.each([['[]'], ['null'], ['7'], ['"bet"'], ['{}'], ['[{}]']])('that is %s is MALFORMED', async (text) => {
    await siege.withoutEffect(async () => expectError(await place(text), 'MALFORMED'));
  });
});

/** Well formed, and refused for what they say. */
const REFUSED: readonly (readonly [string, ErrorCode, string | undefined, (bet: TouchRequest) => Change])[] =
  [
    ['a stake of nothing', 'STAKE_OUT_OF_RANGE', undefined, () => ({ stakeMicros: '0' })],
    ['a stake below the least', 'STAKE_OUT_OF_RANGE', undefined, () => ({ stakeMicros: '99999' })],
    ['a stake above the most', 'STAKE_OUT_OF_RANGE', undefined, () => ({ stakeMicros: '100000001' })],
    ['the largest stake', 'STAKE_OUT_OF_RANGE', undefined, () => ({ stakeMicros: '9007199254740991' })],
    ['a multiplier nobody gives', 'QUOTE_MOVED', undefined, () => ({ minMultiplier: '9999999.99' })],
    ['a column off the raster', 'CELL_DISABLED', 'COLUMN', (b) => moved(b, { byMs: 1 })],
    ['a column of an odd length', 'CELL_DISABLED', 'COLUMN', (b) => ({ closesAtMs: b.closesAtMs + 1 })],
    ['a column of a day', 'CELL_DISABLED', 'COLUMN', (b) => ({ closesAtMs: b.opensAtMs + 86_400_000 })],
    ['a column that ends first', 'CELL_DISABLED', 'TIMES', (b) => ({ closesAtMs: b.opensAtMs - 5_000 })],
    ['a column of no length', 'CELL_DISABLED', 'TIMES', (b) => ({ closesAtMs: b.opensAtMs })],
    ['a column without an end', 'CELL_DISABLED', 'COLUMN', () => ({ closesAtMs: 2 ** 53 - 1 })],
    ['a row off the raster', 'CELL_DISABLED', 'ROW', (b) => moved(b, { byCents: 1 })],
    ['a row of an odd height', 'CELL_DISABLED', 'ROW', (b) => ({ highCents: b.highCents + 1 })],
    ['all prices for a row', 'CELL_DISABLED', 'ROW', () => ({ lowCents: 0, highCents: 2 ** 53 - 1 })],
    [
      'a row upside down',
      'CELL_DISABLED',
      'PRICES',
      (b) => ({ lowCents: b.highCents, highCents: b.lowCents }),
    ],
    ['a row of no height', 'CELL_DISABLED', 'PRICES', (b) => ({ highCents: b.lowCents })],
    ['a touch open above', 'CELL_DISABLED', 'PRICES', () => ({ highCents: null })],
    ['a touch open below', 'CELL_DISABLED', 'PRICES', () => ({ lowCents: null })],
    ['a no_touch open above', 'CELL_DISABLED', 'PRICES', () => ({ kind: 'no_touch', highCents: null })],
    [
      'a band without edges',
      'CELL_DISABLED',
      'PRICES',
      () => ({ kind: 'inside', lowCents: null, highCents: null }),
    ],
    [
      'an edge off the raster',
      'CELL_DISABLED',
      'ROW',
      (b) => ({ kind: 'outside', lowCents: b.lowCents + 1, highCents: null }),
    ],
    [
      'all above nothing',
      'CELL_DISABLED',
      'PRICES',
      () => ({ kind: 'inside', lowCents: 0, highCents: null }),
    ],
    [
      'all but what never is',
      'CELL_DISABLED',
      'TOO_LIKELY',
      (b) => ({ kind: 'inside', lowCents: null, highCents: b.highCents + 5_000_000 }),
    ],
    ['a row far from the line', 'CELL_DISABLED', 'TOO_UNLIKELY', (b) => moved(b, { byCents: 5_000_000 })],
    ['a row at nothing', 'CELL_DISABLED', 'TOO_UNLIKELY', (b) => ({ lowCents: 0, highCents: height(b) })],
    ['a column too far', 'CELL_DISABLED', 'TOO_FAR', (b) => moved(b, { byMs: 600_000 })],
    ['a column of next year', 'CELL_DISABLED', 'TOO_FAR', (b) => moved(b, { byMs: 31_536_000_000 })],
    ['a column that is long over', 'COLUMN_LOCKED', undefined, (b) => moved(b, { byMs: -600_000 })],
    ['the first column of all', 'COLUMN_LOCKED', undefined, () => ({ opensAtMs: 5_000, closesAtMs: 10_000 })],
  ];

describe('a well-formed bet', () => {
  it.each(REFUSED)('on %s is refused: %s %s', async (_name, code, reason, change) => {
    const [offered] = (await steadyBets(siege.player, 1)) as [TouchRequest];
    const wrong = { ...offered, ...change(offered) };
    await siege.withoutEffect(async () => {
      const details = reason === undefined ? undefined : { reason };
      expectError(await unhurried(() => place(wrong)), code, details);
      expectError(await unhurried(() => placeOnSocket('msgpack', wrong)), code, details);
    });
  });

  it('on the running column, or on the next one, comes too late', async () => {
    for (const columns of [0, 1]) {
      const { serverTimeMs } = await siege.player.client.time();
      const opensAtMs = serverTimeMs - (serverTimeMs % 5_000) + columns * 5_000;
      const wrong = { ...bet, opensAtMs, closesAtMs: opensAtMs + 5_000 };
      await siege.withoutEffect(async () =>
        expectError(await unhurried(() => place(wrong)), 'COLUMN_LOCKED'),
      );
    }
  });

  it.each([
    ['no key', undefined, 'IDEMPOTENCY_KEY_REQUIRED'],
    ['an empty key', '', 'IDEMPOTENCY_KEY_REQUIRED'],
    ['a key of 65 characters', 'k'.repeat(65), 'MALFORMED'],
    ['a key of 2 KB', 'k'.repeat(2_000), 'MALFORMED'],
    ['a key with a space', 'a b', 'MALFORMED'],
    ['a key with a bar', 'a|b', 'MALFORMED'],
    ['a key with an accent', 'clé-1', 'MALFORMED'],
    ['a key like a path', '../../etc/passwd', 'MALFORMED'],
    ['a key like a statement', "k'; DROP TABLE answers;--", 'MALFORMED'],
    ['a key like a script', '<script>alert(1)</script>', 'MALFORMED'],
  ] as const)('with %s is refused', async (_name, key, code) => {
    await siege.withoutEffect(async () => {
      const headers = { ...siege.asPlayer, ...(key === undefined ? {} : { 'idempotency-key': key }) };
      expectError(await siege.call('/v1/bets', { body: bet, headers }), code);
      if (code === 'MALFORMED')
        expect(errorOf(await place(bet, key))?.details).toEqual({ field: 'Idempotency-Key' });
    });
  });

  it('is not retried into another answer: a refusal is final for its key', async () => {
    await siege.withoutEffect(async () => {
      const [offered] = await steadyBets(siege.player, 1);
      const key = nextKey();
      const wrong = { ...offered, stakeMicros: '1' };
      const first = await place(wrong, key);
      expect((await place(wrong, key)).body).toEqual(first.body);
      expectError(await place({ ...offered }, key), 'IDEMPOTENCY_CONFLICT');
      expect(isTooBusy(first) || errorOf(first)?.code === 'STAKE_OUT_OF_RANGE').toBe(true);
    });
  });
});

const height = ({ lowCents, highCents }: TouchRequest): number => highCents - lowCents;

const moved = (
  { opensAtMs, closesAtMs, lowCents, highCents }: TouchRequest,
  { byMs = 0, byCents = 0 }: { byMs?: number; byCents?: number },
): Change => ({
  opensAtMs: opensAtMs + byMs,
  closesAtMs: closesAtMs + byMs,
  lowCents: lowCents + byCents,
  highCents: highCents + byCents,
});

/** msgpack, unlike JSON, can say `undefined`. */
const leavingOutMissing = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
