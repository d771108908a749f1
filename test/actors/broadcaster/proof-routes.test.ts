import { beforeEach, describe, expect, it } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { type Proof, verifyProof } from '../../../src/client/index.ts';
import { settleFromTicks } from '../../../src/domain/settlement.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { cents } from '../../../src/domain/units.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import { betView as viewOf } from '../../../src/protocol/bet-view.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import {
  type BroadcasterFixture,
  bearer,
  betView,
  errorCode,
  json,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { betOn, cellAt, PRICE_CENTS, START_MS, tickAt } from '../../support/market.ts';
import { checkpointAt, SERVICE_KEY } from '../../support/proofs.ts';

const TICKS: IndexTick[] = Array.from({ length: 900 }, (_, i) =>
  tickAt(i + 1, { priceCents: cents(PRICE_CENTS + (i >= 720 ? 700 : 0)) }),
);
const BET = betOn(cellAt(1, 70_000), { id: 'bet_1', acceptedSeq: 610, acceptedAtMs: tickAt(610).atMs });
const VERDICT = settleFromTicks(BET.cell, TICKS, BET.settlementRules);

let broadcaster: BroadcasterFixture;
let token: string;
let wallet: string;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
  ({ token, wallet } = broadcaster.signIn());
});

const get = (path: string, query = '') => broadcaster.server.request({ path, query, headers: bearer(token) });
const settledView = (): BetView => {
  if (VERDICT.outcome === 'open') throw new Error('these ticks decide nothing');
  return viewOf({ ...BET, wallet }, VERDICT);
};

/** What the HistoryWriter would say. */
function links(fromSeq: number, toSeq: number) {
  const log = openSqliteTickLog(':memory:', SERVICE_KEY);
  log.commit({ epoch: 1, entries: TICKS.map((tick) => ({ epoch: 1, tick })) });
  const found = log.chain.links(fromSeq, toSeq);
  log.close();
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('GET /v1/bets/{id}/proof', () => {
  const ask = () => get('/v1/bets/bet_1/proof');

  it('answers a proof that holds', async () => {
    const asked = ask();
    await broadcaster.system.idle();
    broadcaster.resolver.reply(done(settledView()));
    await broadcaster.system.idle();
    const body = broadcaster.history.letters.at(-1)?.body as Record<string, number> | undefined;
    broadcaster.history.reply(done(links(body?.['fromSeq'] ?? 0, body?.['toSeq'] ?? 0)));
    const response = await asked;
    expect(response.status).toBe(200);
    const proof = json(response) as Proof;
    expect(proof.ticks.length).toBeLessThan(900);
    expect(await verifyProof(proof, { signers: [SERVICE_KEY.address] })).toMatchObject({
      valid: true,
      outcome: 'won',
      betId: 'bet_1',
    });
  });

  it('of an open bet is pending, and says until when', async () => {
    const open = viewOf({ ...BET, wallet });
    const response = await broadcaster.asking({ path: '/v1/bets/bet_1/proof', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(open)),
    );
    const waitSeconds = 1 + (BET.cell.closesAtMs - START_MS) / 1_000;
    expect([response.status, errorCode(response)]).toEqual([503, 'PROOF_PENDING']);
    expect(response.headers['Retry-After']).toBe(String(waitSeconds));
  });

  it('of a bet that an operator voided is not to be had', async () => {
    const decided = { decidedSeq: 600, decidedAtMs: tickAt(600).atMs };
    const voided = viewOf({ ...BET, wallet }, { outcome: 'void', reason: 'OPERATOR', ...decided });
    const response = await broadcaster.asking({ path: '/v1/bets/bet_1/proof', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(voided)),
    );
    expect(json(response)).toMatchObject({
      error: { code: 'PROOF_UNAVAILABLE', details: { reason: 'OPERATOR' } },
    });
  });

  it('of a bet that is not one’s own is not found', async () => {
    const response = await broadcaster.asking({ path: '/v1/bets/bet_1/proof', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(refused('NOT_FOUND')),
    );
    expect(errorCode(response)).toBe('NOT_FOUND');
  });

  it('needs a session', async () => {
    token = 'nobody';
    expect(errorCode(await ask())).toBe('UNAUTHENTICATED');
  });
});

describe('receipts', () => {
  const withRules = (): BetView => betView({ wallet, settlementRules: BET.settlementRules });

  it('come with an accepted bet and with GET /v1/bets/{id}, and are the same', async () => {
    const placed = await broadcaster.asking(
      {
        method: 'POST',
        path: '/v1/bets',
        headers: { ...bearer(token), 'idempotency-key': 'key-1' },
        body: PLACE_BET_REQUEST,
      },
      () => broadcaster.resolver.reply(done(withRules())),
    );
    const got = await broadcaster.asking({ path: '/v1/bets/bet_1', headers: bearer(token) }, () =>
      broadcaster.resolver.reply(done(withRules())),
    );
    const { receipt } = json(placed) as BetView;
    expect(receipt).toMatchObject({ signer: SERVICE_KEY.address, message: { betId: 'bet_1', wallet } });
    expect((json(got) as BetView).receipt).toEqual(receipt);
  });
});

describe('GET /v1/checkpoints', () => {
  it('pages over the signed checkpoints', async () => {
    const checkpoint = checkpointAt(TICKS, 100);
    const response = await broadcaster.asking({ path: '/v1/checkpoints', query: 'fromMs=5' }, () =>
      broadcaster.history.reply(done({ checkpoints: [checkpoint] })),
    );
    expect(json(response)).toEqual({ checkpoints: [checkpoint] });
  });

  it('refuses what is no time', async () => {
    expect(errorCode(await get('/v1/checkpoints', 'fromMs=-1'))).toBe('MALFORMED');
  });
});

it('GET /v1/status names the keys', async () => {
  expect(json(await get('/v1/status'))).toMatchObject({
    proof: { signer: SERVICE_KEY.address, earlierSigners: [] },
  });
});

it('no path that only looks like a proof is one', async () => {
  for (const path of [
    '/v1/bets//proof',
    '/v1/bets/bet_1/proofs',
    '/v1/bets/bet_1/proof/',
    '/v1/bets/a/b/proof',
  ])
    expect([path, errorCode(await get(path))]).toEqual([path, 'NOT_FOUND']);
});
