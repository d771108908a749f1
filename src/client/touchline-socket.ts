/**
 * The pushes of `GET /v1/ws` over as many connections as it takes. What the user wants (channels, a session,
 * bets under way) is kept here and said again on every new connection.
 *
 * Invariants: private channels are asked for only after the session is confirmed; an unanswered bet is sent
 * again with its own idempotency key, so it is placed at most once; 44xx ends it, everything else comes back
 * with full jitter.
 * Non-goals: retrying refused bets; the caller knows whether the offer still stands.
 */
import type {
  AnswerFrame,
  ChannelName,
  ClientFrame,
  PushFrame,
  ServerFrame,
} from '../protocol/api/frames.ts';
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { BetView } from '../protocol/bet-view.ts';
import { HEARTBEAT_INTERVAL_MS } from '../protocol/limits.ts';
import { type BackoffOptions, fullJitterMs } from './backoff.ts';
import { type PendingRequest, pendingRequest } from './pending-requests.ts';
import { Resync } from './resync.ts';
import { type Listener, type SocketEvents, SocketListeners, type SocketState } from './socket-events.ts';
import { JSON_FORMAT, msgpackFormat, SocketWire, type WireFormat } from './socket-wire.ts';
import { newIdempotencyKey, type TouchlineClient } from './touchline-client.ts';
import { clientError, errorFromWire, type TouchlineError } from './touchline-error.ts';

export interface TouchlineSocketOptions {
  /** Origin of the server, http(s) or ws(s). */
  readonly baseUrl: string;
  readonly channels?: readonly ChannelName[];
  readonly token?: string;
  readonly format?: 'json' | 'msgpack';
  /** Where a resync reads from after a gap or a reconnection. Without it, gaps are only told. */
  readonly client?: TouchlineClient;
  readonly webSocket?: typeof globalThis.WebSocket;
  /** Waits between connections. Default: up to 0.5 s doubling to 15 s. */
  readonly backoff?: Partial<BackoffOptions>;
  /** A connection silent for this long counts as dead. Default: three heartbeats. */
  readonly silenceMsMax?: number;
  /** For `auth` and `place`, over all connections. Default 15 s. */
  readonly requestTimeoutMs?: number;
}

export interface Authenticated {
  readonly wallet: string;
  readonly expiresAtMs: number;
}

/** Our own code for "connected, but the server could not say who we are just now". */
const BUSY_CLOSE_CODE = 4998;
const PRIVATE_CHANNELS: ReadonlySet<ChannelName> = new Set(['bets', 'account']);

export const createTouchlineSocket = (options: TouchlineSocketOptions): TouchlineSocket =>
  new TouchlineSocket(options);

export class TouchlineSocket {
  readonly #options: TouchlineSocketOptions;
  readonly #backoff: BackoffOptions;
  readonly #listeners = new SocketListeners();
  readonly #resync: Resync | undefined;
  readonly #wanted: Set<ChannelName>;
  readonly #places = new Set<PendingRequest<BetView>>();
  /** Answers awaited on this connection, by frame id. */
  readonly #answers = new Map<string | number, (answer: AnswerFrame) => void>();
  #auth: PendingRequest<Authenticated> | undefined;
  #token: string | undefined;
  #isAuthenticated = false;
  #wire: SocketWire | undefined;
  #format: WireFormat | undefined;
  #state: SocketState = { state: 'connecting' };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #connections = 0;
  #reconnectAfterMs = 0;
  #lastId = 0;

  constructor(options: TouchlineSocketOptions) {
    this.#options = options;
    this.#backoff = { baseMs: 500, capMs: 15_000, random: Math.random, ...options.backoff };
    this.#wanted = new Set(options.channels ?? []);
    this.#token = options.token;
    if (options.client) this.#resync = new Resync(options.client, this.#listeners);
    void this.#connect();
  }

  get state(): SocketState['state'] {
    return this.#state.state;
  }

  /** Returns the function that takes the listener off again. */
  on<K extends keyof SocketEvents>(name: K, listener: Listener<SocketEvents[K]>): () => void {
    return this.#listeners.on(name, listener);
  }

  /** From now on and on every later connection; the `subscribed` event confirms. */
  subscribe(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.#wanted.add(channel);
    this.#sendSubscribe(
      channels.filter((channel) => this.#isAuthenticated || !PRIVATE_CHANNELS.has(channel)),
    );
  }

