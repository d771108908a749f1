/** Bets that are answered at once, over every way to place: their receipts, and the order of answers. */
import { beforeEach, expect, it } from 'vitest';
import { type PlaceBetsAnswer, placeBetsAnswerSchema } from '../../../src/protocol/api/place-bets-request.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import {
  type BroadcasterFixture,
  bearer,
  betView,
  json,
  PLACE_BET_REQUEST,
  signedInClient,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { isSigned } from '../../support/proofs.ts';

interface Keyed {
  readonly idempotencyKey: string;
}
interface PlacingLetter {
  readonly body: Keyed | { readonly bets: readonly Keyed[] };
}

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster({ betsPerMinute: 100 });
  await broadcaster.knowMarket();
});

const settlementRules = { maxGapMs: 2_000, maxDegradedFraction: 0.2 };
const viewOf = (wallet: string, id: string) => betView({ id, wallet, settlementRules });
const posting = (token: string, key: string) => ({
  method: 'POST',
  path: '/v1/bets',
  headers: { ...bearer(token), 'idempotency-key': key },
  body: PLACE_BET_REQUEST,
});
const keyed = (...keys: string[]) =>
  keys.map((idempotencyKey) => ({ idempotencyKey, bet: PLACE_BET_REQUEST }));
/** The wallet's, as GET answers it. */
async function read(token: string, view: BetView): Promise<BetView> {
  const request = { path: `/v1/bets/${view.id}`, headers: bearer(token) };
  return json(await broadcaster.asking(request, () => broadcaster.resolver.reply(done(view)))) as BetView;
}
function receiptOf({ receipt }: Pick<BetView, 'receipt'>) {
  if (!receipt) throw new Error('no receipt');
  expect(isSigned(receipt)).toBe(true);
  return receipt;
}

it('bets of several players that are answered at once share a signature', async () => {
  const players = [1, 2, 3].map(() => broadcaster.signIn());
  const answering = players.map(({ token }, n) => broadcaster.server.request(posting(token, `key-${n}`)));
  await broadcaster.system.idle();
  for (const [n, { wallet }] of players.entries())
    broadcaster.resolver.reply(done(viewOf(wallet, `bet_${n}`)));
  const bets = (await Promise.all(answering)).map((answer) => json(answer) as BetView);
  const receipts = bets.map(receiptOf);
  expect(receipts.map(({ message }) => message.betId)).toEqual(['bet_0', 'bet_1', 'bet_2']);
  expect(new Set(receipts.map(({ signature }) => signature)).size).toBe(1);
  expect(receipts.map(({ path }) => path?.length)).toEqual([2, 2, 1]);

  const [player, bet] = [players[0], bets[0]];
  if (!player || !bet) throw new Error('there are three');
  const again = receiptOf(await read(player.token, viewOf(player.wallet, 'bet_0')));
  expect(again).not.toHaveProperty('path');
  expect(again.message).toEqual(receiptOf(bet).message);
  expect(receiptOf(await read(player.token, viewOf(player.wallet, 'bet_0')))).toEqual(again);
});

it('a bet that is answered alone has a receipt of its own', async () => {
  const { token, wallet } = broadcaster.signIn();
  const view = viewOf(wallet, 'bet_1');
  const answer = await broadcaster.asking(posting(token, 'key-1'), () =>
    broadcaster.resolver.reply(done(view)),
  );
  const receipt = receiptOf(json(answer) as BetView);
  expect(receipt).not.toHaveProperty('path');
  expect(receiptOf(await read(token, view))).toEqual(receipt);
});

it('those of a batch share one too, in the order of its bets and with refusals in their places', async () => {
  const { token, wallet } = broadcaster.signIn();
  const request = { method: 'POST', path: '/v1/bets/batch', headers: bearer(token) };
  const body = { bets: keyed('a', 'b', 'c', 'd') };
  const [a, c] = [viewOf(wallet, 'bet_a'), viewOf(wallet, 'bet_c')];
  const unsigned = betView({ id: 'bet_d', wallet });
  const results = [done(a), refused('COLUMN_LOCKED'), done(c), done(unsigned)];
  const response = await broadcaster.asking({ ...request, body }, () =>
    broadcaster.resolver.reply(done({ results })),
  );
  const answer: PlaceBetsAnswer = placeBetsAnswerSchema.parse(json(response));
  expect(answer.results).toMatchObject([
    { ok: true, bet: { id: 'bet_a', receipt: { message: { betId: 'bet_a' } } } },
    { ok: false, error: { code: 'COLUMN_LOCKED' } },
    { ok: true, bet: { id: 'bet_c', receipt: { message: { betId: 'bet_c' } } } },
    { ok: true, bet: unsigned },
  ]);
  const [first, , third] = answer.results.map((result) => (result.ok ? result.bet.receipt : undefined));
  expect(first?.signature).toBe(third?.signature);
  expect([first, third].map((receipt) => receipt && isSigned(receipt))).toEqual([true, true]);
});

for (const subprotocol of ['json', 'msgpack']) {
  it(`answers on one ${subprotocol} socket keep their order, accepted or refused`, async () => {
    const { client, wallet } = await signedInClient(broadcaster, [], { subprotocol });
    const place = (id: string) =>
      client.sendAtOnce({ op: 'place', id, idempotencyKey: id, bet: PLACE_BET_REQUEST });
    place('first');
    await broadcaster.system.idle();
    place('refused');
    place('last');
    await broadcaster.system.idle();
    const outcomeOf = (key: string) =>
      key === 'refused' ? refused('COLUMN_LOCKED') : done(viewOf(wallet, `bet_${key}`));
    for (const { body } of broadcaster.bets() as PlacingLetter[]) {
      if ('bets' in body)
        broadcaster.resolver.reply(done({ results: body.bets.map((bet) => outcomeOf(bet.idempotencyKey)) }));
      else broadcaster.resolver.reply(outcomeOf(body.idempotencyKey));
    }
    await broadcaster.system.idle();
    const frames = client.take();
    expect(frames).toMatchObject([
      { ack: 'place', id: 'first', bet: { id: 'bet_first' } },
      { ack: 'error', id: 'refused', error: { code: 'COLUMN_LOCKED' } },
      { ack: 'place', id: 'last', bet: { id: 'bet_last' } },
    ]);
    const [first, , last] = frames as { bet: BetView }[];
    if (!first || !last) throw new Error('there are three');
    expect(receiptOf(first.bet).signature).toBe(receiptOf(last.bet).signature);
  });
}
