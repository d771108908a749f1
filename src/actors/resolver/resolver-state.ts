/**
 * What a life of the Resolver holds in memory, and how a turn's decisions become durable.
 *
 * A turn decides against the book, changes it at once, and notes what must be booked in the draft;
 * `commitTurn` writes the draft in one transaction, at the end of the turn and, when a tick executes many
 * bets, in between. If that throws, the turn throws: the book is ahead of the ledger then, so this life ends
 * and the next one is built from the ledger. Replies and signals may be given before the commit, because the
 * runtime lets them leave only when the turn has succeeded, or says that so much of it is durable. What
 * wallets are told is committed with it, and relayed even if this life ends right after.
 */
import type { Bet } from '../../domain/bet.ts';
import type { LedgerEvent } from '../../domain/ledger.ts';
import type { MarketBook } from '../../domain/market-book.ts';
import type { DecidedCell } from '../../domain/open-bets.ts';
import type { MarketRules } from '../../domain/rules.ts';
import { AcceptedBets } from '../../protocol/accepted-bets.ts';
import { type AccountEvent, packAccountEvent, type ToldEvent } from '../../protocol/account-events.ts';
import type { PauseReason } from '../../protocol/letters/operate-market.ts';
import { packSettledBets } from '../../protocol/settled-bets.ts';
import type { MarketState } from '../../protocol/signals.ts';
import { type ActorContext, failpoint, OutboxRelay, type OutboxStream } from '../../runtime/index.ts';
import type { LedgerAnchor } from './ledger-anchor.ts';
import type {
  BookedEvent,
  LedgerStore,
  OperatorAction,
  SelfLimitsChange,
  StoredAnswer,
} from './ledger-store.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import { encodeOdds, ODDS_SNAPSHOT_INTERVAL_MS, type StoredOdds } from './odds-snapshot.ts';
import { PendingBets } from './pending-bets.ts';
import type { TickLogReader } from './tick-log-reader.ts';

/** Opened by the composition root, which also closes them. */
export interface ResolverPorts {
  readonly store: LedgerStore;
  readonly tickLog: TickLogReader;
  /** Where account events are relayed to. */
  readonly accountEvents: OutboxStream;
  readonly rules: MarketRules;
  /** How many bets of one tick one commit takes; without it, BETS_PER_COMMIT_MAX. */
  readonly betsPerCommitMax?: number;
  /** Where the head of the ledger is kept outside of it. */
  readonly anchor: LedgerAnchor;
  /** Another copy, which may be gone or away. */
  readonly anchorCopy?: LedgerAnchor;
}

/** Few enough that a piece takes some milliseconds, many enough to share an fsync. */
export const BETS_PER_COMMIT_MAX = 1_024;
/** How many ticks without effect may be applied again after a crash: 2 s of them. */
const CURSOR_LAG_TICKS_MAX = 20;

/** What the running turn decided: all of its answers, and what is not committed yet. */
class TurnDraft {
  booked: BookedEvent[] = [];
  /** Of the whole turn, by key: what was looked up when it began does not have them. */
  readonly answered = new Map<string, StoredAnswer>();
  answers: StoredAnswer[] = [];
  told: (ToldEvent | AcceptedBets)[] = [];
  actions: OperatorAction[] = [];
  limits: SelfLimitsChange[] = [];

  get isEmpty(): boolean {
    const { booked, answers, actions, limits } = this;
    return booked.length + answers.length + actions.length + limits.length === 0;
  }

  /** What it has is committed. */
  clear(): void {
    this.booked = [];
    this.answers = [];
    this.told = [];
    this.actions = [];
    this.limits = [];
  }
}

export interface ResolverState {
  readonly ports: ResolverPorts;
  readonly book: MarketBook;
  readonly pending: PendingBets;
  readonly draft: TurnDraft;
  readonly relay: OutboxRelay;
  readonly watch: LedgerWatch;
  /** The last word of operators. */
  isOperatorPaused: boolean;
  /** The books did not add up when they were opened. */
  areBooksBroken: boolean;
  /** Why no bets are taken; see pause.ts. */
  pauseReason: PauseReason | undefined;
  committedCursorSeq: number;
  /** Time of the tick that the kept odds are as of. */
  oddsKeptAtMs: number;
  /** The market as last told. */
  market: MarketState | undefined;
  /** The latest that the clock has said in this life. */
  latestMs: number;
}

