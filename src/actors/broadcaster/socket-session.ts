/**
 * One WebSocket connection: what it subscribed to, whose it is, and what it may do.
 *
 *   anonymous ──auth──► signed in (wallet) ──session ended, auth──► anonymous
 *
 * Private channels (`bets`, `account`) may be subscribed to at any time and are silent until the connection
 * is signed in; they begin with a snapshot. So a client may send `subscribe` and `auth` in any order, and its
 * subscriptions outlive its session. A `place` waits for an `auth` sent before it.
 *
 * Invariants: an event of a wallet goes only to connections signed in with it; while a snapshot is being
 * read, events that overtake it win over it; work under way per connection is bounded.
 */
import {
  type AnswerFrame,
  type ChannelName,
  CLOSE_CODES,
  type ClientFrame,
} from '../../protocol/api/frames.ts';
import { type PublicError, publicError } from '../../protocol/errors.ts';
import { IDLE_MS_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { AccountFeed, type AccountPushes } from './account-feed.ts';
import { decodeFrame } from './client-codec.ts';
import type { ClientSocket, SocketHandler } from './client-server.ts';
import { FRAMES_PER_SECOND_MAX, FrameRate } from './frame-rate.ts';
import type { MarketView } from './market-view.ts';
import { SharedPush, type WireFormat } from './push-frame.ts';
import type { RecentEvents } from './recent-events.ts';
import type { RecentTicks } from './recent-ticks.ts';
import type { SessionGate } from './sessions/session-gate.ts';
import { type Ask, type AsSent, answerAsk, type Desks } from './socket-asks.ts';
import { SocketSender } from './socket-sender.ts';
import { Subscriptions } from './subscriptions.ts';
import { UnderWay } from './under-way.ts';

/** What all connections of a broadcaster share. */
export interface SocketPorts {
  readonly context: Pick<ActorContext, 'ask' | 'clock' | 'metrics' | 'log'>;
  readonly gate: SessionGate;
  readonly market: MarketView;
  readonly desks: Desks;
  readonly recentTicks: RecentTicks;
  readonly recentEvents: RecentEvents;
  /** The newest push of a public channel. */
  readonly latest: (channel: ChannelName) => SharedPush | undefined;
  /** Called after the connection's subscriptions, its wallet or its life changed. */
  readonly changed: (session: SocketSession, walletBefore: string | undefined) => void;
  /** Whether one more connection may be signed in with this wallet. */
  readonly hasRoomFor: (wallet: string) => boolean;
}

interface Identity {
  readonly token: string;
  readonly wallet: string;
  checkedAtMs: number;
}

const NOBODY = { token: undefined, wallet: undefined };
/** Broken or surplus frames in a row before the connection is closed. */
const STRIKES_MAX = 5;
/** A session that could not be checked for this long counts as ended. */
const UNCHECKED_MS_MAX = 180_000;

type FrameOf<O extends ClientFrame['op']> = Extract<ClientFrame, { op: O }>;

export class SocketSession implements SocketHandler {
  /** Unique in this broadcaster's life. */
  readonly connection: number;
  readonly sender: SocketSender;
  readonly #format: WireFormat;
  readonly #ports: SocketPorts;
  readonly #account: AccountFeed;
  readonly #subscriptions: Subscriptions;
  readonly #underWay = new UnderWay();
  #identity: Identity | undefined;
  /** While an `auth` is looked at: what comes after it waits. */
  #authenticating: Promise<void> | undefined;
  #authentications = 0;
  #strikes = 0;
  readonly #openedMs: number;
  #hasAsked = false;
  readonly #frameRate: FrameRate;

  constructor(connection: number, socket: ClientSocket, format: WireFormat, ports: SocketPorts) {
    this.connection = connection;
    this.#openedMs = ports.context.clock.monotonicMs();
    this.sender = new SocketSender(socket, format, ports.context.metrics);
    this.#format = format;
    this.#ports = ports;
    this.#frameRate = new FrameRate(ports.context.clock);
    this.#account = new AccountFeed({
      context: ports.context,
      sender: this.sender,
      channels: () => this.#subscriptions.channels,
      isLive: (channel) => this.isLive(channel),
      wallet: () => this.wallet,
      seq: () => ports.market.seq,
    });
    this.#subscriptions = new Subscriptions({
      ...{ sender: this.sender, account: this.#account, latest: ports.latest },
      ...{ recentTicks: ports.recentTicks, recentEvents: ports.recentEvents },
      wallet: () => this.wallet,
      changed: () => ports.changed(this, this.wallet),
      refuse: (frame, error) => this.#refuse(frame, error),
    });
  }

  /** Whether what happens on the channel goes out at once. */
  isLive(channel: ChannelName): boolean {
    return this.#subscriptions.isLive(channel);
  }

  /** Whether events of its wallet go out at once on any channel. */
  get hearsEvents(): boolean {
    return this.isLive('bets') || this.isLive('account');
  }

  get wallet(): string | undefined {
    return this.#identity?.wallet;
  }

  message(bytes: Uint8Array, isBinary: boolean): void {
    if (!this.sender.isOpen) return;
    const decoded = this.#frameRate.isTooHigh() ? undefined : decodeFrame(bytes, isBinary, this.#format);
    if (!decoded) {
      this.#strike(publicError('RATE_LIMITED', { framesPerSecond: FRAMES_PER_SECOND_MAX }));
    } else if (!decoded.ok) {
      const { field, id, op } = decoded;
      const about = { ...withId(id), ...(op === undefined ? {} : { op }) };
      this.#strike(publicError('MALFORMED', { field }), about);
    } else {
      this.#strikes = 0;
      this.#hasAsked = true;
      this.#handle(decoded.frame, decoded.asSent);
    }
  }

  /** The handshake named a session, in a cookie: as if the client had sent `auth`. */
  signIn(token: string): void {
    this.#handle({ op: 'auth', token }, {});
  }

  drained(): void {
    this.sender.drained();
    for (const channel of this.sender.takeSkipped()) {
      const push = isChannel(channel) && this.isLive(channel) ? this.#ports.latest(channel) : undefined;
      if (push) this.sender.pushNewest(push);
    }
  }

  closed(): void {
    this.sender.closed();
    const { wallet } = this;
    this.#identity = undefined;
    this.#authentications += 1;
    this.#subscriptions.clear();
    this.#ports.changed(this, wallet);
  }

  /** An event of the wallet this connection is signed in with. */
  deliver(event: AccountPushes): void {
    this.#account.deliver(event);
  }

  /** Events of the wallet may have been missed. */
  showAnew(): void {
    this.#account.requestMissed();
  }

  /** Every few seconds: shows that the connection lives, and asks again for what could not be read. */
  heartbeat(push: SharedPush): void {
    if (!this.#hasAsked && this.#ports.context.clock.monotonicMs() - this.#openedMs >= IDLE_MS_MAX) {
      this.sender.close(CLOSE_CODES.IDLE, 'nothing was asked');
      return;
    }
    this.sender.pushNewest(push);
    this.#account.retry();
  }

  /** Asks whether the session still stands if that was last known before `checkedBeforeMs`. */
  recheck(checkedBeforeMs: number): void {
    const identity = this.#identity;
    if (identity && identity.checkedAtMs < checkedBeforeMs)
      this.#run(() => this.#recheck(identity, UNCHECKED_MS_MAX));
  }

  /** A session of the wallet ended: unless ours can be seen to stand, this connection is signed out. */
  sessionEnded(): void {
    const identity = this.#identity;
    if (identity) this.#run(() => this.#recheck(identity, 0));
  }

  /** Resolves when nothing that will be answered is under way. */
  idle(): Promise<void> {
    return this.#underWay.idle();
  }

  #handle(frame: ClientFrame, asSent: AsSent): void {
    switch (frame.op) {
      case 'subscribe':
        this.#subscriptions.subscribe(frame, this.#authenticating ?? Promise.resolve());
        break;
      case 'unsubscribe':
        this.#subscriptions.unsubscribe(frame);
        break;
      case 'auth':
        this.#beginAuthenticating(frame);
        break;
      case 'place':
        void this.#run(() => this.#place(frame, asSent), frame);
        break;
      case 'place-batch':
      case 'quote':
      case 'account':
      case 'bets':
        void this.#run(() => this.#ask(frame, asSent), frame);
        break;
      case 'ping':
        this.sender.answer({ ack: 'ping', ...withId(frame.id), atMs: this.#ports.context.clock.nowMs() });
        break;
      default:
        frame satisfies never;
    }
  }

  async #authenticate(frame: FrameOf<'auth'>): Promise<void> {
    this.#authentications += 1;
    const attempt = this.#authentications;
    this.#identify(undefined);
    const session = await this.#ports.gate.check(frame.token);
    if (!this.sender.isOpen) return;
    // A later `auth` has taken its place.
    if (attempt !== this.#authentications) return this.#refuse(frame, publicError('UNAUTHENTICATED'));
    if (!session.ok) return this.#refuse(frame, session.error);
    const { wallet, expiresAtMs } = session.value;
    if (!this.#ports.hasRoomFor(wallet))
      return this.#refuse(frame, publicError('TOO_MANY_CONNECTIONS', { wallet }));
    this.#identify({ token: frame.token, wallet, checkedAtMs: this.#ports.context.clock.nowMs() });
    this.sender.answer({ ack: 'auth', ...withId(frame.id), wallet, expiresAtMs });
    this.#account.requestSnapshot(this.#subscriptions.channels);
  }

  #beginAuthenticating(frame: FrameOf<'auth'>): void {
    const running = this.#run(() => this.#authenticate(frame), frame);
    this.#authenticating = running;
    void running.then(() => {
      if (this.#authenticating === running) this.#authenticating = undefined;
    });
  }

  /** As any ask, without what stands between the others and their answer: most frames are bets. */
  async #place(frame: FrameOf<'place'>, { bet }: AsSent): Promise<void> {
    if (this.#authenticating) await this.#authenticating;
    const identity = this.#identity;
    const { id, idempotencyKey } = frame;
    const { token, wallet } = identity ?? NOBODY;
    const placed = await this.#ports.desks.placeBet({ token, wallet, idempotencyKey, bet });
    if (!placed.ok) this.#refuseAsk(frame, placed.error, identity);
    else if (id === undefined) this.sender.answer({ ack: 'place', bet: placed.value });
    else this.sender.answer({ ack: 'place', bet: placed.value, id });
  }

  async #ask(frame: Ask, asSent: AsSent): Promise<void> {
    if (this.#authenticating) await this.#authenticating;
    const identity = this.#identity;
    const answered = await answerAsk(frame, asSent, this.#ports.desks, identity);
    if (answered.ok) this.sender.answer({ ...answered.value, ...withId(frame.id) });
    else this.#refuseAsk(frame, answered.error, identity);
  }

  #refuseAsk(frame: ClientFrame, error: PublicError, identity: Identity | undefined): void {
    this.#refuse(frame, error);
    if (identity && error.code === 'UNAUTHENTICATED') this.#signOut(identity);
  }

  async #recheck(identity: Identity, uncheckedMsMax: number): Promise<void> {
    const nowMs = this.#ports.context.clock.nowMs();
    const session = await this.#ports.gate.check(identity.token);
    if (session.ok) identity.checkedAtMs = nowMs;
    else if (session.error.code === 'UNAUTHENTICATED') this.#signOut(identity);
    else if (nowMs - identity.checkedAtMs >= uncheckedMsMax) this.#signOut(identity);
  }

  #signOut(identity: Identity): void {
    if (this.#identity !== identity) return;
    this.#identify(undefined);
    this.sender.push(new SharedPush({ push: 'signed-out', seq: this.#ports.market.seq }));
  }

  #identify(identity: Identity | undefined): void {
    const before = this.wallet;
    this.#identity = identity;
    if (before !== this.wallet) this.#ports.changed(this, before);
  }

  /** Work whose end is an answer. `frame`: refused at once if too much is under way. */
  #run(work: () => Promise<void>, frame?: ClientFrame): Promise<void> {
    if (frame && this.#underWay.isFull) {
      this.#refuse(frame, publicError('MAILBOX_FULL'));
      return Promise.resolve();
    }
    return this.#underWay.run(work, (error) => {
      this.#ports.context.log.error({ err: error, op: frame?.op }, 'frame failed');
      if (frame) this.#refuse(frame, publicError('INTERNAL'));
    });
  }

  #refuse(frame: ClientFrame, error: PublicError): void {
    this.sender.answer({ ack: 'error', ...withId(frame.id), op: frame.op, error });
  }

  #strike(error: PublicError, about: Pick<Extract<AnswerFrame, { ack: 'error' }>, 'id' | 'op'> = {}): void {
    this.#strikes += 1;
    this.#ports.context.metrics.count('ws_frames_refused_total', { code: error.code });
    this.sender.answer({ ack: 'error', ...about, error });
    if (this.#strikes >= STRIKES_MAX) this.sender.close(CLOSE_CODES.MALFORMED, 'too many malformed frames');
  }
}

const withId = (id: string | number | undefined): { readonly id?: string | number } =>
  id === undefined ? {} : { id };

const isChannel = (push: SharedPush['channel']): push is 'price' | 'grid' =>
  push === 'price' || push === 'grid';
