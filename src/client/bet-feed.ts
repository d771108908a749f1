/**
 * The bets and the account of the signed-in wallet, live. Pushes come from the socket, which resumes where it
 * was; when the server cannot resume, the hole is closed by a listing over HTTP, repeated until it succeeds.
 *
 * Invariants: each result once (bet-tracker.ts); a hole stays known until it is closed, whatever happens to
 * connections meanwhile; a bet whose outcome is overdue is asked for, so that no result depends on a push.
 */
import type { ChannelName, Position } from '../protocol/api/frames.ts';
import type { BetsAnswer } from '../protocol/api/http.ts';
import type { AccountView, BetView } from '../protocol/bet-view.ts';
import { BETS_PER_PAGE_MAX } from '../protocol/limits.ts';
import { type BackoffOptions, fullJitterMs, sleepMs } from './backoff.ts';
import { type BetNews, BetTracker } from './bet-tracker.ts';
import { EventFollower } from './event-follower.ts';
import type { BetsPage } from './http-queries.ts';
import { LiveHub, type LiveOptions } from './live-hub.ts';
import type { AccountPush, BetPush, Subscription } from './socket-events.ts';
import { clientError, TouchlineError } from './touchline-error.ts';

export interface BetFeedOptions {
  /** Joins the private channels, signed in. */
  readonly join: () => void;
  readonly list: (page: BetsPage) => Promise<BetsAnswer>;
  readonly read: (id: string) => Promise<BetView>;
  readonly backoff: BackoffOptions;
  readonly closing: AbortSignal;
}

const RESULTS_KEPT_MAX = 10_000;
/** Asked for at a time; the rest with the next heartbeat. */
const OVERDUE_READS_MAX = 20;

export class BetFeed {
  readonly #options: BetFeedOptions;
  readonly #bets: LiveHub<BetView>;
  readonly #results: LiveHub<BetView>;
  readonly #accounts: LiveHub<AccountView>;
  readonly #followers = { bets: new EventFollower(), account: new EventFollower() };
  #tracker = new BetTracker();
  #account: AccountView | undefined;
  #wallet: string | undefined;
  #isJoined = false;
  #hasHole = false;
  #isListing = false;
  #isReadingOverdue = false;