export const createState = (
  ports: ResolverPorts,
  book: MarketBook,
  watch: LedgerWatch,
  committedCursorSeq: number,
  { metrics, log }: Pick<ActorContext, 'metrics' | 'log'>,
): ResolverState => ({
  ports,
  book,
  pending: new PendingBets(),
  draft: new TurnDraft(),
  relay: new OutboxRelay({ outbox: ports.store.outbox, stream: ports.accountEvents, metrics, log }),
  watch,
  isOperatorPaused: false,
  areBooksBroken: false,
  pauseReason: undefined,
  committedCursorSeq,
  oddsKeptAtMs: 0,
  market: undefined,
  latestMs: 0,
});

/** Whether the clock of the machine says less than it did, as after it was set back. */
export function isClockBehind(state: ResolverState, { clock }: Pick<ActorContext, 'clock'>): boolean {
  const nowMs = clock.nowMs();
  state.latestMs = Math.max(state.latestMs, nowMs);
  return nowMs < state.latestMs;
}

/** Books an event in memory and notes it for the ledger. */
export function bookEvent(state: ResolverState, event: LedgerEvent): void {
  state.book.apply(event);
  noteEvent(state, event);
}

/** Notes an event the book has booked already. */
export function noteEvent(state: ResolverState, event: LedgerEvent): void {
  state.draft.booked.push({ event, tickSeq: state.book.lastSeq });
}

/** `key`: requestKeyText of a request. */
export const draftedAnswer = (state: ResolverState, key: string): StoredAnswer | undefined =>
  state.draft.answered.get(key);

export function noteAnswer(state: ResolverState, key: string, answer: StoredAnswer): void {
  state.draft.answered.set(key, answer);
  state.draft.answers.push(answer);
}

export function noteAction(state: ResolverState, action: OperatorAction): void {
  state.draft.actions.push(action);
}

export function noteSelfLimits(state: ResolverState, change: SelfLimitsChange): void {
  state.draft.limits.push(change);
}

/** Tells a wallet what was booked: durable with it, and relayed after it. */
export function tellWallet(state: ResolverState, event: AccountEvent): void {
  state.draft.told.push(packAccountEvent(event));
}

/** As tellWallet, of a bet that was booked just now. */
export function tellAccepted({ book, draft }: ResolverState, bet: Bet): void {
  const account = book.accountOrEmpty(bet.wallet);
  const last = draft.told.at(-1);
  if (last instanceof AcceptedBets && last.add(bet, account)) return;
  draft.told.push(AcceptedBets.of(bet, account));
}

/** As tellWallet, of bets on a cell that were settled together, after all that their tick settled. */
export function tellSettled(state: ResolverState, settled: DecidedCell): void {
  const { book, draft } = state;
  draft.told.push(...packSettledBets(settled, (wallet) => book.accountOrEmpty(wallet)));
}

/**
 * One transaction for all that the turn has decided so far. A turn without effects only moves the cursor, and
 * that rarely.
 */
export async function commitTurn(state: ResolverState, context: ActorContext): Promise<void> {
  const { draft, book, ports } = state;
  const cursorSeq = book.lastSeq;
  if (draft.isEmpty && cursorSeq - state.committedCursorSeq < CURSOR_LAG_TICKS_MAX) return;
  const startedMs = context.clock.monotonicMs();
  const { booked, answers, actions, limits } = draft;
  const told = draft.told.map((one) => (one instanceof AcceptedBets ? one.packed() : one));
  const odds = oddsToKeep(state);
  await ports.store.commit({ booked, answers, told, actions, limits, cursorSeq, ...(odds && { odds }) });
  if (told.length > 0) {
    failpoint('outbox.committed');
    state.relay.kick();
  }
  context.metrics.observeSeconds(
    'resolver_commit_seconds',
    (context.clock.monotonicMs() - startedMs) / 1_000,
  );
  state.committedCursorSeq = cursorSeq;
  if (odds) state.oddsKeptAtMs = book.lastTick?.atMs ?? 0;
  draft.clear();
}

/** With the first commit of each interval; nothing is committed for the odds alone. */
function oddsToKeep({ book, oddsKeptAtMs }: ResolverState): StoredOdds | undefined {
  const { lastTick, odds, rules } = book;
  if (!lastTick || lastTick.atMs - oddsKeptAtMs < ODDS_SNAPSHOT_INTERVAL_MS) return undefined;
  return encodeOdds(odds.snapshot(lastTick.seq), rules);
}
