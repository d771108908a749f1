/**
 * Port: whether a request may act for a wallet, asked once per request. One round trip answers both who it is
 * and whether the wallet may place another bet this minute.
 *
 * Fails closed: a token that is not of the right shape is refused without asking anyone, a session that
 * cannot be read counts as missing, and when the store is away the answer is ACTOR_RESTARTING (503,
 * retryable): no letter was sent, so unlike OUTCOME_UNKNOWN it is certain that nothing was placed.
 */
import type { Outcome } from '../../../protocol/errors.ts';

export interface SessionInfo {
  /** Lower-case hex. */
  readonly wallet: string;
  readonly expiresAtMs: number;
}

export interface BetSessionInfo extends SessionInfo {
  /** Bets the wallet may still place in the running minute, after this one. */
  readonly betsLeft: number;
}

export interface SessionGate {
  /** Refuses with UNAUTHENTICATED or ACTOR_RESTARTING. */
  check(token: unknown): Promise<Outcome<SessionInfo>>;
  /** Also counts one bet. Refuses with RATE_LIMITED too, with `details.retryAfterSeconds`. */
  checkBet(token: unknown): Promise<Outcome<BetSessionInfo>>;
}

export interface SessionGateOptions {
  /** Bets a wallet may place within a minute that starts with its first one. */
  readonly betsPerMinute: number;
}

/** Throws on a limit that would let nobody or everybody bet. */
export function assertBetsPerMinute(betsPerMinute: number): void {
  if (Number.isSafeInteger(betsPerMinute) && betsPerMinute > 0) return;
  throw new Error(`betsPerMinute must be a positive integer, not ${betsPerMinute}`);
}
