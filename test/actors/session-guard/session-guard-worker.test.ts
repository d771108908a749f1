/** The SessionGuard as its thread composes it: a real Redis and real compute threads. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisSessionGate } from '../../../src/actors/broadcaster/sessions/redis-session-gate.ts';
import { createActor } from '../../../src/actors/session-guard/session-guard-worker.ts';
import { done, type Outcome, refused } from '../../../src/protocol/errors.ts';
import { RESOLVER, type ResolverLetter } from '../../../src/protocol/letters/resolver.ts';
import { SESSION_GUARD, type SessionView } from '../../../src/protocol/letters/session-guard.ts';
import {
  commandConnection,
  connect,
  defineActor,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemRandom,
} from '../../../src/runtime/index.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';
import { newWallet, POLICY, signedSignIn } from '../../support/sign-in.ts';

const resolver = defineActor<ResolverLetter, undefined>({
  name: RESOLVER.name,
  start: () => undefined,
  receive: (_state, letters, context) => {
    for (const letter of letters) context.reply(letter, done({}));
  },
});

let server: TestRedis;
let redis: RedisConnection;
let system: TestSystem;

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
  system = await createTestSystem({ startMs: Date.now() });
  await system.start(resolver);
  await system.start(createActor(environment()));
});
afterAll(async () => {
  await system.stop(SESSION_GUARD.name);
  redis.disconnect();
  await server.stop();
});

function environment(): Parameters<typeof createActor>[0] {
  return {
    id: SESSION_GUARD.name,
    settings: { policy: POLICY, poolThreads: 2, ethRpcUrl: '' },
    redis,
    outbox: (name) => system.outbox(name),
    clock: system.clock,
    random: systemRandom,
    log: silentLogger,
    metrics: new Metrics(SESSION_GUARD.name),
    onExit: () => {},
  };
}

async function signInRequest() {
  const issued = (await system.ask(SESSION_GUARD, { type: 'IssueNonce', body: {} })) as Outcome<{
    nonce: string;
  }>;
  if (!issued.ok) throw new Error(issued.error.code);
  return signedSignIn(newWallet(), issued.value.nonce, system.clock.nowMs());
}

it('signs wallets in and out, side by side', async () => {
  const requests = await Promise.all(Array.from({ length: 20 }, signInRequest));
  const outcomes = await Promise.all(
    requests.map((body) => system.ask(SESSION_GUARD, { type: 'SignIn', body })),
  );
  const gate = new RedisSessionGate(redis, { betsPerMinute: 2 });
  for (const outcome of outcomes as Outcome<SessionView>[]) {
    if (!outcome.ok) throw new Error(outcome.error.code);
    const { token, wallet, expiresAtMs } = outcome.value;
    expect(await gate.checkBet(token)).toEqual(done({ wallet, expiresAtMs, betsLeft: 1 }));
    await system.ask(SESSION_GUARD, { type: 'SignOut', body: { token } });
    expect(await gate.checkBet(token)).toEqual(refused('UNAUTHENTICATED'));
  }
  expect(await redis.keys('session:*')).toEqual([]);
  expect(await redis.keys('nonce:*')).toEqual([]);
});

it('lets one of many copies of a sign-in through', async () => {
  const body = await signInRequest();
  const copies = Array.from({ length: 10 }, () => system.ask(SESSION_GUARD, { type: 'SignIn', body }));
  const outcomes = (await Promise.all(copies)) as Outcome<SessionView>[];
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  expect(outcomes.filter((outcome) => !outcome.ok && outcome.error.code === 'NONCE_UNKNOWN')).toHaveLength(9);
});
