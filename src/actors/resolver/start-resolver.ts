/**
 * Building a life of the Resolver from its durable sources: the ledger says what is booked and up to which
 * tick, the tick log says what happened since. Nothing comes from the life before.
 *
 * Order: load the books; bring volatility and columns to where the ledger's cursor stands; apply the ticks
 * after it, settling through the same code as ever; then look at the newest ticks only. A pause in the feed
 * while nobody looked is a gap between two ticks like any other.
 */
import { MarketBook } from '../../domain/market-book.ts';
import { TICKS_PER_READ_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { announceMarket, applyFromLog } from './apply-ticks.ts';
import type { LedgerSnapshot } from './ledger-store.ts';
import {
  bookEvent,
  commitTurn,
  createState,
  type ResolverPorts,
  type ResolverState,
} from './resolver-state.ts';

/** 15 minutes at 10 Hz: three slow half-lives of volatility, and longer than any column is open. */
const WARM_TICKS = 9_000;

export async function startResolver(ports: ResolverPorts, context: ActorContext): Promise<ResolverState> {
  const snapshot = await ports.store.load();
  const lastLoggedSeq = (await ports.tickLog.last())?.seq ?? 0;
  if (lastLoggedSeq < snapshot.cursorSeq) {
    throw new Error(
      `the ledger is at tick ${snapshot.cursorSeq}, but the tick log ends at ${lastLoggedSeq}: ` +
        'they do not belong together, or the tick log was lost; refusing to settle from it',
    );
  }
  const state = createState(ports, new MarketBook(ports.rules, snapshot), snapshot.cursorSeq, context);
  openBooks(state, snapshot, context);
  await warm(state, snapshot.cursorSeq - WARM_TICKS, snapshot.cursorSeq);
  while (state.book.openBetCount > 0 && (await applyFromLog(state, context)))
    await commitTurn(state, context);
  // Without open bets, old ticks only matter to volatility; far behind, skip to the ones that still do.
  if (lastLoggedSeq - state.book.lastSeq > WARM_TICKS) {
    await warm(state, lastLoggedSeq - WARM_TICKS, lastLoggedSeq);
  }
  while (await applyFromLog(state, context)) await commitTurn(state, context);
  await commitTurn(state, context);
  announceMarket(state, context);
  // Also what an earlier life committed and could not relay any more.
  state.relay.check();
  const { lastSeq, openBetCount, paused } = state.book;
  context.log.info({ tickSeq: lastSeq, openBets: openBetCount, paused }, 'resolver has its books');
  return state;
}

function openBooks(state: ResolverState, { isNew }: LedgerSnapshot, context: ActorContext): void {
  if (isNew) bookEvent(state, { type: 'HouseFunded', amountMicros: state.book.rules.houseBankrollMicros });
  const broken = state.book.brokenInvariant();
  if (!broken) return;
  state.book.paused = true;
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
