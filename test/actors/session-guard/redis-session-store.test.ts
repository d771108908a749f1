import { expect, it } from 'vitest';
import { RedisSessionStore } from '../../../src/actors/session-guard/redis-session-store.ts';
import { SessionStoreUnavailable } from '../../../src/actors/session-guard/session-store.ts';
import { NONCE_TTL_SECONDS, nonceKey, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { sessionStoreContract } from '../../contract/session-store.contract.ts';
import { startTestRedis } from '../../support/redis-server.ts';
import { randomSession } from '../../support/sessions.ts';
import { useRedis } from '../../support/use-redis.ts';

const used = useRedis();

sessionStoreContract('RedisSessionStore', async () => ({
  store: new RedisSessionStore(used.redis),
  read: async (key) => ({
    value: (await used.redis.get(key)) ?? undefined,
    ttlSeconds: await used.redis.ttl(key),
  }),
  corrupt: async (key, value) => void (await used.redis.set(key, value)),
  vanish: async (key) => void (await used.redis.del(key)),
  close: async () => {},
}));

it('keeps sessions and nonces as Strings with 86400 and 300 seconds to live', async () => {
  const store = new RedisSessionStore(used.redis);
  const { record } = randomSession();
  await store.replaceSession(record);
  await store.putNonce('nonce', NONCE_TTL_SECONDS);
  expect(await used.redis.type(sessionKey(record.wallet))).toBe('string');
  expect(await used.redis.type(nonceKey('nonce'))).toBe('string');
  expect([86_399, 86_400]).toContain(await used.redis.ttl(sessionKey(record.wallet)));
  expect([299, 300]).toContain(await used.redis.ttl(nonceKey('nonce')));
});

it('goes on after SCRIPT FLUSH and after FLUSHALL', async () => {
  const store = new RedisSessionStore(used.redis);
  const { record } = randomSession();
  await store.replaceSession(record);
  await used.redis.script('FLUSH');
  expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(true);
  await store.replaceSession(record);
  await used.redis.flushall();
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
