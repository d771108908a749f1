/** `POST /v1/quotes` and `GET /v1/limits`: with and without a session, bounded, in the documented form. */
import { beforeEach, describe, expect, it } from 'vitest';
import { limitsAnswerSchema } from '../../../src/protocol/api/limits-answers.ts';
import { quotesAnswerSchema } from '../../../src/protocol/api/quote-answers.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { BODY_BYTES_MAX, CELLS_PER_QUOTE_MAX, FRAME_BYTES_MAX } from '../../../src/protocol/limits.ts';
import {
  type BroadcasterFixture,
  bearer,
  errorCode,
  json,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = PLACE_BET_REQUEST;
const CELL = { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents };

const quoting = (cells: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  path: '/v1/quotes',
  headers,
  body: { cells },
});
const QUOTES = {
  quotes: [refused('COLUMN_LOCKED')],
  seq: 7,
  atMs: START_MS,
};

describe('asking for quotes', () => {
  it('works without a session, and nothing of a wallet counts then', async () => {
    const response = await broadcaster.asking(quoting([CELL]), () =>
      broadcaster.resolver.reply(done(QUOTES)),
    );
    expect(broadcaster.bets()).toEqual([{ type: 'QuoteCells', body: { cells: [{ cell: CELL }] } }]);
    expect(response.status).toBe(200);
    expect(quotesAnswerSchema.parse(json(response))).toEqual(QUOTES);
  });

  it('counts the wallet of the session, and takes a stake for each cell', async () => {
    const { token, wallet } = broadcaster.signIn();
    const cells = [
      { ...CELL, stakeMicros: '2500000' },
      { ...CELL, kind: 'inside', highCents: null },
    ];
    await broadcaster.asking(quoting(cells, bearer(token)), () => broadcaster.resolver.reply(done(QUOTES)));
    const asked = [
      { cell: CELL, stakeMicros: 2_500_000 },
      { cell: { ...CELL, kind: 'inside', highCents: null } },
    ];
    expect(broadcaster.bets()).toEqual([{ type: 'QuoteCells', body: { wallet, cells: asked } }]);
    const forged = await broadcaster.server.request(quoting([CELL], bearer(`${wallet}.${'A'.repeat(43)}`)));
    expect(errorCode(forged)).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['none', [], 'cells'],
    ['too many', Array.from({ length: CELLS_PER_QUOTE_MAX + 1 }, () => CELL), 'cells'],
    ['a wrong edge', [CELL, { ...CELL, lowCents: '1' }], 'cells.1.lowCents'],
    ['a wrong stake', [{ ...CELL, stakeMicros: '1.5' }], 'cells.0.stakeMicros'],
    ['a stake beyond exact numbers', [{ ...CELL, stakeMicros: '9007199254740992' }], 'cells.0.stakeMicros'],
  ])('refuses %s', async (_what, cells, field) => {
    const response = await broadcaster.server.request(quoting(cells));
    expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', details: { field } } });
    expect(broadcaster.bets()).toEqual([]);
  });

  it('says NO_PRICE and MAILBOX_FULL as they come', async () => {
    for (const code of ['NO_PRICE', 'MAILBOX_FULL'] as const) {
      const response = await broadcaster.asking(quoting([CELL]), () =>
        broadcaster.resolver.reply(refused(code)),
      );
      expect([response.status, errorCode(response)]).toEqual([503, code]);
    }
  });

  it('takes up a bounded part of the mailbox, however many ask', async () => {
    const asked = Array.from({ length: 100 }, () => broadcaster.server.request(quoting([CELL])));
    await broadcaster.system.idle();
    const letters = broadcaster.bets().length;
    expect(letters).toBe(32);
    await broadcaster.system.advance(3_000);
    const codes = (await Promise.all(asked)).map(errorCode);
    expect(codes.filter((code) => code === 'MAILBOX_FULL')).toHaveLength(100 - letters);
    expect(codes.filter((code) => code === 'OUTCOME_UNKNOWN')).toHaveLength(letters);
    // Those that were given up make room again.
    void broadcaster.server.request(quoting([CELL]));
    await broadcaster.system.idle();
    expect(broadcaster.bets()).toHaveLength(letters + 1);
  });

  it('takes up a bounded part of a second, and strangers none of what wallets have', async () => {
    const { token } = broadcaster.signIn();
    const cells = Array.from({ length: CELLS_PER_QUOTE_MAX }, () => CELL);
    const ask = async (headers = {}): Promise<number> => {
      const request = quoting(cells, headers);
      let status = 200;
      let asked = 0;
      for (; status === 200; asked += 1) {
        const reply = (): void => void (broadcaster.bets().length > replies && answerOne());
        status = (await broadcaster.asking(request, reply)).status;
      }
      expect(status).toBe(429);
      return asked - 1;
    };
    let replies = 0;
    const answerOne = (): void => {
      replies += 1;
      broadcaster.resolver.reply(done(QUOTES));
    };
    expect(await ask()).toBe(100);
    expect(await ask(bearer(token))).toBe(100);
    await broadcaster.system.advance(1_000);
    expect(await ask()).toBe(100);
  });

  it('has room for as many cells as may be sent, whoever wrote the JSON', () => {
    const cell = { ...CELL, kind: 'no_touch', lowCents: 12_345_600, highCents: 12_345_700 };
    const cells = Array.from({ length: CELLS_PER_QUOTE_MAX }, () => ({ ...cell, stakeMicros: '100000000' }));
    const size = JSON.stringify({ op: 'quote', cells, id: 'i'.repeat(64) }, null, 1).length;
    expect(size).toBeLessThan(Math.min(BODY_BYTES_MAX, FRAME_BYTES_MAX));
  });
});

describe('asking for the limits', () => {
  const left = {
    seq: 7,
    atMs: START_MS,
    houseLeftMicros: { minute: '1', total: '2', bankroll: '3' },
  };

  it('says what is fixed and what is left, to anybody', async () => {
    const response = await broadcaster.asking({ path: '/v1/limits' }, () =>
      broadcaster.resolver.reply(done(left)),
    );
    expect(broadcaster.bets()).toEqual([{ type: 'GetLimits', body: {} }]);
    const limits = limitsAnswerSchema.parse(json(response));
    expect(limits).toMatchObject({
      left,
      stake: { minMicros: '100000', maxMicros: '100000000' },
      caps: { bet: { fraction: 0.0005, micros: '5000000000' } },
      rates: { betsPerMinute: 3 },
      sizes: { betsPerBatch: 20, cellsPerQuote: 50 },
    });
  });

  it('asks for the wallet of the session', async () => {
    const { token, wallet } = broadcaster.signIn();
    await broadcaster.asking({ path: '/v1/limits', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(left)),
    );
    expect(broadcaster.bets()).toEqual([{ type: 'GetLimits', body: { wallet } }]);
  });
});
