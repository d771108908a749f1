/**
 * All connections of this broadcaster, found by what they listen to, and what goes out to them.
 *
 * A push is built once and encoded once per format (push-frame.ts), and what one turn of the loop has for a
 * connection leaves together (socket-sender.ts). Sets of subscribers are kept here and not as topics of the
 * server, because every frame carries the connection's own `n`, and a slow one must be skipped or closed by
 * our rule, not silently by the server's. What it costs: docs/adr/0023.
 */
import type { IndexTick } from '../../domain/tick.ts';
import { type ChannelName, CLOSE_CODES, type GridView } from '../../protocol/api/frames.ts';
import type { FeedLife } from '../../protocol/signals.ts';
import type { Random } from '../../runtime/index.ts';
import { accountPushes } from './account-feed.ts';
import type { ClientSocket } from './client-server.ts';
import { SharedPush, type WireFormat } from './push-frame.ts';
import type { ToldEntry } from './recent-events.ts';
import { type SocketPorts, SocketSession } from './socket-session.ts';

type PublicChannel = Extract<ChannelName, 'price' | 'grid'>;
const PUBLIC_CHANNELS: readonly PublicChannel[] = ['price', 'grid'];

/** Clients come back spread over this long, not all at once. */
const RECONNECT_AFTER_MS_MIN = 250;
const RECONNECT_SPREAD_MS = 4_750;

export interface FanOutOptions {
  /** Connections that may be signed in with one wallet. */
  readonly perWalletMax: number;
  readonly onClose: (connection: number) => void;
}

export class FanOut {
  readonly #ports: SocketPorts;
  readonly #sessions = new Map<number, SocketSession>();
  readonly #subscribers: Readonly<Record<PublicChannel, Set<SocketSession>>> = {
    price: new Set(),
    grid: new Set(),
  };
  readonly #byWallet = new Map<string, Set<SocketSession>>();
  readonly #latest = new Map<ChannelName, SharedPush>();
  readonly #onClose: (connection: number) => void;
  #nextConnection = 1;

  constructor(
    ports: Omit<SocketPorts, 'latest' | 'changed' | 'hasRoomFor'>,
    { perWalletMax, onClose }: FanOutOptions,
  ) {
    this.#ports = {
      ...ports,
      latest: (channel) => this.#latest.get(channel),
      changed: (session, walletBefore) => this.#index(session, walletBefore),
      hasRoomFor: (wallet) => (this.#byWallet.get(wallet)?.size ?? 0) < perWalletMax,
    };
    this.#onClose = onClose;
  }

  get size(): number {
    return this.#sessions.size;
  }

  connections(): number[] {
    return [...this.#sessions.keys()];
  }

  open(socket: ClientSocket, format: WireFormat): SocketSession {
    const session = new SocketSession(this.#nextConnection, socket, format, this.#ports);
    this.#nextConnection += 1;
    this.#sessions.set(session.connection, session);
    return session;
  }

  /** False: ticks are missing before it. */
  pushTick(tick: IndexTick, feed?: FeedLife): boolean {
    const { push, isAfterHole } = this.#ports.recentTicks.add(tick, feed);
    this.#publish('price', push);
    return !isAfterHole;
  }

  pushGrid(grid: GridView): void {
    this.#publish('grid', new SharedPush({ push: 'grid', seq: grid.seq, grid }));
  }

  /** To who listens here: the events of everybody else's wallets are not even built. */
  deliver(entry: ToldEntry): void {
    if (this.#byWallet.size === 0) return;
    for (const numbered of entry.eventsFor((wallet) => this.#isHeard(wallet))) {
      const sessions = this.#byWallet.get(numbered.event.wallet) ?? [];
      const pushes = accountPushes(numbered);
      for (const session of sessions) session.deliver(pushes);
    }
  }

  /** Account events were missed: every signed-in connection gets its snapshots, and what was settled. */
  showAnew(): void {
    for (const sessions of this.#byWallet.values()) for (const session of sessions) session.showAnew();
  }

  heartbeat(atMs: number): void {
    const push = new SharedPush({ push: 'heartbeat', seq: this.#ports.market.seq, atMs });
    for (const session of this.#sessions.values()) session.heartbeat(push);
  }

  /** Signed-in connections whose session was last seen to stand before this ask again. */
  recheck(checkedBeforeMs: number): void {
    for (const sessions of this.#byWallet.values())
      for (const session of sessions) session.recheck(checkedBeforeMs);
  }

  sessionEnded(wallet: string): void {
    for (const session of this.#byWallet.get(wallet) ?? []) session.sessionEnded();
  }

  /** Tells everybody when to come back. */
  announceShutdown(random: Pick<Random, 'fraction'>): void {
    const { seq } = this.#ports.market;
    for (const session of this.#sessions.values()) {
      const reconnectAfterMs = RECONNECT_AFTER_MS_MIN + Math.floor(random.fraction() * RECONNECT_SPREAD_MS);
      session.sender.push(new SharedPush({ push: 'shutdown', seq, reconnectAfterMs }));
    }
  }

  /** Resolves when no connection waits for an answer. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.idle()));
  }

  closeAll(): void {
    for (const session of this.#sessions.values())
      session.sender.close(CLOSE_CODES.SHUTDOWN, 'shutting down');
  }

  #isHeard(wallet: string): boolean {
    for (const session of this.#byWallet.get(wallet) ?? []) if (session.hearsEvents) return true;
    return false;
  }

  #publish(channel: PublicChannel, push: SharedPush): void {
    this.#latest.set(channel, push);
    for (const session of this.#subscribers[channel]) session.sender.pushNewest(push);
  }

  /** Files a session anew; one that is closed is taken out everywhere. */
  #index(session: SocketSession, walletBefore: string | undefined): void {
    for (const channel of PUBLIC_CHANNELS) {
      if (session.isLive(channel)) this.#subscribers[channel].add(session);
      else this.#subscribers[channel].delete(session);
    }
    if (walletBefore !== session.wallet) this.#fileUnderWallet(session, walletBefore);
    if (!session.sender.isOpen && this.#sessions.delete(session.connection))
      this.#onClose(session.connection);
  }

  #fileUnderWallet(session: SocketSession, walletBefore: string | undefined): void {
    const before = walletBefore === undefined ? undefined : this.#byWallet.get(walletBefore);
    before?.delete(session);
    if (walletBefore !== undefined && before?.size === 0) this.#byWallet.delete(walletBefore);
    if (session.wallet === undefined) return;
    const sessions = this.#byWallet.get(session.wallet) ?? new Set();
    this.#byWallet.set(session.wallet, sessions.add(session));
  }
}
