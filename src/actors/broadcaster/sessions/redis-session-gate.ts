/**
 * The session gate on Redis: one script, keys of the Redis architecture decision. Who asks in one turn of the
 * loop shares a call and a round trip: a command of its own for each request costs as much as what it asks.
 */
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
/** As status, and without a reply: nothing is known of the session. */
const BROKEN = 'BROKEN';

/** Bounds the time one call holds Redis. */
const CHECKS_PER_CALL_MAX = 100;

interface WaitingCheck {
  readonly wallet: string;
  readonly tokenHash: string;
  readonly betsPerMinute: number;
  readonly bets: number;
  readonly settle: (outcome: Outcome<BetsSessionInfo>) => void;
}

export class RedisSessionGate implements SessionGate {
  readonly #checkSessions: ReturnType<typeof luaScript>;
  readonly #betsPerMinute: number;
  #waiting: WaitingCheck[] = [];

  constructor(redis: RedisConnection, { betsPerMinute }: SessionGateOptions) {
    assertBetsPerMinute(betsPerMinute);
    this.#checkSessions = luaScript(redis, new URL('./lua/check-sessions-n.lua', import.meta.url));
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

  #check(token: unknown, betsPerMinute: number, bets = 0): Promise<Outcome<BetsSessionInfo>> {
    const wallet = walletOfToken(token);
    if (wallet === undefined) return Promise.resolve(refused('UNAUTHENTICATED'));
    return new Promise((settle) => {
      this.#waiting.push({ wallet, tokenHash: tokenHash(String(token)), betsPerMinute, bets, settle });
      if (this.#waiting.length === 1) setImmediate(() => this.#checkWaiting());
    });
  }

  #checkWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += CHECKS_PER_CALL_MAX)
      void this.#checkTogether(waiting.slice(from, from + CHECKS_PER_CALL_MAX));
  }

  async #checkTogether(checks: readonly WaitingCheck[]): Promise<void> {
    const keys = checks.flatMap(({ wallet }) => [sessionKey(wallet), rateLimitKey(wallet)]);
    const each = checks.flatMap(({ tokenHash, betsPerMinute, bets }) => [tokenHash, betsPerMinute, bets]);
    const seconds = [RATE_LIMIT_TTL_SECONDS, SESSION_IDLE_SECONDS];
    const asked = this.#checkSessions(keys.length, ...keys, ...seconds, ...each);
    const replies = await asked.catch(() => undefined);
    for (const [at, { wallet, settle }] of checks.entries())
      settle(outcomeOf(Array.isArray(replies) ? replies[at] : undefined, wallet));
  }
}

function outcomeOf(reply: unknown, wallet: string): Outcome<BetsSessionInfo> {
  const [status, ...numbers] = Array.isArray(reply) ? reply : [BROKEN];
  const [first = 0, betsLeft = 0, granted = 0, windowLeftSeconds = 0] = numbers.map(Number);
  if (status === 'OK') return done({ wallet, expiresAtMs: first, betsLeft, granted, windowLeftSeconds });
  if (status === 'LIMITED') return refused('RATE_LIMITED', { retryAfterSeconds: first });
  return refused(status === BROKEN ? 'ACTOR_RESTARTING' : 'UNAUTHENTICATED');
}
