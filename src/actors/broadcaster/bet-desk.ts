/**
 * Placing a bet, the same for `POST /v1/bets` and the `place` frame: shape, then session and rate limit in
 * one round trip, then the Resolver. The order of these is the order in which refusals take precedence.
 */
import { idempotencyKeySchema, parsePlaceBet } from '../../protocol/api/place-bet-request.ts';
import type { BetView } from '../../protocol/bet-view.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';
import { malformed } from './http-input.ts';
import type { ProofDesk } from './proof-desk.ts';
import type { SessionGate } from './sessions/session-gate.ts';

/** Receipt, hold, the executing tick at most a second later, the commit, and the way there and back. */
const PLACE_BET_DEADLINE_MS = 5_000;

export interface PlacingRequest {
  readonly token: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** A PlaceBetRequest as it came in. */
  readonly bet: unknown;
  /** A socket may only bet for the wallet it is signed in with. */
  readonly wallet?: string;
}

export type PlaceBet = (request: PlacingRequest) => Promise<Outcome<BetView>>;

export const betDesk =
  (context: Pick<ActorContext, 'ask'>, gate: SessionGate, proofs: ProofDesk): PlaceBet =>
  async ({ token, idempotencyKey, bet, wallet }) => {
    if (idempotencyKey === undefined || idempotencyKey === '') return refused('IDEMPOTENCY_KEY_REQUIRED');
    if (!idempotencyKeySchema.safeParse(idempotencyKey).success) return malformed('Idempotency-Key');
    const parsed = parsePlaceBet(bet);
    if (!parsed.ok) return malformed(parsed.field);
    if (token === undefined) return refused('UNAUTHENTICATED');
    const session = await gate.checkBet(token);
    if (!session.ok) return session;
    if (wallet !== undefined && session.value.wallet !== wallet) return refused('UNAUTHENTICATED');
    const body = { wallet: session.value.wallet, idempotencyKey, ...parsed.bet };
    const placed = outcomeOf(
      await context.ask(RESOLVER, { type: 'PlaceBet', body }, { deadlineMs: PLACE_BET_DEADLINE_MS }),
    );
    return placed.ok ? done(proofs.withReceipt(placed.value)) : placed;
  };
