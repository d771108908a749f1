/**
 * The pushes of `GET /v1/ws` over as many connections as it takes. What the user wants (channels, a session)
 * is kept here and said again on every new connection, with the position from which each channel resumes.
 *
 * Invariants: private channels are asked for only after the session is confirmed, and again after each
 * confirmation; a request belongs to one connection and ends with it; 44xx ends it all, everything else comes
 * back with full jitter, and not before the server wants it.
 * Non-goals: repeating requests, and what is missing in a channel; see client.ts.
 */
import type {
  AnswerFrame,
  ChannelName,
  ClientFrame,
  Position,
  PushFrame,
  ServerFrame,
} from '../protocol/api/frames.ts';
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { BetView } from '../protocol/bet-view.ts';
import { HEARTBEAT_INTERVAL_MS } from '../protocol/limits.ts';
import { type BackoffOptions, fullJitterMs } from './backoff.ts';
import { type PendingRequest, pendingRequest } from './pending-requests.ts';
import {
  type Listener,
  type SocketEvents,
  SocketListeners,
  type SocketState,
  subscriptionOf,
} from './socket-events.ts';
import { JSON_FORMAT, msgpackFormat, SocketWire, type WireFormat } from './socket-wire.ts';
import { newIdempotencyKey } from './touchline-client.ts';
import { clientError, errorFromWire, type TouchlineError } from './touchline-error.ts';

export interface TouchlineSocketOptions {
  /** Origin of the server, http(s) or ws(s). */
  readonly baseUrl: string;
  readonly channels?: readonly ChannelName[];
  readonly token?: string;
  readonly format?: 'json' | 'msgpack';
  /** Where a channel resumes, asked on every new connection. Default: with what there is then. */
  readonly resumeFrom?: (channel: ChannelName) => Position | undefined;
  readonly webSocket?: typeof globalThis.WebSocket;
  /** Waits between connections. Default: up to 0.5 s doubling to 15 s. */
  readonly backoff?: Partial<BackoffOptions>;
  /** A connection silent for this long counts as dead. Default: three heartbeats. */
  readonly silenceMsMax?: number;
  /** For `auth`, over all connections, and for each request. Default 15 s. */
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
  readonly #wanted: Set<ChannelName>;
  readonly #requests = new Set<PendingRequest<AnswerFrame>>();
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
    void this.#connect();
  }

  get state(): SocketState['state'] {
    return this.#state.state;
  }

  /** Of the session taken up here. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Whether this connection is signed in. */
  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
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

  /**
   * The answer to one frame, on this connection: rejects with CONNECTION_CLOSED as soon as it ends, with the
   * effect of the request unknown.
   */
  request<A extends AnswerFrame['ack']>(
    frame: ClientFrame,
    ack: A,
  ): Promise<Extract<AnswerFrame, { readonly ack: A }>> {
    if (this.state !== 'open') return Promise.reject(clientError('CONNECTION_CLOSED'));
    const id = this.#nextId();
    const request = pendingRequest<AnswerFrame>(frame, this.#requestTimeoutMs, (settled) => {
      this.#requests.delete(settled);
      this.#answers.delete(id);
    });
    this.#requests.add(request);
    this.#ask(frame, request.resolve, id);
    return request.promise.then((answer) => {
      if (answer.ack === 'error') throw errorFromWire(answer.error);
      if (answer.ack !== ack) throw clientError('BAD_ANSWER');
      return answer as Extract<AnswerFrame, { readonly ack: A }>;
    });
  }

  async place(bet: PlaceBetRequest, options: { readonly idempotencyKey?: string } = {}): Promise<BetView> {
    if (this.#token === undefined) throw errorFromWire({ code: 'UNAUTHENTICATED' });
    const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey();
    return (await this.request({ op: 'place', idempotencyKey, bet: { ...bet } }, 'place')).bet;
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
        gap: (expected, got) => this.#listeners.emit('gap', { expected, got }),
        closed: (code) => this.#closed(code),
      },
    );
  }

  #opened(): void {
    this.#setState({ state: 'open' });
    if (this.#token !== undefined) this.#sendAuth(this.#token);
    this.#sendSubscribe([...this.#wanted].filter((channel) => !PRIVATE_CHANNELS.has(channel)));
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
    const { emit } = this.#listeners;
    switch (frame.push) {
      case 'price':
        emit('price', frame.tick);
        break;
      case 'grid':
        emit('grid', frame.grid);
        break;
      case 'bet':
        emit('bet', frame);
        break;
      case 'account':
        emit('account', frame);
        break;
      case 'heartbeat':
        emit('heartbeat', { seq: frame.seq, atMs: frame.atMs });
        break;
      case 'signed-out':
        // What is under way is about another session; its answer will say.
        if (this.#isAuthenticated) this.#sessionEnded(errorFromWire({ code: 'UNAUTHENTICATED' }));
        break;
      case 'shutdown':
        this.#reconnectAfterMs = frame.reconnectAfterMs;
        break;
      default:
        // At run time: a push of a newer server.
        frame satisfies never;
    }
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
    this.#auth?.reject(clientError('CONNECTION_CLOSED', { closeCode }));
  }

  #forgetConnection(): void {
    this.#wire = undefined;
    this.#isAuthenticated = false;
    this.#answers.clear();
    for (const request of [...this.#requests]) request.reject(clientError('CONNECTION_CLOSED'));
  }

  #sendAuth(token: string): void {
    this.#isAuthenticated = false;
    this.#ask({ op: 'auth', token }, (answer) => {
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
    });
  }

  /** Each channel in a frame of its own, because each has its own position. */
  #sendSubscribe(channels: readonly ChannelName[]): void {
    if (this.state !== 'open') return;
    for (const channel of channels) {
      const since = this.#options.resumeFrom?.(channel);
      this.#ask({ op: 'subscribe', channels: [channel], ...(since && { since }) }, (answer) => {
        if (answer.ack === 'error') this.#listeners.emit('error', errorFromWire(answer.error));
        else if (answer.ack === 'subscribe') this.#listeners.emit('subscribed', subscriptionOf(answer));
      });
    }
  }

  #ask(frame: ClientFrame, onAnswer: (answer: AnswerFrame) => void, id = this.#nextId()): void {
    this.#answers.set(id, onAnswer);
    this.#wire?.send({ ...frame, id });
  }

  #sessionEnded(error: TouchlineError): void {
    const token = this.#token ?? '';
    this.#token = undefined;
    this.#isAuthenticated = false;
    this.#auth?.reject(error);
    this.#listeners.emit('signed-out', { token });
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
