import { describe, expect, it } from 'vitest';
import {
  compactRest,
  expandPush,
  isCompactPush,
  PUSH_CODES,
  type PushBody,
} from '../../src/protocol/api/compact-frames.ts';
import { pushFrameSchema } from '../../src/protocol/api/frames.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { accountView, betView } from '../support/broadcaster-fixture.ts';
import { START_MS, tickAt } from '../support/market.ts';

const grid = {
  ...{ atMs: START_MS, seq: 7, priceCents: 6_000_500, columnMs: 5_000, rowHeightCents: 1_000 },
  columns: [START_MS + 5_000, START_MS + 10_000],
  rows: [5_999_000, 6_000_000],
  multipliers: [
    ['2.35', null],
    ['1.01', '25.00'],
  ],
  rulesVersion: 'touch-2',
};
const wallet = `0x${'a'.repeat(40)}`;
const PUSHES: readonly PushBody[] = [
  { push: 'price', seq: 7, tick: tickAt(7) },
  { push: 'price', seq: 8, tick: tickAt(8, { quality: 'degraded', compositionJump: true }) },
  { push: 'grid', seq: 7, grid },
  { push: 'bet', seq: 7, event: 'BetAccepted', bet: betView({ wallet }) },
  { push: 'bet', seq: 9, event: 'BetSettled', bet: betView({ wallet, status: 'lost' }), pos: 2 ** 40 + 3 },
  { push: 'account', seq: 7, account: accountView(wallet), pos: 2 ** 20 },
  { push: 'account', seq: 7, account: accountView(wallet) },
  { push: 'heartbeat', seq: 7, atMs: START_MS },
  { push: 'signed-out', seq: 7 },
  { push: 'shutdown', seq: 7, reconnectAfterMs: 400 },
];

describe('the compact form', () => {
  it.each(PUSHES)('of %j says all that the named form says', (body) => {
    const sent = decode(encode([PUSH_CODES[body.push], 5, ...compactRest(body)]));
    if (!isCompactPush(sent)) throw new Error('not a compact push');
    const frame = expandPush(sent);
    expect(frame).toEqual({ ...body, n: 5 });
    expect(pushFrameSchema.safeParse(frame)).toMatchObject({ success: true });
  });

  it('is there for every push', () => {
    expect(new Set(PUSHES.map(({ push }) => push))).toEqual(new Set(Object.keys(PUSH_CODES)));
  });

  it('of a newer server is nothing to this client', () => {
    expect(expandPush([99, 1, 7, 'news'])).toBeUndefined();
  });

  it('is small', () => {
    const bytes = encode([PUSH_CODES.price, 5, ...compactRest({ push: 'price', seq: 7, tick: tickAt(7) })]);
    expect(bytes.byteLength).toBeLessThan(40);
  });
});
