/**
 * The channels one connection listens to, and how it comes to them: anew, with a snapshot, or from where it
 * was (`since`), with exactly what it missed.
 *
 *   subscribe ──► live                               with a snapshot
 *   subscribe since ──► catching up ──► live         everything after it, in order, once
 *                   └─► live, `recovered: false`     some of it is not kept any more
 */
import { type ChannelName, CLOSE_CODES, type ClientFrame, type Position } from '../../protocol/api/frames.ts';
import { type PublicError, publicError } from '../../protocol/errors.ts';
import { type AccountFeed, accountPushes, wantedPushes } from './account-feed.ts';
import { type CatchUp, catchUp, PUSHES_PER_PIECE } from './catch-up.ts';
import type { SharedPush } from './push-frame.ts';
import { lastPushOf, type RecentEvents } from './recent-events.ts';
import type { RecentTicks } from './recent-ticks.ts';
import type { SocketSender } from './socket-sender.ts';

export interface SubscriptionPorts {
  readonly sender: SocketSender;
  readonly account: AccountFeed;
  readonly recentTicks: RecentTicks;
  readonly recentEvents: RecentEvents;
  /** The newest push of a public channel. */
  readonly latest: (channel: ChannelName) => SharedPush | undefined;
  readonly wallet: () => string | undefined;
  /** Called after the channels changed, or whether one is live. */
  readonly changed: () => void;
  readonly refuse: (frame: ClientFrame, error: PublicError) => void;
}

type SubscribeFrame = Extract<ClientFrame, { op: 'subscribe' }>;
type UnsubscribeFrame = Extract<ClientFrame, { op: 'unsubscribe' }>;
/** `ticks` are numbered by themselves, account events together. Channels of both share none. */
type Numbering = 'ticks' | 'events';

export class Subscriptions {
  readonly #ports: SubscriptionPorts;
  readonly #channels = new Set<ChannelName>();
  /** Those of the channels that are told what they missed, by which attempt, and are not live yet. */
  readonly #catchingUp = new Map<ChannelName, object>();

  constructor(ports: SubscriptionPorts) {
    this.#ports = ports;
  }

  get channels(): ReadonlySet<ChannelName> {
    return this.#channels;
  }

  /** Whether what happens on the channel goes to the connection at once. */
  isLive(channel: ChannelName): boolean {
    return this.#channels.has(channel) && !this.#catchingUp.has(channel);
  }

  clear(): void {
    this.#channels.clear();
    this.#catchingUp.clear();
  }

  /** `authenticated`: an `auth` sent before has been answered, so that it is known whose events they are. */
  subscribe(frame: SubscribeFrame, authenticated: Promise<void>): void {
    const { since } = frame;
    const channels = [...new Set(frame.channels)];
    const numbering = numberingOf(channels);
    if (!since) this.#beginAnew(frame, channels, numbering);
    else if (!numbering) this.#ports.refuse(frame, publicError('MALFORMED', { field: 'since' }));
    else if (numbering === 'ticks') this.#resumeTicks(frame, since);
    else void authenticated.then(() => this.#resumeEvents(frame, channels, since));
  }

  unsubscribe(frame: UnsubscribeFrame): void {
    const channels = [...new Set(frame.channels)];
    for (const channel of channels) {
      this.#channels.delete(channel);
      this.#catchingUp.delete(channel);
    }
    this.#ports.changed();
    this.#ports.sender.answer({ ack: 'unsubscribe', ...idOf(frame), channels });
  }

  #beginAnew(
    frame: SubscribeFrame,
    channels: readonly ChannelName[],
    numbering: Numbering | undefined,
  ): void {
    const { sender, account, changed } = this.#ports;
    for (const channel of channels) {
      this.#channels.add(channel);
      this.#catchingUp.delete(channel);
    }
    changed();
    sender.answer({
      ...{ ack: 'subscribe', ...idOf(frame), channels },
      ...(numbering && this.#headOf(numbering)),
      ...(frame.since && { recovered: false }),
    });
    this.#showNewest(channels);
    account.requestSnapshot(channels);
  }

  #showNewest(channels: readonly ChannelName[]): void {
    for (const channel of channels) {
      const push = this.#ports.latest(channel);
      if (push) this.#ports.sender.pushNewest(push);
    }
  }

