/** Nonces and sessions in memory: for tests and the simulator. A session gate over the same map sees them. */
import { NONCE_TTL_SECONDS, nonceKey, SESSION_TTL_SECONDS, sessionKey } from '../../protocol/redis-keys.ts';
import {
  decodeSessionRecord,
  encodeSessionRecord,
  type SessionRecord,
} from '../../protocol/session-token.ts';
import type { ExpiringMap } from '../../runtime/index.ts';
import type { SessionStore } from './session-store.ts';

export class MemorySessionStore implements SessionStore {
  readonly #map: ExpiringMap;

  constructor(map: ExpiringMap) {
    this.#map = map;
  }

  async putNonce(nonce: string, ttlSeconds: number): Promise<void> {
    this.#map.set(nonceKey(nonce), '1', Math.min(ttlSeconds, NONCE_TTL_SECONDS));
  }

  async takeNonce(nonce: string): Promise<boolean> {
    return this.#map.take(nonceKey(nonce)) !== undefined;
  }

  async replaceSession(record: SessionRecord): Promise<boolean> {
    const key = sessionKey(record.wallet);
    return this.#map.set(key, encodeSessionRecord(record), SESSION_TTL_SECONDS) !== undefined;
  }

  async removeSession(wallet: string, tokenHash: string): Promise<boolean> {
    const key = sessionKey(wallet);
    if (decodeSessionRecord(this.#map.get(key))?.tokenHash !== tokenHash) return false;
    this.#map.delete(key);
    return true;
  }
}
