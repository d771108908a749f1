/**
 * What one connection hears of its wallet: a snapshot (open bets, account) read from the Resolver, and every
 * event as it comes. After events were missed, the snapshot again, and the outcomes that may have been among
 * them.
 *
 * Invariants: an event that arrives while a snapshot is being read is newer than what was read and wins over
 * it; a snapshot is paced by the reader, so that a long list of bets does not count as slowness; at most one
 * read per connection is under way.
 */

import type { ChannelName } from '../../protocol/api/frames.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';
import { SharedPush } from './push-frame.ts';
import { lastPushOf, type NumberedEvent } from './recent-events.ts';
import type { SocketSender } from './socket-sender.ts';

/** One event, encoded once for all connections of its wallet. */
export interface AccountPushes {
  readonly pos: number;
  readonly wallet: string;
  readonly bet?: { readonly id: string; readonly push: SharedPush };
  readonly account: SharedPush;
}

export interface AccountFeedOptions {
  readonly context: Pick<ActorContext, 'ask' | 'metrics'>;
  readonly sender: SocketSender;
  readonly channels: () => ReadonlySet<ChannelName>;
  /** False too of channels that get what they missed first, from what is kept. */
  readonly isLive: (channel: ChannelName) => boolean;
  /** The wallet the connection is signed in with now. */
  readonly wallet: () => string | undefined;
  /** The newest tick's sequence number. */
  readonly seq: () => number;
}

type PrivateChannel = Extract<ChannelName, 'bets' | 'account'>;
/** What is read: open bets, bets that were settled lately, the account. */
type Reading = PrivateChannel | 'settled';

/** About half of what may wait before the reader has to catch up. */
const BETS_PER_READ = 25;
/** Of so many pages of the newest bets, the settled ones are told again after events were missed. */
const MISSED_PAGES_MAX = 4;
const READ_DEADLINE_MS = 3_000;

export function accountPushes({ pos, event }: NumberedEvent): AccountPushes {
  const { type, wallet, bet, account, seq } = event;
  const betPush =
    bet === undefined || type === 'AccountOpened'
      ? {}
      : { bet: { id: bet.id, push: new SharedPush({ push: 'bet', seq, event: type, bet, pos }) } };
  const accountPush = new SharedPush({ push: 'account', seq, account, pos: lastPushOf(pos) });
  return { pos, wallet, ...betPush, account: accountPush };
}

/** Those of an event's pushes after that place that somebody gets who listens to these channels. */
export function wantedPushes(
  { pos, bet, account }: AccountPushes,
  channels: ReadonlySet<ChannelName>,
  afterPos: number,
): readonly SharedPush[] {
  const wantsBet = channels.has('bets') && pos > afterPos;
  return [...(bet && wantsBet ? [bet.push] : []), ...(channels.has('account') ? [account] : [])];
}

export class AccountFeed {
  readonly #options: AccountFeedOptions;
  readonly #wanted = new Set<Reading>();
  /** Bets with an event since the running read began. */
  readonly #overtakenBets = new Set<string>();
  #isAccountOvertaken = false;
  #isReading = false;

  constructor(options: AccountFeedOptions) {
    this.#options = options;
  }

  deliver(event: AccountPushes): void {
    const { sender, isLive } = this.#options;
    if (event.bet && isLive('bets')) {
      if (this.#isReading) this.#overtakenBets.add(event.bet.id);
      sender.push(event.bet.push);
    }
    if (isLive('account')) {
      this.#isAccountOvertaken = true;
      sender.push(event.account);
    }
  }

  /** Sends what there is now, for those of the channels that are private. */
  requestSnapshot(channels: Iterable<ChannelName>): void {
    for (const channel of channels)
      if (channel === 'bets' || channel === 'account') this.#wanted.add(channel);
    this.retry();
  }

  /** After events were missed: the snapshot, and the outcomes that may have been among them. */
  requestMissed(): void {
    if (this.#options.channels().has('bets')) this.#wanted.add('settled');
    this.requestSnapshot(this.#options.channels());
  }

  /** Reads what is still wanted, e.g. after the Resolver did not answer. */
  retry(): void {
    if (!this.#isReading && this.#wanted.size > 0) void this.#readWanted();
  }

  async #readWanted(): Promise<void> {
    this.#isReading = true;
    try {
      for (const reading of this.#wanted) {
        const wallet = this.#options.wallet();
        if (wallet === undefined) return;
        this.#wanted.delete(reading);
        if (!(await this.#read(reading, wallet))) return this.#failed(reading);
      }
    } finally {
      this.#isReading = false;
      this.#overtakenBets.clear();
    }
  }

  #failed(reading: Reading): void {
    this.#options.context.metrics.count('ws_snapshot_failures_total', { channel: reading });
    this.#wanted.add(reading);
  }

  #read(reading: Reading, wallet: string): Promise<boolean> {
    switch (reading) {
      case 'bets':
        return this.#readBets(wallet, Infinity, 'open');
      case 'settled':
        return this.#readBets(wallet, MISSED_PAGES_MAX);
      default:
        return this.#readAccount(wallet);
    }
  }

  /** With `status`, bets that are open; without, those of the newest that are not. */
  async #readBets(wallet: string, pagesMax: number, status?: 'open'): Promise<boolean> {
    const { context, sender } = this.#options;
    let beforeId: string | undefined;
    let pages = 0;
    do {
      const body = {
        wallet,
        limit: BETS_PER_READ,
        ...(status ? { status } : {}),
        ...(beforeId ? { beforeId } : {}),
      };
      const page = outcomeOf(
        await context.ask(RESOLVER, { type: 'ListBets', body }, { deadlineMs: READ_DEADLINE_MS }),
      );
      if (!page.ok) return false;
      if (!this.#isFor(wallet, 'bets')) return true;
      for (const bet of page.value.bets) {
        if (this.#overtakenBets.has(bet.id)) continue;
        const { settledSeq } = bet;
        if (settledSeq !== undefined)
          sender.push(new SharedPush({ push: 'bet', seq: settledSeq, event: 'BetSettled', bet }));
        else if (status === 'open')
          sender.push(new SharedPush({ push: 'bet', seq: bet.acceptedSeq, event: 'BetAccepted', bet }));
      }
      pages += 1;
      beforeId = page.value.nextBeforeId;
    } while (beforeId !== undefined && pages < pagesMax && (await sender.room()));
    return true;
  }

  async #readAccount(wallet: string): Promise<boolean> {
    const { context, sender, seq } = this.#options;
    this.#isAccountOvertaken = false;
    const asked = await context.ask(
      RESOLVER,
      { type: 'GetAccount', body: { wallet } },
      { deadlineMs: READ_DEADLINE_MS },
    );
    const account = outcomeOf(asked);
    if (!account.ok) return false;
    if (!this.#isFor(wallet, 'account') || this.#isAccountOvertaken) return true;
    sender.push(new SharedPush({ push: 'account', seq: seq(), account: account.value }));
    return true;
  }

  #isFor(wallet: string, channel: PrivateChannel): boolean {
    const { sender, channels } = this.#options;
    return sender.isOpen && this.#options.wallet() === wallet && channels().has(channel);
  }
}
