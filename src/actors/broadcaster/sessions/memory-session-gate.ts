/** The session gate in memory, over the map a MemorySessionStore writes: for tests and the simulator. */
import { done, type Outcome, refused } from '../../../protocol/errors.ts';
import { RATE_LIMIT_TTL_SECONDS, rateLimitKey, sessionKey } from '../../../protocol/redis-keys.ts';
import { decodeSessionRecord, tokenHash, walletOfToken } from '../../../protocol/session-token.ts';
import type { ExpiringMap } from '../../../runtime/index.ts';
import {
  assertBetsPerMinute,
  type BetSessionInfo,
  type SessionGate,
  type SessionGateOptions,
  type SessionInfo,
} from './session-gate.ts';

export class MemorySessionGate implements SessionGate {
  readonly #map: ExpiringMap;
  readonly #betsPerMinute: number;

  constructor(map: ExpiringMap, { betsPerMinute }: SessionGateOptions) {
    assertBetsPerMinute(betsPerMinute);
    this.#map = map;
    this.#betsPerMinute = betsPerMinute;
  }

  async check(token: unknown): Promise<Outcome<SessionInfo>> {
    const wallet = walletOfToken(token);
    const session = wallet === undefined ? undefined : decodeSessionRecord(this.#map.get(sessionKey(wallet)));
    if (wallet === undefined || session?.tokenHash !== tokenHash(String(token)))
      return refused('UNAUTHENTICATED');
    return done({ wallet, expiresAtMs: session.expiresAtMs });
  }

  async checkBet(token: unknown): Promise<Outcome<BetSessionInfo>> {
    const checked = await this.check(token);
    if (!checked.ok) return checked;
    const key = rateLimitKey(checked.value.wallet);
    const retryAfterSeconds = this.#map.ttlSeconds(key);
    if (retryAfterSeconds !== undefined && Number(this.#map.get(key)) >= this.#betsPerMinute) {
      return refused('RATE_LIMITED', { retryAfterSeconds });
    }
    const betsLeft = this.#betsPerMinute - this.#map.increment(key, RATE_LIMIT_TTL_SECONDS);
    return done({ ...checked.value, betsLeft });
  }
}
