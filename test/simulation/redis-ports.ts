/** The actors' Redis ports over the simulated Redis: each fails as its Redis adapter does. */
import type { ClientRegistry } from '../../src/actors/broadcaster/client-registry.ts';
import type { GridCache } from '../../src/actors/broadcaster/grid-cache.ts';
import { MemorySessionGate } from '../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import type { SessionGate } from '../../src/actors/broadcaster/sessions/session-gate.ts';
import type { PriceHistory } from '../../src/actors/history-writer/price-history.ts';
import type { LatestPriceStore } from '../../src/actors/price-feed/latest-price-store.ts';
import { MemorySessionStore } from '../../src/actors/session-guard/memory-session-store.ts';
import { type SessionStore, SessionStoreUnavailable } from '../../src/actors/session-guard/session-store.ts';
import { refused } from '../../src/protocol/errors.ts';
import type { OutboxStream } from '../../src/runtime/index.ts';
import type { Life } from './life.ts';
import { RedisAway, type SimRedis } from './sim-redis.ts';

export function sessionStore(redis: SimRedis, life: Life): SessionStore {
  const store = new MemorySessionStore(redis.sessions);
  const reach = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await redis.call(life, 'write', 'sessions', work);
    } catch (error) {
      if (error instanceof RedisAway) throw new SessionStoreUnavailable(error.message);
      throw error;
    }
  };
  return {
    putNonce: (nonce, ttlSeconds) => reach(() => store.putNonce(nonce, ttlSeconds)),
    takeNonce: (nonce) => reach(() => store.takeNonce(nonce)),
    replaceSession: (record) => reach(() => store.replaceSession(record)),
    removeSession: (wallet, tokenHash) => reach(() => store.removeSession(wallet, tokenHash)),
  };
}

export function sessionGate(redis: SimRedis, life: Life): SessionGate {
  const { betsPerMinute } = redis.parts.plan;
  const gate = new MemorySessionGate(redis.sessions, { betsPerMinute });
  const reach = async <T>(work: () => Promise<T>) => {
    try {
      return await redis.call(life, 'write', 'gate', work);
    } catch (error) {
      if (error instanceof RedisAway) return refused('ACTOR_RESTARTING');
      throw error;
    }
  };
  return {
    check: (token) => reach(() => gate.check(token)),
    checkBet: (token) => reach(() => gate.checkBet(token)),
    checkBets: (token, bets) => reach(() => gate.checkBets(token, bets)),
  };
}

export const priceHistory = (redis: SimRedis, life: Life): PriceHistory => ({
  frameTicks: redis.history.frameTicks,
  append: (ticks) => redis.call(life, 'write', 'history', () => redis.history.append(ticks)),
  seal: (ticks) => redis.call(life, 'write', 'history', () => redis.history.seal(ticks)),
  extent: () => redis.call(life, 'read', 'history', () => redis.history.extent()),
  range: (range) => redis.call(life, 'read', 'history', () => redis.history.range(range)),
  prune: (beforeMs) => redis.call(life, 'write', 'history', () => redis.history.prune(beforeMs)),
  clear: () => redis.call(life, 'write', 'history', () => redis.history.clear()),
});

export const latestPrice = (redis: SimRedis, life: Life): LatestPriceStore => ({
  put: (tick) => redis.call(life, 'write', 'price', () => redis.latestPrice.put(tick)),
  get: () => redis.call(life, 'read', 'price', () => redis.latestPrice.get()),
});

export const gridCache = (redis: SimRedis, life: Life): GridCache => ({
  get: (params) => redis.call(life, 'read', 'grid', () => redis.gridCache.get(params)),
  put: (params, grid) => redis.call(life, 'write', 'grid', () => redis.gridCache.put(params, grid)),
});

export const clientRegistry = (redis: SimRedis, life: Life): ClientRegistry => ({
  register: (name, connections) =>
    redis.call(life, 'write', 'registry', () => redis.registry.register(name, connections)),
  unregister: (name, connections) =>
    redis.call(life, 'write', 'registry', () => redis.registry.unregister(name, connections)),
  forget: (name) => redis.call(life, 'write', 'registry', () => redis.registry.forget(name)),
  count: () => redis.call(life, 'read', 'registry', () => redis.registry.count()),
});

/** How long a read waits at most. */
const OUTBOX_BLOCK_MS = 1_000;
const LATE_MS_MAX = 1_500;

/** The stream of account events, on two connections: a read that waits holds nothing up. */
export function accountEvents(redis: SimRedis, life: Life): OutboxStream {
  const stream = redis.accountEvents;
  const { faults, clock } = redis.parts;
  return {
    head: () => redis.call(life, 'read', 'outbox.head', () => stream.head()),
    append: (log, entries) =>
      redis.call(life, 'write', 'outbox.append', async () => {
        // A copy that comes late, when the stream may be another.
        if (faults.strikes('relay-duplicated', `from ${entries[0]?.seq}`))
          clock.after(faults.dice.int(1, LATE_MS_MAX), () => void stream.append(log, entries));
        return stream.append(log, entries);
      }),
    seed: (log, entries) => redis.call(life, 'write', 'outbox.seed', () => stream.seed(log, entries)),
    read: async (seq, countMax) => {
      await life.guard(life.awake(clock));
      if (redis.state === 'away') throw new RedisAway('injected: Redis is away');
      const entries = await life.guard(Promise.race([stream.read(seq, countMax), silence(redis)]));
      if (faults.strikes('redis-reply-lost', 'outbox.read'))
        throw new RedisAway('injected: the reply was lost');
      return entries;
    },
    close: async () => {},
  };
}

async function silence(redis: SimRedis): Promise<readonly never[]> {
  await redis.parts.clock.delay(OUTBOX_BLOCK_MS);
  return [];
}
