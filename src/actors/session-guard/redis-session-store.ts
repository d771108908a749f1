/** Nonces and sessions as Redis Strings with a time to live. */
import { NONCE_TTL_SECONDS, nonceKey, SESSION_TTL_SECONDS, sessionKey } from '../../protocol/redis-keys.ts';
import { encodeSessionRecord, type SessionRecord } from '../../protocol/session-token.ts';
import { luaScript, type RedisConnection } from '../../runtime/index.ts';
import { type SessionStore, SessionStoreUnavailable } from './session-store.ts';

/** The value is never read; the key's existence is the nonce. */
const NONCE_VALUE = '1';

export class RedisSessionStore implements SessionStore {
  readonly #redis: RedisConnection;
  readonly #removeSession: ReturnType<typeof luaScript>;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#removeSession = luaScript(redis, new URL('./lua/remove-session-1.lua', import.meta.url));
  }

  async putNonce(nonce: string, ttlSeconds: number): Promise<void> {
    await answered(
      this.#redis.set(nonceKey(nonce), NONCE_VALUE, 'EX', Math.min(ttlSeconds, NONCE_TTL_SECONDS)),
    );
  }

  async takeNonce(nonce: string): Promise<boolean> {
    return (await answered(this.#redis.getdel(nonceKey(nonce)))) !== null;
  }

  async replaceSession(record: SessionRecord): Promise<boolean> {
    const value = encodeSessionRecord(record);
    const key = sessionKey(record.wallet);
    return (await answered(this.#redis.set(key, value, 'EX', SESSION_TTL_SECONDS, 'GET'))) !== null;
  }

  async removeSession(wallet: string, tokenHash: string): Promise<boolean> {
    return (await answered(this.#removeSession(sessionKey(wallet), tokenHash))) === 1;
  }
}

async function answered<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw new SessionStoreUnavailable('Redis did not answer', { cause: error });
  }
}
