/** Bets of one session that come together: how they travel, and that each keeps its own result. */
import { beforeEach, expect, it } from 'vitest';
import { BetGroups } from '../../../src/actors/broadcaster/bet-groups.ts';
import { MemorySessionGate } from '../../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { parsePlaceBet } from '../../../src/protocol/api/place-bet-request.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { BETS_PER_BATCH_MAX } from '../../../src/protocol/limits.ts';
import { sessionKey } from '../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../../src/protocol/session-token.ts';
import { ExpiringMap } from '../../../src/runtime/index.ts';
import { createTestSystem, type Probe } from '../../../src/runtime/test-kit/create-test-system.ts';
import { betView, PLACE_BET_REQUEST } from '../../support/broadcaster-fixture.ts';
import { randomSession, randomWallet } from '../../support/sessions.ts';

const BETS_PER_MINUTE = 30;
let idle: () => Promise<void>;
let resolver: Probe;
let groups: BetGroups;
let sessions: ExpiringMap;

beforeEach(async () => {
  const system = await createTestSystem();
  sessions = new ExpiringMap(system.clock);
  resolver = await system.probe(RESOLVER);
  groups = new BetGroups(system.client, new MemorySessionGate(sessions, { betsPerMinute: BETS_PER_MINUTE }));
  idle = () => system.idle();
});

function signIn() {
  const { token, record } = randomSession();
  sessions.set(sessionKey(record.wallet), encodeSessionRecord(record), 3_600);
  return { token, wallet: record.wallet };
}

function bet(idempotencyKey: string) {
  const parsed = parsePlaceBet(PLACE_BET_REQUEST);
  if (!parsed.ok) throw new Error(parsed.field);
  return { idempotencyKey, ...parsed.bet };
}

const keys = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `key-${from + n}`);

/** What the Resolver was sent, as the keys of each letter. */
const sent = (): string[][] =>
  resolver.letters.map(({ type, body }) => {
    const { bets, idempotencyKey } = body as { bets?: { idempotencyKey: string }[]; idempotencyKey: string };
    return [type, ...(bets?.map((one) => one.idempotencyKey) ?? [idempotencyKey])];
  });

it('a bet alone is a letter of its own', async () => {
  const { token, wallet } = signIn();
  const placed = groups.place(token, bet('key-0'), wallet);
  await idle();
  expect(sent()).toEqual([['PlaceBet', 'key-0']]);
  const view = betView({ wallet });
  resolver.reply(done(view));
  expect(await placed).toEqual(done(view));
});

it('those that come while the first is looked at follow in one letter, each with its result', async () => {
  const { token, wallet } = signIn();
  const placed = keys(0, 4).map((key) => groups.place(token, bet(key)));
  await idle();
  expect(sent()).toEqual([
    ['PlaceBet', 'key-0'],
    ['PlaceBets', 'key-1', 'key-2', 'key-3'],
  ]);
  const views = keys(0, 4).map((id) => betView({ wallet, id }));
  const [first, second, , fourth] = views.map(done);
  resolver.reply(first);
  resolver.reply(done({ results: [second, refused('COLUMN_LOCKED'), fourth] }));
  expect(await Promise.all(placed)).toEqual([first, second, refused('COLUMN_LOCKED'), fourth]);
});

it('no letter holds more bets than a batch may', async () => {
  const { token } = signIn();
  for (const key of keys(0, BETS_PER_BATCH_MAX + 3)) void groups.place(token, bet(key));
  await idle();
  expect(sent()).toEqual([
    ['PlaceBet', 'key-0'],
    ['PlaceBets', ...keys(1, BETS_PER_BATCH_MAX + 1)],
    ['PlaceBets', ...keys(BETS_PER_BATCH_MAX + 1, BETS_PER_BATCH_MAX + 3)],
  ]);
});

it('what the minute has no room for is refused, the first ones are placed', async () => {
  const { token } = signIn();
  const placed = keys(0, BETS_PER_MINUTE + 2).map((key) => groups.place(token, bet(key)));
  await idle();
  expect(
    sent()
      .flat()
      .filter((word) => word.startsWith('key')),
  ).toEqual(keys(0, BETS_PER_MINUTE));
  const tooMany = refused('RATE_LIMITED', { retryAfterSeconds: 60 });
  expect(await Promise.all(placed.slice(BETS_PER_MINUTE))).toEqual([tooMany, tooMany]);
  expect(await groups.place(token, bet('late'))).toEqual(tooMany);
});

it('a token of nobody, and one of another wallet than it should be, place nothing', async () => {
  const { token, wallet } = signIn();
  const { token: unknown } = randomSession();
  const refusals = [
    groups.place(unknown, bet('a')),
    groups.place(unknown, bet('b')),
    groups.place(token, bet('c'), randomWallet()),
  ];
  const own = groups.place(token, bet('d'), wallet);
  await idle();
  expect(sent()).toEqual([['PlaceBet', 'd']]);
  expect(await Promise.all(refusals)).toEqual(refusals.map(() => refused('UNAUTHENTICATED')));
  resolver.reply(refused('PAUSED'));
  expect(await own).toEqual(refused('PAUSED'));
});

it('sessions do not wait for one another, and a new burst of one begins anew', async () => {
  const [one, other] = [signIn(), signIn()];
  void groups.place(one.token, bet('key-0'));
  void groups.place(other.token, bet('key-1'));
  await idle();
  void groups.place(one.token, bet('key-2'));
  await idle();
  expect(sent()).toEqual([
    ['PlaceBet', 'key-0'],
    ['PlaceBet', 'key-1'],
    ['PlaceBet', 'key-2'],
  ]);
});
