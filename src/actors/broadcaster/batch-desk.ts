/**
 * Placing several bets at once, the same for `POST /v1/bets/batch` and the `place-batch` frame. One look at
 * session and rate limit, one letter; every bet has its own key and its own result, in the order they came.
 *
 * When the minute has room for fewer bets than there are, the first ones are placed and the surplus is
 * refused RATE_LIMITED, each by itself; when it has room for none, all of it is refused.
 */
import { type PlaceBetsAnswer, parsePlaceBets } from '../../protocol/api/place-bets-request.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { PLACE_BET_DEADLINE_MS } from './bet-groups.ts';
import { outcomeOf } from './http-answer.ts';
import type { ProofDesk } from './proof-desk.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface BatchRequest {
  readonly token: string | undefined;
  /** A PlaceBetsRequest as it came in. */
  readonly body: unknown;
  /** A socket may only bet for the wallet it is signed in with. */
  readonly wallet?: string;
}

export type PlaceBets = (request: BatchRequest) => Promise<Outcome<PlaceBetsAnswer>>;

export const batchDesk =
  (context: Pick<ActorContext, 'ask'>, gate: SessionGate, proofs: ProofDesk): PlaceBets =>
  async (request) => {
    const parsed = parsePlaceBets(request.body);
    if (!parsed.ok) return parsed;
    if (request.token === undefined) return refused('UNAUTHENTICATED');
    const session = await gate.checkBets(request.token, parsed.value.length);
    if (!session.ok) return session;
    const { wallet, granted, windowLeftSeconds } = session.value;
    if (request.wallet !== undefined && request.wallet !== wallet) return refused('UNAUTHENTICATED');
    const letter = { type: 'PlaceBets', body: { wallet, bets: parsed.value.slice(0, granted) } } as const;
    const placed = outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: PLACE_BET_DEADLINE_MS }));
    if (!placed.ok) return placed;
    const results = (await proofs.withReceipts(placed.value.results)).map((result) =>
      result.ok ? ({ ok: true, bet: result.value } as const) : result,
    );
    const tooMany = refused('RATE_LIMITED', { retryAfterSeconds: windowLeftSeconds });
    return done({ results: [...results, ...parsed.value.slice(granted).map(() => tooMany)] });
  };
