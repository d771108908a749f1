/** `POST /v1/bets/batch`: what goes to the Resolver of it, and what comes back for each bet. */
import { beforeEach, describe, expect, it } from 'vitest';
import { placeBetsAnswerSchema } from '../../../src/protocol/api/place-bets-request.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { BETS_PER_BATCH_MAX, BODY_BYTES_MAX, FRAME_BYTES_MAX } from '../../../src/protocol/limits.ts';
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

const betsOf = (count: number, change: object = {}) =>
  Array.from({ length: count }, (_, n) => ({
    idempotencyKey: `key-${n}`,
    bet: { ...PLACE_BET_REQUEST, ...change },
  }));
const placing = (token: string, bets: unknown) => ({
  method: 'POST',
  path: '/v1/bets/batch',
  headers: bearer(token),
  body: { bets },
});

describe('placing several bets', () => {
  it('is one letter with the wallet of the session, and a result for each, with its receipt', async () => {
    const { token, wallet } = broadcaster.signIn();
    const settlementRules = { maxGapMs: 2_000, maxDegradedFraction: 0.2 };
    const bet = betView({ wallet, settlementRules });
    const results = [done(bet), refused('COLUMN_LOCKED', { a: 1 })];
    const response = await broadcaster.asking(placing(token, betsOf(2)), () =>
      broadcaster.resolver.reply(done({ results })),
    );
    const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = PLACE_BET_REQUEST;
    const cell = { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents };
    const terms = { cell, stakeMicros: 1_000_000, minMultiplier: 150 };
    const bets = [0, 1].map((n) => ({ idempotencyKey: `key-${n}`, ...terms }));
    expect(broadcaster.bets()).toEqual([{ type: 'PlaceBets', body: { wallet, bets } }]);
    expect(response.status).toBe(200);
    const answer = placeBetsAnswerSchema.parse(json(response));
    expect(answer.results).toMatchObject([
      { ok: true, bet: { ...bet, receipt: { message: { betId: bet.id } } } },
      { ok: false, error: { code: 'COLUMN_LOCKED', details: { a: 1 } } },
    ]);
  });

  it('places the first ones if the minute has no room for all, and none if it has for none', async () => {
    const { token, wallet } = broadcaster.signIn();
    const results = Array.from({ length: BETS_PER_MINUTE }, () => done(betView({ wallet })));
    const response = await broadcaster.asking(placing(token, betsOf(BETS_PER_MINUTE + 2)), () =>
      broadcaster.resolver.reply(done({ results })),
    );
    const { results: answered } = placeBetsAnswerSchema.parse(json(response));
    const surplus = { ok: false, error: { code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } } };
    expect(answered.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
    expect(answered.slice(BETS_PER_MINUTE)).toMatchObject([surplus, surplus]);
    const [letter] = broadcaster.bets();
    expect(letter?.body).toMatchObject({
      bets: betsOf(BETS_PER_MINUTE).map(({ idempotencyKey }) => ({ idempotencyKey })),
    });
    const none = await broadcaster.server.request(placing(token, betsOf(1)));
    expect([none.status, none.headers['Retry-After'], errorCode(none)]).toEqual([429, '60', 'RATE_LIMITED']);
    expect(broadcaster.bets()).toHaveLength(1);
  });

  it.each([
    ['no bets', [], 'bets'],
    ['too many', betsOf(BETS_PER_BATCH_MAX + 1), 'bets'],
    ['a wrong stake', [...betsOf(1), ...betsOf(1, { stakeMicros: '1e6' })], 'bets.1.bet.stakeMicros'],
    ['a wrong edge', betsOf(1, { lowCents: 1.5 }), 'bets.0.bet.lowCents'],
    ['an unknown field', betsOf(1, { wallet: '0xab' }), 'wallet'],
    ['no key', [{ bet: PLACE_BET_REQUEST }], 'bets.0.idempotencyKey'],
    ['a wrong key', [{ idempotencyKey: 'with space', bet: PLACE_BET_REQUEST }], 'bets.0.idempotencyKey'],
    ['something else', 'bets', 'bets'],
  ])('is refused whole for %s, and counts nothing', async (_what, bets, field) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.server.request(placing(token, bets));
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
    expect(broadcaster.bets()).toEqual([]);
    expect(broadcaster.sessions.keys().filter((key) => key.startsWith('rate_limit:'))).toEqual([]);
  });

  it('needs a session', async () => {
    const { headers: _, ...nobody } = placing('', betsOf(1));
    expect(errorCode(await broadcaster.server.request(nobody))).toBe('UNAUTHENTICATED');
  });

  it.each(['MAILBOX_FULL', 'OUTCOME_UNKNOWN'] as const)('says %s of all of it', async (code) => {
    const { token } = broadcaster.signIn();
    const response = await broadcaster.asking(placing(token, betsOf(2)), () =>
      broadcaster.resolver.reply(refused(code)),
    );
    expect([response.status, errorCode(response)]).toEqual([503, code]);
  });

  it('has room for as many as may be sent, whoever wrote the JSON', () => {
    const long = { kind: 'no_touch', lowCents: 12_345_600, highCents: 12_345_700, stakeMicros: '100000000' };
    const bets = betsOf(BETS_PER_BATCH_MAX, long).map((each) => ({
      ...each,
      idempotencyKey: 'k'.repeat(64),
    }));
    const size = JSON.stringify({ op: 'place-batch', bets, id: 'i'.repeat(64) }, null, 1).length;
    expect(size).toBeLessThan(Math.min(BODY_BYTES_MAX, FRAME_BYTES_MAX));
  });
});
