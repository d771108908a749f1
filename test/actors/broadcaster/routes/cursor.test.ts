/** Listings go on where their cursor says, and a cursor is nothing but what the API made. */
import { beforeEach, describe, expect, it } from 'vitest';
import { writeCursor } from '../../../../src/actors/broadcaster/routes/cursor.ts';
import { candlesOf } from '../../../../src/domain/candle.ts';
import { done } from '../../../../src/protocol/errors.ts';
import {
  type BroadcasterFixture,
  bearer,
  betView,
  json,
  startBroadcaster,
} from '../../../support/broadcaster-fixture.ts';
import { tickAt } from '../../../support/market.ts';

let broadcaster: BroadcasterFixture;
beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const pageOf = async (
  path: string,
  query: string,
  reply: unknown,
  headers = {},
): Promise<{ nextCursor: string }> =>
  json(
    await broadcaster.asking({ path, query, headers }, () => {
      broadcaster.history.reply(done(reply));
      broadcaster.resolver.reply(done(reply));
    }),
  ) as { nextCursor: string };

describe('a cursor', () => {
  it('of prices goes on within the range that was asked for', async () => {
    const reply = { ticks: [tickAt(1), tickAt(2)], more: true };
    const { nextCursor } = await pageOf('/v1/prices', 'fromMs=5&toMs=1700000099999&limit=2', reply);
    await pageOf('/v1/prices', `cursor=${nextCursor}&limit=2`, { ticks: [], more: false });
    const body = { fromMs: tickAt(2).atMs + 1, toMs: 1_700_000_099_999, limit: 2 };
    expect(broadcaster.history.letters.at(-1)).toEqual({ type: 'ReadTicks', body });
  });

  it('of candles keeps their length', async () => {
    const [candle] = candlesOf([tickAt(1)], 1_000);
    const reply = { candles: [{ ...candle, isUnfinished: false }], nextFromMs: 77 };
    const { nextCursor } = await pageOf('/v1/candles', 'intervalMs=1000&fromMs=5&toMs=99', reply);
    await pageOf('/v1/candles', `cursor=${nextCursor}`, { candles: [] });
    const body = { intervalMs: 1_000, fromMs: 77, toMs: 99 };
    expect(broadcaster.history.letters.at(-1)).toEqual({ type: 'ReadCandles', body });
  });

  it('of bets keeps their status', async () => {
    const { token, wallet } = broadcaster.signIn();
    const reply = { bets: [betView({ wallet })], nextBeforeId: 'bet_1' };
    for (const [query, body] of [
      ['status=won&limit=1', { wallet, limit: 50, beforeId: 'bet_1', status: 'won' }],
      ['', { wallet, limit: 50, beforeId: 'bet_1' }],
    ] as const) {
      const { nextCursor } = await pageOf('/v1/bets', query, reply, bearer(token));
      await pageOf('/v1/bets', `cursor=${nextCursor}`, { bets: [] }, bearer(token));
      expect(broadcaster.resolver.letters.at(-1)).toEqual({ type: 'ListBets', body });
    }
  });

  it.each([
    ['of another listing', `cursor=${writeCursor('candles', [1, 2, 3])}`, 'cursor'],
    ['with a part too many', `cursor=${writeCursor('prices', [1, 2, 0, 4])}`, 'cursor'],
    ['that counts backwards', `cursor=${writeCursor('prices', ['-1', 2, 0])}`, 'cursor'],
    ['of rubbish', 'cursor=AAAA', 'cursor'],
    ['with padding', `cursor=${writeCursor('prices', [1, 2, 0])}=`, 'cursor'],
    ['of nothing', 'cursor=', 'cursor'],
    ['beside what it says itself', `cursor=${writeCursor('prices', [1, 2, 0])}&fromMs=1`, 'fromMs'],
    ['that is there twice', `cursor=${writeCursor('prices', [1, 2, 0])}&cursor=x`, 'cursor'],
  ])('%s is MALFORMED', async (_name, query, field) => {
    const response = await broadcaster.server.request({ path: '/v1/prices', query });
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
    expect(broadcaster.history.letters).toEqual([]);
  });
});
