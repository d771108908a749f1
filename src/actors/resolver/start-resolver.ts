/**
 * Building a life of the Resolver from its durable sources: the ledger says what is booked and up to which
 * tick, the tick log says what happened since. Nothing comes from the life before.
 *
 * Order: load the books; bring volatility and columns to where the ledger's cursor stands; apply the ticks
 * after it, settling through the same code as ever; then look at the newest ticks only. A pause in the feed
 * while nobody looked is a gap between two ticks like any other.
 */
import { MarketBook } from '../../domain/market-book.ts';
import type { MarketOddsSnapshot } from '../../domain/market-odds.ts';
import { TICKS_PER_READ_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { announceMarket, applyFromLog } from './apply-ticks.ts';
import type { LedgerSnapshot } from './ledger-store.ts';
import { LedgerWatch } from './ledger-watch.ts';
import { decodeOdds } from './odds-snapshot.ts';
import { updatePause } from './pause.ts';
import {
  bookEvent,
  commitTurn,
  createState,
  type ResolverPorts,
  type ResolverState,
} from './resolver-state.ts';
import { loadSelfLimits } from './set-self-limits.ts';

/** 15 minutes at 10 Hz: longer than any column is open, and enough for odds that were not kept. */
const WARM_TICKS = 9_000;
/** Six hours at 10 Hz: a few seconds of work, within the time a child has to start. */
const CATCH_UP_TICKS_MAX = 216_000;

export async function startResolver(ports: ResolverPorts, context: ActorContext): Promise<ResolverState> {
  const { anchor, anchorCopy, store } = ports;
  const watch = new LedgerWatch({ books: store.books, anchor, anchorCopy, context });
  await watch.start();
  const snapshot = await store.load();
  const lastLoggedSeq = (await ports.tickLog.last())?.seq ?? 0;
  if (lastLoggedSeq < snapshot.cursorSeq) {
    throw new Error(
      `the ledger is at tick ${snapshot.cursorSeq}, but the tick log ends at ${lastLoggedSeq}: ` +
        'they do not belong together, or the tick log was lost; refusing to settle from it',
    );
  }
  const odds = keptOdds(ports, snapshot, context);
  const book = new MarketBook(ports.rules, { ...snapshot, ...(odds && { odds }) });
  for (const { bet, verdict } of odds ? snapshot.settledAfterOdds : [])
    if (verdict) book.odds.noteSettled(bet, verdict);
  const state = createState(ports, book, watch, snapshot.cursorSeq, context);
  await openBooks(state, snapshot, context);
  // The last tick the kept odds have seen is where they go on from.
  const warmFrom = Math.min(snapshot.cursorSeq - WARM_TICKS, (odds?.tickSeq ?? Number.POSITIVE_INFINITY) - 1);
  await warm(state, warmFrom, snapshot.cursorSeq);
  while (state.book.openBetCount > 0 && (await applyFromLog(state, context)))
    await commitTurn(state, context);
  // Without open bets, old ticks only matter to the odds; far behind, skip to the ones that matter most.
  if (lastLoggedSeq - state.book.lastSeq > CATCH_UP_TICKS_MAX) {
    await warm(state, lastLoggedSeq - WARM_TICKS, lastLoggedSeq);
  }
  while (await applyFromLog(state, context)) await commitTurn(state, context);
  await commitTurn(state, context);
  announceMarket(state, context);
  // Also what an earlier life committed and could not relay any more.
  state.relay.check();
  const { lastSeq, openBetCount } = state.book;
  const paused = state.pauseReason ?? false;
  context.log.info({ tickSeq: lastSeq, openBets: openBetCount, paused }, 'resolver has its books');
  return state;
}

/** Odds are no money: kept ones that cannot be used are a loss of evidence, not a reason to stay down. */
function keptOdds(
  { rules }: ResolverPorts,
  { storedOdds }: LedgerSnapshot,
  { log, metrics }: ActorContext,
): MarketOddsSnapshot | undefined {
  const odds = storedOdds && decodeOdds(storedOdds, rules);
  if (storedOdds && !odds) {
    metrics.count('resolver_odds_begun_anew_total');
    log.warn({ tickSeq: storedOdds.tickSeq }, 'the kept odds are of other rules: beginning anew');
  }
  return odds;
}

async function openBooks(
  state: ResolverState,
  { isNew, isPaused, selfLimits }: LedgerSnapshot,
  context: ActorContext,
): Promise<void> {
  await loadSelfLimits(state, selfLimits, context);
  if (isNew) bookEvent(state, { type: 'HouseFunded', amountMicros: state.book.rules.houseBankrollMicros });
  const broken = state.book.brokenInvariant();
  state.isOperatorPaused = isPaused;
  state.areBooksBroken = broken !== undefined;
  updatePause(state);
  if (!broken) return;
  context.metrics.count('resolver_broken_invariants_total');
  context.log.fatal({ broken }, 'the ledger does not add up: taking no bets');
}

/** Takes note of the recorded ticks after `afterSeq` up to and including `upToSeq`, without effects. */
async function warm({ ports, book }: ResolverState, afterSeq: number, upToSeq: number): Promise<void> {
  let seq = Math.max(0, afterSeq, book.lastSeq);
  while (seq < upToSeq) {
    const ticks = await ports.tickLog.readAfter(seq, Math.min(TICKS_PER_READ_MAX, upToSeq - seq));
    if (ticks.length === 0) throw new Error(`the tick log has a hole after ${seq}`);
    for (const tick of ticks) book.warm(tick);
    seq += ticks.length;
  }
}
