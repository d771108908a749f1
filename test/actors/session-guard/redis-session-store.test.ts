import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisSessionStore } from '../../../src/actors/session-guard/redis-session-store.ts';
import { SessionStoreUnavailable } from '../../../src/actors/session-guard/session-store.ts';
import { NONCE_TTL_SECONDS, nonceKey, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { sessionStoreContract } from '../../contract/session-store.contract.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';
import { randomSession } from '../../support/sessions.ts';

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

sessionStoreContract('RedisSessionStore', async () => ({
  store: new RedisSessionStore(redis),
  read: async (key) => ({ value: (await redis.get(key)) ?? undefined, ttlSeconds: await redis.ttl(key) }),
  corrupt: async (key, value) => void (await redis.set(key, value)),
  vanish: async (key) => void (await redis.del(key)),
  close: async () => {},
}));

it('keeps sessions and nonces as Strings with 86400 and 300 seconds to live', async () => {
  const store = new RedisSessionStore(redis);
  const { record } = randomSession();
  await store.replaceSession(record);
  await store.putNonce('nonce', NONCE_TTL_SECONDS);
  expect(await redis.type(sessionKey(record.wallet))).toBe('string');
  expect(await redis.type(nonceKey('nonce'))).toBe('string');
  expect([86_399, 86_400]).toContain(await redis.ttl(sessionKey(record.wallet)));
  expect([299, 300]).toContain(await redis.ttl(nonceKey('nonce')));
});

it('goes on after SCRIPT FLUSH and after FLUSHALL', async () => {
  const store = new RedisSessionStore(redis);
  const { record } = randomSession();
  await store.replaceSession(record);
  await redis.script('FLUSH');
  expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(true);
  await store.replaceSession(record);
  await redis.flushall();
  expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(false);
});

it('says that it is unavailable when Redis is gone', async () => {
  const gone = await startTestRedis();
  const connection = await connect(commandConnection(gone.url));
  const store = new RedisSessionStore(connection);
  await gone.stop();
  const { record } = randomSession();
  const attempts = [
    store.putNonce('nonce', 1),
    store.takeNonce('nonce'),
    store.replaceSession(record),
    store.removeSession(record.wallet, record.tokenHash),
  ];
  await Promise.all(attempts.map((attempt) => expect(attempt).rejects.toThrow(SessionStoreUnavailable)));
  connection.disconnect();
});
