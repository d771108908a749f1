/**
 * What a life of the Resolver holds in memory, and how a turn's decisions become durable.
 *
 * A turn decides against the book, changes it at once, and notes what must be booked in the draft;
 * `commitTurn` writes the draft in one transaction. If that throws, the turn throws: the book is ahead of the
 * ledger then, so this life ends and the next one is built from the ledger. Replies and signals may be given
 * before the commit, because the runtime lets them leave only when the turn has succeeded. What wallets are
 * told is committed with it, and relayed even if this life ends right after.
 */
import type { LedgerEvent } from '../../domain/ledger.ts';
import type { MarketBook } from '../../domain/market-book.ts';
import type { MarketRules } from '../../domain/rules.ts';
import type { AccountEvent } from '../../protocol/account-events.ts';
import type { MarketState } from '../../protocol/signals.ts';
import { type ActorContext, failpoint, OutboxRelay, type OutboxStream } from '../../runtime/index.ts';
import { requestKeyText } from './bet-request.ts';
import type { BookedEvent, LedgerStore, RequestKey, StoredAnswer } from './ledger-store.ts';
import { PendingBets } from './pending-bets.ts';
import type { TickLogReader } from './tick-log-reader.ts';

/** Opened by the composition root, which also closes them. */
export interface ResolverPorts {
  readonly store: LedgerStore;
  readonly tickLog: TickLogReader;
  /** Where account events are relayed to. */
  readonly accountEvents: OutboxStream;
  readonly rules: MarketRules;
}

/** How many ticks without effect may be applied again after a crash: 2 s of them. */
const CURSOR_LAG_TICKS_MAX = 20;

/** What the running turn decided and has not committed yet. */
class TurnDraft {
  booked: BookedEvent[] = [];
  readonly answers = new Map<string, StoredAnswer>();
  told: AccountEvent[] = [];

  get isEmpty(): boolean {
    return this.booked.length === 0 && this.answers.size === 0;
  }

  clear(): void {
    this.booked = [];
    this.answers.clear();
    this.told = [];
  }
}

export interface ResolverState {
  readonly ports: ResolverPorts;
  readonly book: MarketBook;
  readonly pending: PendingBets;
  readonly draft: TurnDraft;
  readonly relay: OutboxRelay;
  committedCursorSeq: number;
  /** The market as last told. */
  market: MarketState | undefined;
}

export const createState = (
  ports: ResolverPorts,
  book: MarketBook,
  committedCursorSeq: number,
  { metrics, log }: Pick<ActorContext, 'metrics' | 'log'>,
): ResolverState => ({
  ports,
  book,
  pending: new PendingBets(),
  draft: new TurnDraft(),
  relay: new OutboxRelay({ outbox: ports.store.outbox, stream: ports.accountEvents, metrics, log }),
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

/** Tells a wallet what was booked: durable with it, and relayed after it. */
export function tellWallet(state: ResolverState, event: AccountEvent): void {
  state.draft.told.push(event);
}

/** One transaction for all of the turn. A turn without effects only moves the cursor, and that rarely. */
export async function commitTurn(state: ResolverState, context: ActorContext): Promise<void> {
  const { draft, book, ports } = state;
  const cursorSeq = book.lastSeq;
  if (draft.isEmpty && cursorSeq - state.committedCursorSeq < CURSOR_LAG_TICKS_MAX) return;
  const startedMs = context.clock.monotonicMs();
  const { booked, told } = draft;
  await ports.store.commit({ booked, answers: [...draft.answers.values()], told, cursorSeq });
  if (told.length > 0) {
    failpoint('outbox.committed');
    state.relay.kick();
  }
  context.metrics.observeSeconds(
    'resolver_commit_seconds',
    (context.clock.monotonicMs() - startedMs) / 1_000,
  );
  state.committedCursorSeq = cursorSeq;
  draft.clear();
}
