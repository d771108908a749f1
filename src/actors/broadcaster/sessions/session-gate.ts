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

export interface BetsSessionInfo extends BetSessionInfo {
  /** As many of the bets were counted: the first ones. At least one. */
  readonly granted: number;
  /** When the running minute ends, and none of its bets counts any more. */
  readonly windowLeftSeconds: number;
}

export interface SessionGate {
  /** Refuses with UNAUTHENTICATED or ACTOR_RESTARTING. */
  check(token: unknown): Promise<Outcome<SessionInfo>>;
  /** Also counts one bet. Refuses with RATE_LIMITED too, with `details.retryAfterSeconds`. */
  checkBet(token: unknown): Promise<Outcome<BetSessionInfo>>;
  /** As `checkBet`, of several bets: counts those the minute has room for, and refuses if it has for none. */
  checkBets(token: unknown, bets: number): Promise<Outcome<BetsSessionInfo>>;
}

export const ofOneBet = ({ wallet, expiresAtMs, betsLeft }: BetsSessionInfo): BetSessionInfo => ({
  wallet,
  expiresAtMs,
  betsLeft,
});

export interface SessionGateOptions {
  /** Bets a wallet may place within a minute that starts with its first one. */
  readonly betsPerMinute: number;
}

/** Throws on a limit that would let nobody or everybody bet. */
export function assertBetsPerMinute(betsPerMinute: number): void {
  if (Number.isSafeInteger(betsPerMinute) && betsPerMinute > 0) return;
  throw new Error(`betsPerMinute must be a positive integer, not ${betsPerMinute}`);
}
