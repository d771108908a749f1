import { expect, it } from 'vitest';
import { MemorySessionStore } from '../../../src/actors/session-guard/memory-session-store.ts';
import { nonceKey, SESSION_TTL_SECONDS, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { ExpiringMap, ManualClock } from '../../../src/runtime/index.ts';
import { sessionStoreContract } from '../../contract/session-store.contract.ts';
import { randomSession } from '../../support/sessions.ts';

const START_MS = 1_700_000_000_000;

sessionStoreContract('MemorySessionStore', async () => {
  const map = new ExpiringMap(new ManualClock(START_MS));
  return {
    store: new MemorySessionStore(map),
    read: async (key) => ({ value: map.get(key), ttlSeconds: map.ttlSeconds(key) ?? -2 }),
    corrupt: async (key, value) => void map.set(key, value, 60),
    vanish: async (key) => map.delete(key),
    close: async () => {},
  };
});

it('forgets nonces and sessions when their time is over, not a millisecond earlier', async () => {
  const clock = new ManualClock(START_MS);
  const map = new ExpiringMap(clock);
  const store = new MemorySessionStore(map);
  const { record } = randomSession();
  await store.putNonce('nonce', 300);
  await store.replaceSession(record);
  clock.fireNext(START_MS + 300_000 - 1);
  expect(map.keys()).toEqual([nonceKey('nonce'), sessionKey(record.wallet)]);
  clock.fireNext(START_MS + 300_000);
  expect(await store.takeNonce('nonce')).toBe(false);
  clock.fireNext(START_MS + SESSION_TTL_SECONDS * 1000);
  expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(false);
  expect(map.keys()).toEqual([]);
});
