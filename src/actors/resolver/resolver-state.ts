/**
 * What a life of the Resolver holds in memory, and how a turn's decisions become durable.
 *
 * A turn decides against the book, changes it at once, and notes what must be booked in the draft;
 * `commitTurn` writes the draft in one transaction. If that throws, the turn throws: the book is ahead of the
 * ledger then, so this life ends and the next one is built from the ledger. Replies and signals may be given
 * before the commit, because the runtime lets them leave only when the turn has succeeded.
 */
import type { LedgerEvent } from '../../domain/ledger.ts';
import type { MarketBook } from '../../domain/market-book.ts';
import type { MarketRules } from '../../domain/rules.ts';
import type { MarketState } from '../../protocol/signals.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { requestKeyText } from './bet-request.ts';
import type { BookedEvent, LedgerStore, RequestKey, StoredAnswer } from './ledger-store.ts';
import { PendingBets } from './pending-bets.ts';
import type { TickLogReader } from './tick-log-reader.ts';

/** Opened by the composition root, which also closes them. */
export interface ResolverPorts {
  readonly store: LedgerStore;
  readonly tickLog: TickLogReader;
  readonly rules: MarketRules;
}

/** How many ticks without effect may be applied again after a crash: 2 s of them. */
const CURSOR_LAG_TICKS_MAX = 20;

/** What the running turn decided and has not committed yet. */
class TurnDraft {
  booked: BookedEvent[] = [];
  readonly answers = new Map<string, StoredAnswer>();

  get isEmpty(): boolean {
    return this.booked.length === 0 && this.answers.size === 0;
  }

  clear(): void {
    this.booked = [];
    this.answers.clear();
  }
}

export interface ResolverState {
  readonly ports: ResolverPorts;
  readonly book: MarketBook;
  readonly pending: PendingBets;
  readonly draft: TurnDraft;
  committedCursorSeq: number;
  /** The market as last told. */
  market: MarketState | undefined;
}

export const createState = (
  ports: ResolverPorts,
  book: MarketBook,
  committedCursorSeq: number,
): ResolverState => ({
  ports,
  book,
  pending: new PendingBets(),
  draft: new TurnDraft(),
  committedCursorSeq,
  market: undefined,
});

/** Books an event in memory and notes it for the ledger. */
export function bookEvent(state: ResolverState, event: LedgerEvent): void {
  state.book.apply(event);
  noteEvent(state, event);
}

/** Notes an event the book has booked already. */
export function noteEvent(state: ResolverState, event: LedgerEvent): void {
  state.draft.booked.push({ event, tickSeq: state.book.lastSeq });
}

export const draftedAnswer = (state: ResolverState, key: RequestKey): StoredAnswer | undefined =>
  state.draft.answers.get(requestKeyText(key));

export function noteAnswer(state: ResolverState, answer: StoredAnswer): void {
  state.draft.answers.set(requestKeyText(answer), answer);
}

/** One transaction for all of the turn. A turn without effects only moves the cursor, and that rarely. */
export async function commitTurn(state: ResolverState, context: ActorContext): Promise<void> {
  const { draft, book, ports } = state;
  const cursorSeq = book.lastSeq;
  if (draft.isEmpty && cursorSeq - state.committedCursorSeq < CURSOR_LAG_TICKS_MAX) return;
  const startedMs = context.clock.monotonicMs();
  await ports.store.commit({ booked: draft.booked, answers: [...draft.answers.values()], cursorSeq });
  context.metrics.observeSeconds(
    'resolver_commit_seconds',
    (context.clock.monotonicMs() - startedMs) / 1_000,
  );
  state.committedCursorSeq = cursorSeq;
  draft.clear();
}