  constructor(options: BetFeedOptions) {
    this.#options = options;
    const started = (): void => this.#join();
    this.#bets = new LiveHub({ queueMax: RESULTS_KEPT_MAX, started });
    this.#results = new LiveHub({ queueMax: RESULTS_KEPT_MAX, started });
    this.#accounts = new LiveHub({ queueMax: 1, skip: (_, newer) => newer, started });
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  bets(options: LiveOptions): AsyncIterableIterator<BetView, undefined> {
    return this.#bets.open(options, this.#tracker.open);
  }

  results(options: LiveOptions): AsyncIterableIterator<BetView, undefined> {
    return this.#results.open(options);
  }

  accounts(options: LiveOptions): AsyncIterableIterator<AccountView, undefined> {
    return this.#accounts.open(options, this.#account ? [this.#account] : []);
  }

  /** The bet once it is settled. */
  async result(id: string, signal: AbortSignal | undefined): Promise<BetView> {
    const results = this.results(signal ? { signal } : {});
    try {
      // Whatever settles from here on is in the queue; what settled before is told by this answer.
      const bet = await this.#options.read(id);
      if (bet.status !== 'open') return bet;
      this.told(bet);
      for await (const result of results) if (result.id === id) return result;
      throw clientError('CONNECTION_CLOSED', { betId: id });
    } finally {
      await results.return?.();
    }
  }

  positionOf(channel: ChannelName): Position | undefined {
    return isPrivate(channel) ? this.#followers[channel].position : undefined;
  }

  subscribed(subscription: Subscription): void {
    for (const channel of subscription.channels) {
      if (!isPrivate(channel)) continue;
      const isWhole = this.#followers[channel].subscribed(subscription);
      if (channel === 'bets' && (!isWhole || this.#hasHole)) this.#closeHole();
    }
  }

  /** From an answer to this client. */
  told(bet: BetView): void {
    if (this.#isJoined) this.#publish(bet, this.#tracker.told(bet));
  }

  betPushed({ bet, pos }: BetPush): void {
    if (this.#followers.bets.takes(pos)) this.#publish(bet, this.#tracker.told(bet));
  }

  accountPushed({ account, pos }: AccountPush): void {
    if (!this.#followers.account.takes(pos)) return;
    this.#account = account;
    this.#accounts.publish(account);
  }

  /** Index time passes. */
  heartbeat(nowMs: number): void {
    const ids = this.#tracker.overdue(nowMs).slice(0, OVERDUE_READS_MAX);
    if (ids.length > 0 && !this.#isReadingOverdue) void this.#readOverdue(ids);
  }

  /** What comes from here on is about this wallet. */
  belongsTo(wallet: string): void {
    if (wallet === this.#wallet) return;
    if (this.#wallet !== undefined) this.#forget();
    this.#wallet = wallet;
  }

  #forget(): void {
    this.#tracker = new BetTracker();
    this.#followers.bets = new EventFollower();
    this.#followers.account = new EventFollower();
    this.#account = undefined;
  }

  /** Ends all loops; the next one joins anew. */
  fail(error: unknown): void {
    this.#isJoined = false;
    for (const hub of [this.#bets, this.#results, this.#accounts]) hub.fail(error);
  }

  close(): void {
    for (const hub of [this.#bets, this.#results, this.#accounts]) hub.end();
  }

  #join(): void {
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#options.join();
  }

  #publish(bet: BetView, news: BetNews | undefined): void {
    if (!news) return;
    this.#bets.publish(bet);
    if (news === 'settled') this.#results.publish(bet);
  }

  #closeHole(): void {
    this.#hasHole = true;
    if (!this.#isListing) void this.#listUntilClosed();
  }

  async #listUntilClosed(): Promise<void> {
    this.#isListing = true;
    const { backoff, closing } = this.#options;
    for (let attempt = 0; this.#hasHole && !closing.aborted; attempt += 1) {
      this.#hasHole = false;
      const tracker = this.#tracker;
      try {
        await this.#list(tracker);
      } catch (error) {
        this.#hasHole = tracker === this.#tracker;
        if (!(error instanceof TouchlineError) || !error.retryable) {
          this.fail(error);
          break;
        }
        await sleepMs(fullJitterMs(attempt, backoff), closing).catch(() => {});
      }
    }
    this.#isListing = false;
  }

  /** Newest first, down to what is known. */
  async #list(tracker: BetTracker): Promise<void> {
    const endsAtMs = tracker.listingEndsAtMs;
    const limit = endsAtMs === Infinity ? 1 : BETS_PER_PAGE_MAX;
    const listed: BetView[] = [];
    let beforeId: string | undefined;
    do {
      const page = await this.#options.list({ limit, ...(beforeId !== undefined && { beforeId }) });
      listed.push(...page.bets);
      beforeId = page.nextBeforeId;
    } while (beforeId !== undefined && (listed.at(-1)?.receivedAtMs ?? 0) > endsAtMs);
    if (tracker !== this.#tracker) return;
    for (const bet of listed.toReversed()) this.#publish(bet, tracker.listed(bet));
    tracker.synced(listed[0]);
  }

  async #readOverdue(ids: readonly string[]): Promise<void> {
    this.#isReadingOverdue = true;
    const tracker = this.#tracker;
    const reads = await Promise.allSettled(ids.map((id) => this.#options.read(id)));
    for (const read of reads) {
      // One that failed is still overdue at the next heartbeat.
      if (read.status === 'fulfilled' && tracker === this.#tracker)
        this.#publish(read.value, tracker.told(read.value));
    }
    this.#isReadingOverdue = false;
  }
}

const isPrivate = (channel: ChannelName): channel is 'bets' | 'account' =>
  channel === 'bets' || channel === 'account';
