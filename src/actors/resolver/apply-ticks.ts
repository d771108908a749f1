/**
 * The market's clock: recorded ticks, each exactly once, in order of `seq`. A tick settles what it decides,
 * then executes the bets that waited for it.
 *
 * Letters only say that there are new ticks; holes they leave are filled from the tick log. A bet accepted at
 * a tick is settled by later ones only, because settling comes first.
 */
import type { DecidedCell } from '../../domain/open-bets.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { TICKS_PER_READ_MAX } from '../../protocol/limits.ts';
import { type MarketState, marketSignals } from '../../protocol/signals.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { marketState } from './bet-views.ts';
import { executeDue } from './execute-bets.ts';
import { noteEvent, type ResolverState, tellSettled } from './resolver-state.ts';

const MARKET_INTERVAL_MS = 1_000;

/** Applies ticks as they came in a letter; repeated ones change nothing. */
export async function applyTicks(
  state: ResolverState,
  ticks: readonly IndexTick[],
  context: ActorContext,
): Promise<void> {
  for (const tick of ticks) {
    if (tick.seq > state.book.lastSeq + 1) await fillHole(state, tick.seq, context);
    if (tick.seq === state.book.lastSeq + 1) await applyTick(state, tick, context);
  }
}

/** Applies the next page of ticks that are in the log already; false if there was none. */
export async function applyFromLog(state: ResolverState, context: ActorContext): Promise<boolean> {
  const ticks = await state.ports.tickLog.readAfter(state.book.lastSeq, TICKS_PER_READ_MAX);
  for (const tick of ticks) await applyTick(state, tick, context);
  return ticks.length > 0;
}

/** Tells about the market when a second of ticks has passed, or something visible changed. */
export function announceMarket(state: ResolverState, context: ActorContext): void {
  const told = state.market;
  const now = marketState(state.book, state.pauseReason);
  if (!now || (told && !isNews(told, now))) return;
  state.market = now;
  context.publish(marketSignals(now.symbol), now);
}

async function fillHole(state: ResolverState, beforeSeq: number, context: ActorContext): Promise<void> {
  context.log.warn(
    { afterSeq: state.book.lastSeq, beforeSeq },
    'ticks were not delivered; reading the tick log',
  );
  context.metrics.count('resolver_tick_holes_total');
  while (state.book.lastSeq + 1 < beforeSeq) {
    if (!(await applyFromLog(state, context))) {
      throw new Error(`tick ${beforeSeq} was announced, but the tick log ends at ${state.book.lastSeq}`);
    }
  }
}

async function applyTick(state: ResolverState, tick: IndexTick, context: ActorContext): Promise<void> {
  const settled = state.book.advance(tick);
  for (const event of settled) noteEvent(state, event);
  announceSettled(state, settled, context);
  await executeDue(state, tick, context);
}

export function announceSettled(
  state: ResolverState,
  settled: readonly DecidedCell[],
  context: ActorContext,
): void {
  const counts = { won: 0, lost: 0, void: 0 };
  for (const cell of settled) {
    counts[cell.verdict.outcome] += cell.bets.length;
    tellSettled(state, cell);
  }
  for (const [outcome, count] of Object.entries(counts))
    if (count > 0) context.metrics.count('resolver_bets_settled_total', { outcome }, count);
}

const isNews = (told: MarketState, now: MarketState): boolean =>
  Math.floor(now.atMs / MARKET_INTERVAL_MS) !== Math.floor(told.atMs / MARKET_INTERVAL_MS) ||
  now.rowHeightCents !== told.rowHeightCents ||
  now.calibration.version !== told.calibration.version ||
  now.quality !== told.quality ||
  now.pauseReason !== told.pauseReason;
