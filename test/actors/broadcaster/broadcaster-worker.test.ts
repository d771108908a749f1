/** What `createActor` puts together: the real server and the real Redis, in this thread. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createActor } from '../../../src/actors/broadcaster/broadcaster-worker.ts';
import { done } from '../../../src/protocol/errors.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { CLIENTS_KEY, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../../src/protocol/session-token.ts';
import { priceSignals } from '../../../src/protocol/signals.ts';
import { Metrics, silentLogger, systemClock, systemRandom } from '../../../src/runtime/index.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { BROADCASTER_SETTINGS, MARKET } from '../../support/broadcaster-fixture.ts';
import { tickAt } from '../../support/market.ts';
import { freePort } from '../../support/redis-server.ts';
import { randomSession } from '../../support/sessions.ts';
import { useRedis } from '../../support/use-redis.ts';
import { WsClient } from '../../support/ws-client.ts';

const id = 'broadcaster-1';
const used = useRedis();
let port: number;
let system: TestSystem;
let exitHooks: (() => void)[];

beforeEach(async () => {
  port = await freePort();
  exitHooks = [];
  system = await createTestSystem();
  const resolver = await system.probe(RESOLVER);
  const broadcaster = await createActor({
    id,
    settings: { ...BROADCASTER_SETTINGS, port },
    redis: used.redis,
    outbox: (name) => system.outbox(name),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    metrics: new Metrics(id),
    onExit: (cleanup) => exitHooks.push(cleanup),
  });
  expect(exitHooks).toHaveLength(1);
  await system.start(broadcaster, id);
  await system.idle();
  resolver.reply(done(MARKET));
  await system.idle();
});
afterEach(async () => {
  expect(system.crashes).toEqual([]);
  await system.stop(id);
  for (const cleanup of exitHooks) cleanup();
});

const open = (): Promise<WsClient> => new WsClient(`ws://127.0.0.1:${port}/v1/ws`).opened();

async function signedIn(client: WsClient): Promise<string> {
  const { token, record } = randomSession();
  await used.redis.set(sessionKey(record.wallet), encodeSessionRecord(record), 'EX', 60);
  expect(await client.ask({ op: 'auth', token, id: record.wallet })).toMatchObject({
    ack: 'auth',
    wallet: record.wallet,
  });
  return record.wallet;
}

it('keeps grids and clients in Redis under their keys', async () => {
  const client = await open();
  await client.ask({ op: 'subscribe', channels: ['grid'], id: 1 });
  system.signals.publish(priceSignals('btc:usd').name, tickAt(1));
  await client.frame(({ push }) => push === 'grid');
  const [key = ''] = await vi.waitUntil(async () => {
    const keys = await used.redis.keys('cache:grid:*');
    return keys.length > 0 && keys;
  });
  expect([await used.redis.type(key), [299, 300].includes(await used.redis.ttl(key))]).toEqual([
    'string',
    true,
  ]);
  expect(await used.redis.smembers(CLIENTS_KEY)).toEqual([`${id}:1`]);
  client.socket.close();
  await vi.waitUntil(async () => (await used.redis.scard(CLIENTS_KEY)) === 0);
});

it('goes on after FLUSHALL: who was signed in is signed out, who is connected stays', async () => {
  const client = await open();
  await signedIn(client);
  await used.redis.flushall();
  await system.advance(60_000);
  expect(await client.frame(({ push }) => push === 'signed-out')).toBeDefined();
  await vi.waitUntil(async () => (await used.redis.scard(CLIENTS_KEY)) === 1);
  await signedIn(client);
});

it('frees the port when its thread ends without warning', async () => {
  const client = await open();
  for (const cleanup of exitHooks) cleanup();
  expect(await client.closed).toBe(1006);
  await expect(fetch(`http://127.0.0.1:${port}/v1/time`)).rejects.toThrow();
});
