/**
 * From a request to its one answer. A request is answered from the store if it was seen before, else it waits
 * for its executing tick; its letters are done only when the answer is drafted for the same commit.
 */
import { decidePlaceBet, type Refusal, refusalOfShape, refuse } from '../../domain/place-bet.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { type BetView, betView } from '../../protocol/bet-view.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type { PlaceBetBody } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { betIdAt, fingerprintOf, requestKeyText } from './bet-request.ts';
import { BetsAsked, type PlacingLetter, requestsOf } from './bets-asked.ts';
import type { StoredAnswer } from './ledger-store.ts';
import type { Asker, PendingBet } from './pending-bets.ts';
import {
  BETS_PER_COMMIT_MAX,
  bookEvent,
  commitTurn,
  draftedAnswer,
  noteAnswer,
  type ResolverState,
  tellAccepted,
} from './resolver-state.ts';

/** A letter this old was sent by someone who has stopped waiting. Generous: clocks of hosts may differ. */
const LETTER_AGE_MS_MAX = 5_000;

/** `stored`: what the ledger holds for the keys of this letter, by their text. */
export function takeLetter(
  state: ResolverState,
  letter: PlacingLetter,
  stored: ReadonlyMap<string, StoredAnswer>,
  context: ActorContext,
): void {
  const requests = requestsOf(letter);
  const asked = new BetsAsked(letter, requests.length);
  for (const [place, request] of requests.entries())
    takeRequest(state, request, { asked, place }, stored, context);
  asked.waitForTheRest(context);
}

function takeRequest(
  state: ResolverState,
  request: PlaceBetBody,
  asker: Asker,
  stored: ReadonlyMap<string, StoredAnswer>,
  context: ActorContext,
): void {
  const { asked, place } = asker;
  const key = requestKeyText(request);
  const fingerprint = fingerprintOf(request);
  const waiting = state.pending.find(key);
  const known = waiting ?? draftedAnswer(state, key) ?? stored.get(key);
  if (known && known.fingerprint !== fingerprint) {
    asked.answer(place, refused('IDEMPOTENCY_CONFLICT'), context);
    return;
  }
  if (waiting) {
    waiting.askers.push(asker);
    return;
  }
  if (known && 'answer' in known) {
    context.metrics.count('resolver_answers_repeated_total');
    asked.answer(place, known.answer, context);
    return;
  }
  const receivedAtMs = receivedAt(asked.letter, context);
  const pending = { request, key, fingerprint, receivedAtMs, askers: [asker] };
  const refusal = refusalAtReceipt(asked.letter, request, context);
  if (refusal) answer(state, pending, refusalOutcome(refusal), context);
  else state.pending.add(pending);
}

/**
 * Executes the bets for which this is the first tick at or after receipt plus hold. So many may be due at one
 * tick that they are committed and answered piece by piece: the first need not wait for the last, and others
 * work on their answers meanwhile. Those that a crash leaves over come again and execute at a later tick, as
 * after any crash.
 */
export async function executeDue(
  state: ResolverState,
  tick: IndexTick,
  context: ActorContext,
): Promise<void> {
  const due = state.pending.takeReceivedUpTo(tick.atMs - state.book.rules.holdMs);
  const { betsPerCommitMax = BETS_PER_COMMIT_MAX } = state.ports;
  for (const [place, pending] of due.entries()) {
    if (place > 0 && place % betsPerCommitMax === 0) {
      await commitTurn(state, context);
      await context.release();
      context.metrics.count('resolver_commits_within_tick_total');
    }
    execute(state, pending, tick, place, context);
  }
}

/** `place`: among those that are due at this tick. */
function execute(
  state: ResolverState,
  pending: PendingBet,
  tick: IndexTick,
  place: number,
  context: ActorContext,
): void {
  const { request, fingerprint, receivedAtMs } = pending;
  const { wallet, cell, stakeMicros, minMultiplier } = request;
  const betId = betIdAt(tick.seq, place, fingerprint);
  const command = { betId, wallet, cell, stakeMicros, minMultiplier, receivedAtMs };
  const decision = decidePlaceBet(state.book, command, tick);
  if (decision.status === 'refused') {
    answer(state, pending, refusalOutcome(withPause(state, decision)), context);
    return;
  }
  const { bet } = decision.event;
  bookEvent(state, decision.event);
  const view = betView(bet);
  tellAccepted(state, bet);
  answer(state, pending, done(view), context);
}

/** Refuses the bets that found no tick in time. The same words for all: nothing was priced. */
export function refuseOverdue(state: ResolverState, context: ActorContext): void {
  const { book, pending } = state;
  const nowMs = context.clock.nowMs();
  // One ms more than the delay: a tick exactly at its end still executes.
  const overdue = pending.takeReceivedUpTo(nowMs - book.rules.maxExecutionDelayMs - 1);
  if (overdue.length === 0) return;
  const outcome = refusalOutcome(refuse(isFeedDown(state, nowMs) ? 'FEED_DEGRADED' : 'EXECUTION_TOO_LATE'));
  for (const bet of overdue) answer(state, bet, outcome, context);
}

/** No tick came for so long that none may come soon. */
export const isFeedDown = ({ book }: ResolverState, nowMs: number): boolean =>
  nowMs - (book.lastTick?.atMs ?? 0) > book.rules.maxGapMs;

/** A redelivered letter was received in an earlier life; when it was sent is all that is known of it. */
function receivedAt(letter: PlacingLetter, context: ActorContext): number {
  const nowMs = context.clock.nowMs();
  return letter.attempt > 1 ? Math.min(letter.sentAtMs, nowMs) : nowMs;
}

/** What no tick can change is answered at once. */
function refusalAtReceipt(
  letter: PlacingLetter,
  { cell }: PlaceBetBody,
  context: ActorContext,
): Refusal | undefined {
  const misshapen = refusalOfShape(cell);
  if (misshapen) return misshapen;
  if (context.clock.nowMs() - letter.sentAtMs > LETTER_AGE_MS_MAX) return refuse('EXECUTION_TOO_LATE');
  return undefined;
}

function answer(
  state: ResolverState,
  pending: PendingBet,
  outcome: Outcome<BetView>,
  context: ActorContext,
): void {
  const { key, fingerprint, request } = pending;
  const { wallet, idempotencyKey } = request;
  noteAnswer(state, key, { wallet, idempotencyKey, fingerprint, answer: outcome });
  context.metrics.count('resolver_bets_answered_total', {
    answer: outcome.ok ? 'ACCEPTED' : outcome.error.code,
  });
  for (const { asked, place } of pending.askers) asked.answer(place, outcome, context);
}

export const withPause = ({ pauseReason }: ResolverState, refusal: Refusal): Refusal =>
  refusal.reason === 'PAUSED' && pauseReason ? refuse('PAUSED', { reason: pauseReason }) : refusal;

const refusalOutcome = (refusal: Refusal): Outcome<BetView> => refused(refusal.reason, refusal.details);