  unsubscribe(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.#wanted.delete(channel);
    if (this.state === 'open')
      this.#wire?.send({ op: 'unsubscribe', channels: [...channels], id: this.#nextId() });
  }

  /** Takes up a session here and on every later connection, until it ends or is forgotten. */
  auth(token: string): Promise<Authenticated> {
    this.#token = token;
    this.#auth?.reject(clientError('CONNECTION_CLOSED'));
    const auth = pendingRequest<Authenticated>({ op: 'auth', token }, this.#requestTimeoutMs, (settled) => {
      if (this.#auth === settled) this.#auth = undefined;
    });
    this.#auth = auth;
    if (this.state === 'open') this.#sendAuth(token);
    return auth.promise;
  }

  /** Leaves the session. The connection is renewed, because a server's connection keeps the one it has. */
  forgetToken(): void {
    if (this.#token === undefined) return;
    this.#token = undefined;
    this.reconnectNow();
  }

  /** Settles when the server says so; survives reconnections within the deadline. */
  place(bet: PlaceBetRequest, options: { readonly idempotencyKey?: string } = {}): Promise<BetView> {
    const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey();
    if (this.state === 'closed') return Promise.reject(clientError('CONNECTION_CLOSED', { idempotencyKey }));
    if (this.#token === undefined) return Promise.reject(errorFromWire({ code: 'UNAUTHENTICATED' }));
    const frame: ClientFrame = { op: 'place', idempotencyKey, bet: { ...bet } };
    const place = pendingRequest<BetView>(frame, this.#requestTimeoutMs, (settled) =>
      this.#places.delete(settled),
    );
    this.#places.add(place);
    if (this.#isAuthenticated) this.#sendPlace(place);
    return place.promise;
  }

  /** Does not wait out the rest of the backoff, e.g. when the device is online again. */
  reconnectNow(): void {
    if (this.state === 'closed') return;
    this.#wire?.drop();
    this.#attempt = 0;
    void this.#connect();
  }

  close(): void {
    this.#wire?.drop();
    this.#closeForGood(1000);
  }

  get #requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs ?? 15_000;
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#forgetConnection();
    this.#setState({ state: 'connecting' });
    this.#connections += 1;
    const connection = this.#connections;
    this.#format ??= this.#options.format === 'msgpack' ? await msgpackFormat() : JSON_FORMAT;
    // Somebody may have closed or reconnected while the format was loading.
    if (this.state !== 'connecting' || connection !== this.#connections) return;
    const WebSocketClass = this.#options.webSocket ?? globalThis.WebSocket;
    const url = `${this.#options.baseUrl.replace(/^http/, 'ws').replace(/\/+$/, '')}/v1/ws`;
    const socket = new WebSocketClass(url, this.#format.subprotocols);
    this.#wire = new SocketWire(
      socket,
      this.#format,
      this.#options.silenceMsMax ?? 3 * HEARTBEAT_INTERVAL_MS,
      {
        opened: () => this.#opened(),
        frame: (frame) => this.#received(frame),
        gap: (expected, got) => this.#gap(expected, got),
        closed: (code) => this.#closed(code),
      },
    );
  }

  #opened(): void {
    this.#setState({ state: 'open' });
    if (this.#token !== undefined) this.#sendAuth(this.#token);
    this.#sendSubscribe([...this.#wanted].filter((channel) => !PRIVATE_CHANNELS.has(channel)));
    if (this.#connections > 1 && this.#token === undefined) this.#startResync();
  }

  #received(frame: ServerFrame): void {
    // A server that can only refuse is not back yet.
    if (!('ack' in frame && frame.ack === 'error')) this.#attempt = 0;
    if ('push' in frame) {
      this.#pushed(frame);
      return;
    }
    const id = frame.id;
    const waiting = id === undefined ? undefined : this.#answers.get(id);
    if (id !== undefined) this.#answers.delete(id);
    if (waiting) waiting(frame);
    else if (frame.ack === 'error') this.#listeners.emit('error', errorFromWire(frame.error));
  }

  #pushed(frame: PushFrame): void {
    this.#resync?.saw(frame);
    const { emit } = this.#listeners;
    switch (frame.push) {
      case 'price':
        emit('price', frame.tick);
        break;
      case 'grid':
        emit('grid', frame.grid);
        break;
      case 'bet':
        emit('bet', { event: frame.event, seq: frame.seq, bet: frame.bet });
        break;
      case 'account':
        emit('account', frame.account);
        break;
      case 'heartbeat':
        emit('heartbeat', { seq: frame.seq, atMs: frame.atMs });
        break;
      case 'signed-out':
        this.#sessionEnded(errorFromWire({ code: 'UNAUTHENTICATED' }));
        break;
      case 'shutdown':
        this.#reconnectAfterMs = frame.reconnectAfterMs;
        break;
      default:
        // At run time: a push of a newer server.
        frame satisfies never;
    }
  }

  #gap(expected: number, got: number): void {
    this.#listeners.emit('gap', { expected, got });
    this.#startResync();
  }

  #closed(code: number): void {
    if (code >= 4400 && code < 4500) {
      this.#closeForGood(code);
      return;
    }
    this.#comeBack(code);
  }

