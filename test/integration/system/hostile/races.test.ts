/** Many requests at the same instant: one key gives one bet, and nobody stakes what they do not have. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BetView, PlaceBetRequest } from '../../../../src/client/index.ts';
import { type Answer, errorOf, expectError } from '../../../support/http-call.ts';
import { allBets, createPlayer, type Player, type TouchRequest } from '../../../support/player.ts';
import { isSigned, receiptIn, withoutSignature } from '../../../support/proofs.ts';
import { type Siege, startSiege, steadyBets, unhurried } from '../../../support/siege.ts';

const PARALLEL = 50;
const STAKE_MICROS = 100_000_000;

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege({ BETS_PER_MINUTE: '1000' });
});
afterAll(() => siege.end());

const placeAs = (player: Player, bet: object, key: string): Promise<Answer> =>
  siege.call('/v1/bets', {
    body: bet,
    headers: { authorization: `Bearer ${player.client.token}`, 'idempotency-key': key },
  });
const balanceOf = async (player: Player): Promise<number> =>
  Number((await player.client.account()).balanceMicros);

/** They share signatures, and each has to hold by itself. */
const receiptsNotSigned = ({ body }: Answer) =>
  [receiptIn(body)].filter((receipt) => receipt && !isSigned(receipt));

it('the same bet under the same key, fifty times at once, is one bet with one answer', async () => {
  const player = await createPlayer(siege.system.url);
  const [bet] = (await steadyBets(player, 1)) as [TouchRequest];
  let key = '';
  const answer = await unhurried(async (attempt) => {
    key = `same-${attempt}`;
    const answers = await Promise.all(Array.from({ length: PARALLEL }, () => placeAs(player, bet, key)));
    const [first] = answers as [Answer];
    const saidBy = ({ status, body }: Answer) => ({ status, body: withoutSignature(body) });
    for (const each of answers) {
      expect(saidBy(each)).toEqual(saidBy(first));
      expect(receiptsNotSigned(each)).toEqual([]);
    }
    return first;
  });
  expect(answer.status).toBe(201);
  expect((await allBets(player.client)).map(({ id }) => id)).toEqual([(answer.body as BetView).id]);
  expect((await player.client.account()).openBets).toBe(1);

  const changes: Partial<PlaceBetRequest>[] = [
    { stakeMicros: '1000001' },
    { minMultiplier: '1.01' },
    { opensAtMs: bet.opensAtMs + 5_000, closesAtMs: bet.closesAtMs + 5_000 },
    { lowCents: bet.lowCents + 100_000, highCents: bet.highCents + 100_000 },
  ];
  await siege.withoutEffect(async () => {
    for (const change of changes)
      expectError(await placeAs(player, { ...bet, ...change }, key), 'IDEMPOTENCY_CONFLICT');
    // Another spelling of the same values is the same body.
    const reordered = Object.fromEntries(Object.entries(bet).reverse());
    const again = await placeAs(player, reordered, key);
    expect(withoutSignature(again.body)).toEqual(withoutSignature(answer.body));
  });
  await siege.withoutEffect(async () =>
    expectError(await unhurried((attempt) => placeAs(player, bet, `twice-${attempt}`)), 'DUPLICATE_CELL'),
  );
});

it('the same key of two wallets is two bets, and neither sees the other', async () => {
  const [one, two] = [await createPlayer(siege.system.url), await createPlayer(siege.system.url)];
  const [bet] = (await steadyBets(one, 1)) as [PlaceBetRequest];
  const ids: string[] = [];
  for (const player of [one, two]) {
    const placed = await unhurried((attempt) => placeAs(player, bet, `shared-${attempt}`));
    expect(placed.status).toBe(201);
    ids.push((placed.body as BetView).id);
  }
  expect(new Set(ids).size).toBe(2);
  await siege.withoutEffect(async () => {
    const headers = { authorization: `Bearer ${two.client.token}` };
    expectError(await siege.call(`/v1/bets/${ids[0]}`, { headers }), 'NOT_FOUND');
    expect((await siege.call(`/v1/bets?beforeId=${ids[0]}`, { headers })).body).toEqual({ bets: [] });
  });
});

it('one key with fifty bodies at once is at most one bet', async () => {
  const player = await createPlayer(siege.system.url);
  const accepted = await unhurried(async (attempt) => {
    const bets = await steadyBets(player, PARALLEL, '100000');
    const answers = await Promise.all(bets.map((bet) => placeAs(player, bet, `many-${attempt}`)));
    const decided = answers.filter((answer) => errorOf(answer)?.code !== 'IDEMPOTENCY_CONFLICT');
    expect(decided).toHaveLength(1);
    return decided[0] as Answer;
  });
  expect(accepted.status).toBe(201);
  expect(await allBets(player.client)).toHaveLength(1);
  expect((await player.client.account()).stakedMicros).toBe('100000');
});

it('fifty bets that cost more than there is: exactly as many are taken as fit', async () => {
  const player = await createPlayer(siege.system.url);
  const balance = await balanceOf(player);
  const fit = Math.floor(balance / STAKE_MICROS);
  expect(fit).toBeLessThan(PARALLEL);
  const taken: BetView[] = [];
  // A machine too slow to execute all of them in time refuses some for that; then another round follows.
  for (let round = 1; (await balanceOf(player)) >= STAKE_MICROS; round += 1) {
    const bets = await steadyBets(player, PARALLEL, String(STAKE_MICROS));
    const answers = await Promise.all(bets.map((bet, i) => placeAs(player, bet, `race-${round}-${i}`)));
    taken.push(...answers.flatMap(({ status, body }) => (status === 201 ? [body as BetView] : [])));
    const broke = answers.filter((answer) => errorOf(answer)?.code === 'INSUFFICIENT_BALANCE');
    for (const answer of broke) expectError(answer, 'INSUFFICIENT_BALANCE');
    expect(taken.length).toBeLessThanOrEqual(fit);
    if (broke.length > 0) expect(taken).toHaveLength(fit);
  }
  expect(taken).toHaveLength(fit);
  const account = await player.client.account();
  expect(account).toMatchObject({
    balanceMicros: String(balance - fit * STAKE_MICROS),
    stakedMicros: String(fit * STAKE_MICROS),
    openBets: fit,
  });
  const [bet] = await steadyBets(player, PARALLEL);
  await siege.withoutEffect(async () => {
    const free = { ...bet, minMultiplier: '1' };
    const answer = await unhurried((attempt) => placeAs(player, free, `more-${attempt}`));
    expect(['INSUFFICIENT_BALANCE', 'DUPLICATE_CELL']).toContain(errorOf(answer)?.code);
  });
});
