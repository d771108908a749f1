/** The session gate in memory, over the map a MemorySessionStore writes: for tests and the simulator. */
import { done, type Outcome, refused } from '../../../protocol/errors.ts';
import {
  RATE_LIMIT_TTL_SECONDS,
  rateLimitKey,
  SESSION_IDLE_SECONDS,
  sessionKey,
} from '../../../protocol/redis-keys.ts';
import { decodeSessionRecord, tokenHash, walletOfToken } from '../../../protocol/session-token.ts';
import type { ExpiringMap } from '../../../runtime/index.ts';
import {
  assertBetsPerMinute,
  type BetSessionInfo,
  type BetsSessionInfo,
  ofOneBet,
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
    if (wallet === undefined) return refused('UNAUTHENTICATED');
    const key = sessionKey(wallet);
    if ((this.#map.idleSeconds(key) ?? 0) >= SESSION_IDLE_SECONDS) this.#map.delete(key);
    const session = decodeSessionRecord(this.#map.get(key));
    if (session?.tokenHash !== tokenHash(String(token))) return refused('UNAUTHENTICATED');
    return done({ wallet, expiresAtMs: session.expiresAtMs });
  }

  async checkBet(token: unknown): Promise<Outcome<BetSessionInfo>> {
    const checked = await this.checkBets(token, 1);
    return checked.ok ? done(ofOneBet(checked.value)) : checked;
  }

  async checkBets(token: unknown, bets: number): Promise<Outcome<BetsSessionInfo>> {
    const checked = await this.check(token);
    if (!checked.ok) return checked;
    const key = rateLimitKey(checked.value.wallet);
    const leftSeconds = this.#map.ttlSeconds(key);
    const used = leftSeconds === undefined ? 0 : Number(this.#map.get(key));
    const granted = Math.min(bets, this.#betsPerMinute - used);
    if (leftSeconds !== undefined && granted <= 0)
      return refused('RATE_LIMITED', { retryAfterSeconds: leftSeconds });
    for (let bet = 0; bet < granted; bet += 1) this.#map.increment(key, RATE_LIMIT_TTL_SECONDS);
    const betsLeft = this.#betsPerMinute - used - granted;
    const windowLeftSeconds = leftSeconds ?? RATE_LIMIT_TTL_SECONDS;
    return done({ ...checked.value, betsLeft, granted, windowLeftSeconds });
  }
}
