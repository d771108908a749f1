/** The session gate on Redis: one script, one round trip, keys of the Redis architecture decision. */
import { done, type Outcome, refused } from '../../../protocol/errors.ts';
import {
  RATE_LIMIT_TTL_SECONDS,
  rateLimitKey,
  SESSION_IDLE_SECONDS,
  sessionKey,
} from '../../../protocol/redis-keys.ts';
import { tokenHash, walletOfToken } from '../../../protocol/session-token.ts';
import { luaScript, type RedisConnection } from '../../../runtime/index.ts';
import {
  assertBetsPerMinute,
  type BetSessionInfo,
  type BetsSessionInfo,
  ofOneBet,
  type SessionGate,
  type SessionGateOptions,
  type SessionInfo,
} from './session-gate.ts';

/** As limit: check the session, count nothing. */
const NO_BET = 0;

export class RedisSessionGate implements SessionGate {
  readonly #checkSession: ReturnType<typeof luaScript>;
  readonly #betsPerMinute: number;

  constructor(redis: RedisConnection, { betsPerMinute }: SessionGateOptions) {
    assertBetsPerMinute(betsPerMinute);
    this.#checkSession = luaScript(redis, new URL('./lua/check-session-2.lua', import.meta.url));
    this.#betsPerMinute = betsPerMinute;
  }

  async check(token: unknown): Promise<Outcome<SessionInfo>> {
    const checked = await this.#check(token, NO_BET);
    if (!checked.ok) return checked;
    const { wallet, expiresAtMs } = checked.value;
    return done({ wallet, expiresAtMs });
  }

  async checkBet(token: unknown): Promise<Outcome<BetSessionInfo>> {
    const checked = await this.checkBets(token, 1);
    return checked.ok ? done(ofOneBet(checked.value)) : checked;
  }

  checkBets(token: unknown, bets: number): Promise<Outcome<BetsSessionInfo>> {
    return this.#check(token, this.#betsPerMinute, bets);
  }

  async #check(token: unknown, betsPerMinute: number, bets = 0): Promise<Outcome<BetsSessionInfo>> {
    const wallet = walletOfToken(token);
    if (wallet === undefined) return refused('UNAUTHENTICATED');
    const hash = tokenHash(String(token));
    let reply: unknown;
    try {
      reply = await this.#checkSession(
        sessionKey(wallet),
        rateLimitKey(wallet),
        hash,
        betsPerMinute,
        RATE_LIMIT_TTL_SECONDS,
        bets,
        SESSION_IDLE_SECONDS,
      );
    } catch {
      return refused('ACTOR_RESTARTING');
    }
    return outcomeOf(reply, wallet);
  }
}

function outcomeOf(reply: unknown, wallet: string): Outcome<BetsSessionInfo> {
  const [status, ...numbers] = Array.isArray(reply) ? reply : [];
  const [first = 0, betsLeft = 0, granted = 0, windowLeftSeconds = 0] = numbers.map(Number);
  if (status === 'OK') return done({ wallet, expiresAtMs: first, betsLeft, granted, windowLeftSeconds });
  if (status === 'LIMITED') return refused('RATE_LIMITED', { retryAfterSeconds: first });
  return refused('UNAUTHENTICATED');
}
