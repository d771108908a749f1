/** `place-batch` and `quote` on a socket: as over HTTP, each with the id of its request. */
import { beforeEach, describe, expect, it } from 'vitest';
import { done, refused } from '../../../src/protocol/errors.ts';
import {
  BETS_PER_MINUTE,
  type BroadcasterFixture,
  betView,
  PLACE_BET_REQUEST,
  signedInClient,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const { stakeMicros: _stake, minMultiplier: _least, ...CELL } = PLACE_BET_REQUEST;
const betsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ idempotencyKey: `key-${n}`, bet: PLACE_BET_REQUEST }));
const QUOTES = { quotes: [refused('COLUMN_LOCKED')], seq: 7, atMs: START_MS };

async function reply(body: unknown): Promise<void> {
  broadcaster.resolver.reply(body);
  await broadcaster.system.idle();
}

describe('place-batch', () => {
  it('is answered with a result for each bet, under its id', async () => {
    const { client, wallet } = await signedInClient(broadcaster);
    const settlementRules = { maxGapMs: 2_000, maxDegradedFraction: 0.2 };
    const bet = betView({ wallet, settlementRules });
    await client.send({ op: 'place-batch', id: 'a', bets: betsOf(2) });
    await reply(done({ results: [done(bet), refused('USER_CAP', { cap: 'bet' })] }));
    expect(broadcaster.bets()).toMatchObject([{ type: 'PlaceBets', body: { wallet } }]);
    expect(client.take()).toMatchObject([
      {
        ack: 'place-batch',
        id: 'a',
        results: [
          { ok: true, bet: { ...bet, receipt: { message: { betId: bet.id } } } },
          { ok: false, error: { code: 'USER_CAP', details: { cap: 'bet' } } },
        ],
      },
    ]);
  });

  it('is refused whole where HTTP refuses it whole', async () => {
    const { client } = await signedInClient(broadcaster);
    const refusals = [
      [{ bets: [] }, 'MALFORMED'],
      [{ bets: [{ idempotencyKey: 'k', bet: { ...PLACE_BET_REQUEST, stakeMicros: 1 } }] }, 'MALFORMED'],
    ] as const;
    for (const [body, code] of refusals) {
      await client.send({ op: 'place-batch', id: 1, ...body });
      expect(client.take()).toMatchObject([{ ack: 'error', op: 'place-batch', id: 1, error: { code } }]);
    }
    expect(broadcaster.bets()).toEqual([]);
    const nobody = broadcaster.connect();
    await nobody.send({ op: 'place-batch', id: 2, bets: betsOf(1) });
    expect(nobody.take()).toMatchObject([{ ack: 'error', id: 2, error: { code: 'UNAUTHENTICATED' } }]);
  });

  it('shares the rate limit with every other way to bet', async () => {
    const { client, wallet } = await signedInClient(broadcaster);
    await client.send({ op: 'place-batch', bets: betsOf(BETS_PER_MINUTE + 1) });
    await reply(done({ results: Array.from({ length: BETS_PER_MINUTE }, () => done(betView({ wallet }))) }));
    const [answer] = client.take();
    const limited = { ok: false, error: { code: 'RATE_LIMITED' } };
    expect(answer).toMatchObject({ results: [{ ok: true }, { ok: true }, { ok: true }, limited] });
    await client.send({ op: 'place', idempotencyKey: 'x', bet: PLACE_BET_REQUEST });
    expect(client.take()).toMatchObject([{ ack: 'error', op: 'place', error: { code: 'RATE_LIMITED' } }]);
  });

  it('signs the connection out when its session ended', async () => {
    const { client, wallet } = await signedInClient(broadcaster);
    broadcaster.signOut(wallet);
    await client.send({ op: 'place-batch', bets: betsOf(1) });
    expect(client.take()).toMatchObject([
      { ack: 'error', error: { code: 'UNAUTHENTICATED' } },
      { push: 'signed-out' },
    ]);
  });
});

describe('quote', () => {
  it('works for anybody, and counts the wallet of whoever is signed in', async () => {
    const nobody = broadcaster.connect();
    await nobody.send({ op: 'quote', id: 1, cells: [CELL] });
    await reply(done(QUOTES));
    expect(nobody.take()).toMatchObject([{ ack: 'quote', id: 1, ...QUOTES }]);
    const { client, wallet } = await signedInClient(broadcaster);
    await client.send({ op: 'quote', id: 2, cells: [{ ...CELL, stakeMicros: '1000000' }] });
    await reply(done(QUOTES));
    expect(client.take()).toMatchObject([{ ack: 'quote', id: 2, seq: 7 }]);
    expect(broadcaster.bets()).toEqual([
      { type: 'QuoteCells', body: { cells: [{ cell: CELL }] } },
      { type: 'QuoteCells', body: { wallet, cells: [{ cell: CELL, stakeMicros: 1_000_000 }] } },
    ]);
  });

  it('is MALFORMED with the field that is wrong', async () => {
    const client = broadcaster.connect();
    await client.send({ op: 'quote', cells: [CELL, { ...CELL, highCents: 'x' }] });
    const details = { field: 'cells.1.highCents' };
    expect(client.take()).toMatchObject([
      { ack: 'error', op: 'quote', error: { code: 'MALFORMED', details } },
    ]);
  });

  it('waits for an auth sent before it', async () => {
    const { token, wallet } = broadcaster.signIn();
    const client = broadcaster.connect();
    client.socket.sendToServer(JSON.stringify({ op: 'auth', token }));
    await client.send({ op: 'quote', cells: [CELL] });
    expect(broadcaster.bets()).toMatchObject([{ type: 'QuoteCells', body: { wallet } }]);
  });
});
