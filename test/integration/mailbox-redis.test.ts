/**
 * Mailboxes on a Redis of their own (`mailboxUrl`, REDIS_MAILBOX_URL): which key is where, and that the loss
 * of either Redis is survived.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { deadLettersKey } from '../../src/protocol/redis-keys.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import {
  childSpec,
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/runtime/index.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { MemorySignalBus } from '../../src/runtime/signals/memory-signal-bus.ts';
import { RedisStatusBoard } from '../../src/runtime/supervision/redis-status-board.ts';
import { Supervisor } from '../../src/runtime/supervision/supervisor.ts';
import { spawnWorker } from '../../src/runtime/workers/worker-child.ts';
import { COUNTER } from '../support/actors/counter-worker.ts';
import { createPlayer, placeOneBet, until } from '../support/player.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';
import { type RunningSystem, startSystem } from '../support/system.ts';

const OF_MAILBOXES = /^(mailbox|delayed|replies|dead|down|outbox):/;
const common = { clock: systemClock, random: systemRandom, log: silentLogger };

let state: { server: TestRedis; redis: RedisConnection };
let mailboxes: typeof state;
const cleanups: (() => Promise<unknown>)[] = [];

async function startRedis(): Promise<typeof state> {
  const server = await startTestRedis();
  return { server, redis: await connect(commandConnection(server.url)) };
}
beforeAll(async () => {
  [state, mailboxes] = await Promise.all([startRedis(), startRedis()]);
});
afterAll(async () => {
  for (const { server, redis } of [state, mailboxes]) {
    redis.disconnect();
    await server.stop();
  }
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  for (const { redis } of [state, mailboxes]) await redis.flushall();
});

/** Names of keys in each Redis that belong into the other. */
async function misplaced(): Promise<string[]> {
  const [ofState, ofMailboxes] = await Promise.all([state.redis.keys('*'), mailboxes.redis.keys('*')]);
  return [
    ...ofState.filter((key) => OF_MAILBOXES.test(key)),
    ...ofMailboxes.filter((key) => !OF_MAILBOXES.test(key)),
  ];
}

async function startCounter() {
  const metrics = new Metrics('test');
  const urls = { redisUrl: state.server.url, mailboxUrl: mailboxes.server.url };
  const supervisor = new Supervisor({
    ...common,
    metrics,
    statusBoard: new RedisStatusBoard(mailboxes.redis),
    specs: [
      childSpec({
        id: 'counter',
        module: new URL('../support/actors/counter-worker.ts', import.meta.url),
        backoffFirstMs: 400,
      }),
    ],
    spawn: spawnWorker({ ...urls, logLevel: 'silent' }),
    onGiveUp: () => {},
  });
  cleanups.push(() => supervisor.stop());
  await supervisor.start();
  const postOffice = new RedisPostOffice({
    ...common,
    metrics,
    redisUrl: mailboxes.server.url,
    redis: mailboxes.redis,
  });
  const client = new ActorHost<never, undefined>(
    { name: 'client', start: () => undefined, receive: () => {} },
    { ...common, id: 'client', metrics, postOffice, signals: new MemorySignalBus(), onCrash: () => {} },
  );
  cleanups.push(() => client.stop());
  await client.start();
  return client.context;
}

it('letters, replies, dead letters and who is down are there; what actors store is not', async () => {
  const context = await startCounter();
  const ask = () => context.ask(COUNTER, { type: 'GetCount', body: {} }, { deadlineMs: 10_000 });
  await context.send(COUNTER, { type: 'Add', body: { by: 2 } });
  expect(await ask()).toEqual({ ok: true, reply: { count: 2 } });
  await context.send(COUNTER, { type: 'Throw', body: {} });
  expect(await vi.waitUntil(async () => (await mailboxes.redis.exists('down:counter')) === 1, 10_000)).toBe(
    true,
  );
  await vi.waitUntil(async () => (await mailboxes.redis.xlen(deadLettersKey('counter'))) === 1, 20_000);
  await until(ask, ({ ok }) => ok);
  expect(await state.redis.keys('*')).toEqual(['test-count']);
  expect(await mailboxes.redis.keys('*')).toEqual(
    expect.arrayContaining(['mailbox:counter', 'replies:client', 'dead:counter']),
  );
  expect(await misplaced()).toEqual([]);
});

it('the system runs on two, and survives SIGKILL of either', async () => {
  const system: RunningSystem = await startSystem({
    env: { REDIS_URL: state.server.url, REDIS_MAILBOX_URL: mailboxes.server.url, BROADCASTER_THREADS: '1' },
  });
  cleanups.push(() => system.stop());
  const player = await createPlayer(system.url, 10);
  const first = await placeOneBet(player);
  expect(await misplaced()).toEqual([]);
  for (const pattern of ['session:*', 'rate_limit:*', 'price:btc:usd', 'prices:btc:usd:ts', 'cache:grid:*'])
    expect([pattern, (await state.redis.keys(pattern)).length]).not.toEqual([pattern, 0]);
  for (const key of ['mailbox:resolver', 'mailbox:history-writer', 'replies:broadcaster-0-1'])
    expect([key, await mailboxes.redis.exists(key)]).toEqual([key, 1]);

  const bets = [first];
  for (const { server } of [mailboxes, state]) {
    process.kill(server.pid, 'SIGKILL');
    await server.comeBack();
    await until(
      () => player.client.signIn(player.wallet),
      () => true,
    );
    bets.push(await placeOneBet(player));
  }
  const { bets: known } = await player.client.bets();
  expect(known.map(({ id }) => id).toSorted()).toEqual(bets.map(({ id }) => id).toSorted());
  expect(await misplaced()).toEqual([]);
  expect(system.output()).not.toContain('"msg":"gives up"');
});
