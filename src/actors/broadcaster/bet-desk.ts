/**
 * Placing a bet, the same for `POST /v1/bets` and the `place` frame: shape, then session and rate limit in
 * one round trip, then the Resolver. The order of these is the order in which refusals take precedence.
 */
import { parsePlaceBet } from '../../protocol/api/place-bet-request.ts';
import { isPlainKey } from '../../protocol/api/plain-place.ts';
import type { BetView } from '../../protocol/bet-view.ts';
import { type Outcome, refused } from '../../protocol/errors.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { BetGroups } from './bet-groups.ts';
import { malformed } from './http-input.ts';
import type { ProofDesk } from './proof-desk.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface PlacingRequest {
  readonly token: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** A PlaceBetRequest as it came in. */
  readonly bet: unknown;
  /** A socket may only bet for the wallet it is signed in with. */
  readonly wallet?: string | undefined;
}

export type PlaceBet = (request: PlacingRequest) => Promise<Outcome<BetView>>;

export function betDesk(context: Pick<ActorContext, 'ask'>, gate: SessionGate, proofs: ProofDesk): PlaceBet {
  const groups = new BetGroups(context, gate);
  return async ({ token, idempotencyKey, bet, wallet }) => {
    if (idempotencyKey === undefined || idempotencyKey === '') return refused('IDEMPOTENCY_KEY_REQUIRED');
    if (!isPlainKey(idempotencyKey)) return malformed('Idempotency-Key');
    const parsed = parsePlaceBet(bet);
    if (!parsed.ok) return malformed(parsed.field);
    if (token === undefined) return refused('UNAUTHENTICATED');
    const { cell, stakeMicros, minMultiplier } = parsed.bet;
    const keyed = { idempotencyKey, cell, stakeMicros, minMultiplier };
    return proofs.withReceiptOfTurn(await groups.place(token, keyed, wallet));
  };
}
