/** Limits that wallets set for themselves: kept in the book, and noted for the ledger. */
import { isDeepStrictEqual } from 'node:util';
import {
  changeSelfLimits,
  LOSS_WINDOW_MS,
  type SelfLimits,
  type SelfLimitsState,
  selfLimitsAt,
} from '../../domain/self-limits.ts';
import { formatMicros, type Micros, parseMicros } from '../../domain/units.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type { GetSelfLimits, SetSelfLimits } from '../../protocol/letters/resolver.ts';
import type { SelfLimitsRequest, SelfLimitsView } from '../../protocol/self-limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { noteSelfLimits, type ResolverState } from './resolver-state.ts';

/** A wallet's first limits need to know what it lost before; setting the same again changes nothing. */
export async function setSelfLimits(
  state: ResolverState,
  { body: { wallet, limits } }: Received<SetSelfLimits>,
  context: ActorContext,
): Promise<Outcome<SelfLimitsView>> {
  if (!state.book.account(wallet)) return refused('NOT_FOUND');
  const wish = parseLimits(limits);
  if (!wish) return refused('MALFORMED', { field: 'limits' });
  const atMs = context.clock.nowMs();
  const before = state.book.selfLimits.state(wallet);
  const after = changeSelfLimits(before, wish, atMs);
  const settled = before ? [] : await lately(state, wallet, atMs);
  if (!before || !isDeepStrictEqual(before, after)) {
    state.book.selfLimits.set(wallet, after, settled);
    noteSelfLimits(state, { wallet, atMs, limits: after });
    context.metrics.count('resolver_self_limits_set_total');
  }
  return done(selfLimitsView(after, atMs));
}

export const getSelfLimits = (
  state: ResolverState,
  { body: { wallet } }: Received<GetSelfLimits>,
  context: ActorContext,
): Outcome<SelfLimitsView> =>
  done(selfLimitsView(state.book.selfLimits.state(wallet), context.clock.nowMs()));

/** At the start: limits are in the ledger, and so is what was lost. */
export async function loadSelfLimits(
  state: ResolverState,
  limits: readonly (readonly [wallet: string, limits: SelfLimitsState])[],
  context: ActorContext,
): Promise<void> {
  for (const [wallet, ofWallet] of limits) {
    const settled = await lately(state, wallet, context.clock.nowMs());
    state.book.selfLimits.set(wallet, ofWallet, settled);
  }
}

/** Of committed bets: to be asked when nothing settled waits to be committed. */
const lately = (state: ResolverState, wallet: string, atMs: number) =>
  state.ports.store.settledSince(wallet, atMs - LOSS_WINDOW_MS);

function parseLimits(request: SelfLimitsRequest): SelfLimits | undefined {
  const maxStakeMicros = parseLimit(request.maxStakeMicros);
  const maxLossMicros = parseLimit(request.maxLossMicros);
  if (maxStakeMicros === undefined || maxLossMicros === undefined) return undefined;
  return { maxStakeMicros, maxLossMicros, pausedUntilMs: request.pausedUntilMs };
}

const parseLimit = (text: string | null): Micros | null | undefined =>
  text === null ? null : parseMicros(text);

export function selfLimitsView(state: SelfLimitsState | undefined, atMs: number): SelfLimitsView {
  const now = formatLimits(selfLimitsAt(state, atMs));
  const isWaiting = state !== undefined && atMs < state.fromMs;
  return isWaiting ? { now, next: { ...formatLimits(state.next), fromMs: state.fromMs } } : { now };
}

const formatLimits = ({ maxStakeMicros, maxLossMicros, pausedUntilMs }: SelfLimits): SelfLimitsRequest => ({
  maxStakeMicros: maxStakeMicros === null ? null : formatMicros(maxStakeMicros),
  maxLossMicros: maxLossMicros === null ? null : formatMicros(maxLossMicros),
  pausedUntilMs,
});