  #resumeTicks(frame: SubscribeFrame, since: Position): void {
    const { recentTicks } = this.#ports;
    if (!recentTicks.reaches(since)) {
      this.#beginAnew(frame, ['price'], 'ticks');
      return;
    }
    this.#resume(frame, ['price'], 'ticks', {
      sinceSeq: since.seq,
      missedAfter: (seq) => {
        const pushes = recentTicks.after(seq, PUSHES_PER_PIECE);
        return pushes && { pushes, upToSeq: seq + pushes.length, isAll: pushes.length < PUSHES_PER_PIECE };
      },
      fellBehind: () => this.#cut(),
    });
  }

  #resumeEvents(frame: SubscribeFrame, channels: readonly ChannelName[], since: Position): void {
    const { recentEvents, refuse, sender, wallet: walletNow } = this.#ports;
    const wallet = walletNow();
    if (!sender.isOpen) return;
    if (wallet === undefined) {
      refuse(frame, publicError('UNAUTHENTICATED', { field: 'since' }));
      return;
    }
    if (!recentEvents.reaches(since)) {
      this.#beginAnew(frame, channels, 'events');
      return;
    }
    const wanted = new Set(channels);
    this.#resume(frame, channels, 'events', {
      sinceSeq: since.seq,
      missedAfter: (seq) => {
        if (walletNow() !== wallet) return undefined;
        const events = recentEvents.after(wallet, { epoch: since.epoch, seq }, PUSHES_PER_PIECE);
        const last = events?.at(-1);
        return (
          events && {
            pushes: events.flatMap((event) => wantedPushes(accountPushes(event), wanted, seq)),
            upToSeq: last ? lastPushOf(last.pos) : seq,
            isAll: events.length < PUSHES_PER_PIECE,
          }
        );
      },
      fellBehind: () => this.#cut(),
    });
  }

  #resume(
    frame: SubscribeFrame,
    channels: readonly ChannelName[],
    numbering: Numbering,
    missed: Pick<CatchUp, 'sinceSeq' | 'missedAfter' | 'fellBehind'>,
  ): void {
    const { sender, changed } = this.#ports;
    const attempt = {};
    const isSuperseded = (): boolean => channels.some((channel) => this.#catchingUp.get(channel) !== attempt);
    for (const channel of channels) {
      this.#channels.add(channel);
      this.#catchingUp.set(channel, attempt);
    }
    changed();
    sender.answer({
      ...{ ack: 'subscribe', ...idOf(frame), channels },
      ...{ ...this.#headOf(numbering), recovered: true },
    });
    const join = (): void => {
      for (const channel of channels) this.#catchingUp.delete(channel);
      changed();
    };
    void catchUp({ sender, ...missed, join, isSuperseded });
  }

  /** It was told that it gets all of it: it comes back, and is told that it does not. */
  #cut(): void {
    this.#ports.sender.close(CLOSE_CODES.TOO_SLOW, 'too slow');
  }

  #headOf(numbering: Numbering): Partial<Position> {
    const { recentEvents, recentTicks } = this.#ports;
    return (numbering === 'events' ? recentEvents.position : recentTicks.position) ?? {};
  }
}

function numberingOf(channels: readonly ChannelName[]): Numbering | undefined {
  if (channels.every((channel) => channel === 'price')) return 'ticks';
  return channels.every((channel) => channel === 'bets' || channel === 'account') ? 'events' : undefined;
}

const idOf = ({ id }: ClientFrame): { readonly id?: string | number } => (id === undefined ? {} : { id });