  #comeBack(code: number): void {
    this.#wire?.drop();
    this.#forgetConnection();
    const retryInMs = Math.max(this.#reconnectAfterMs, fullJitterMs(this.#attempt, this.#backoff));
    this.#attempt += 1;
    this.#reconnectAfterMs = 0;
    this.#timer = setTimeout(() => void this.#connect(), retryInMs);
    this.#setState({ state: 'waiting', retryInMs, closeCode: code });
  }

  #closeForGood(closeCode: number): void {
    clearTimeout(this.#timer);
    this.#forgetConnection();
    if (this.state !== 'closed') this.#setState({ state: 'closed', closeCode });
    this.#rejectAll(clientError('CONNECTION_CLOSED', { closeCode }));
  }

  #forgetConnection(): void {
    this.#wire = undefined;
    this.#isAuthenticated = false;
    this.#answers.clear();
  }

  #sendAuth(token: string): void {
    this.#request({ op: 'auth', token }, (answer) => {
      if (token !== this.#token) return;
      if (answer.ack === 'error') {
        const error = errorFromWire(answer.error);
        if (error.retryable) this.#comeBack(BUSY_CLOSE_CODE);
        else this.#sessionEnded(error);
        return;
      }
      if (answer.ack !== 'auth') return;
      const { wallet, expiresAtMs } = answer;
      this.#isAuthenticated = true;
      this.#listeners.emit('authenticated', { wallet, expiresAtMs });
      this.#auth?.resolve({ wallet, expiresAtMs });
      this.#sendSubscribe([...this.#wanted].filter((channel) => PRIVATE_CHANNELS.has(channel)));
      for (const place of this.#places) this.#sendPlace(place);
      if (this.#connections > 1) this.#startResync();
    });
  }

  #sendSubscribe(channels: readonly ChannelName[]): void {
    if (channels.length === 0 || this.state !== 'open') return;
    this.#request({ op: 'subscribe', channels: [...channels] }, (answer) => {
      if (answer.ack === 'error') this.#listeners.emit('error', errorFromWire(answer.error));
      else if (answer.ack === 'subscribe') this.#listeners.emit('subscribed', answer.channels);
    });
  }

  #sendPlace(place: PendingRequest<BetView>): void {
    this.#request(place.frame, (answer) => {
      if (answer.ack === 'error') place.reject(errorFromWire(answer.error));
      else if (answer.ack === 'place') place.resolve(answer.bet);
    });
  }

  #request(frame: ClientFrame, onAnswer: (answer: AnswerFrame) => void): void {
    const id = this.#nextId();
    this.#answers.set(id, onAnswer);
    this.#wire?.send({ ...frame, id });
  }

  #sessionEnded(error: TouchlineError): void {
    this.#token = undefined;
    this.#isAuthenticated = false;
    this.#rejectAll(error);
    this.#listeners.emit('signed-out', {});
  }

  #rejectAll(error: TouchlineError): void {
    this.#auth?.reject(error);
    for (const place of [...this.#places]) place.reject(error);
  }

  #startResync(): void {
    void this.#resync?.run(this.#wanted, this.#isAuthenticated);
  }

  #setState(state: SocketState): void {
    this.#state = state;
    this.#listeners.emit('state', state);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
