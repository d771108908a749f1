/**
 * The one way in for users: live values as `for await` loops, everything else as promises, over one socket
 * that is opened when it is first needed, and HTTP where there is none.
 *
 * Invariants: a request that its session did not survive is repeated once under the next one; each loop ends
 * by its own `break`, its signal, an error that tells why, or `close`.
 * Non-goals: an opinion about bets.
 */
import type { GridView } from '../protocol/api/frames.ts';
import type { PriceAnswer } from '../protocol/api/http.ts';
import type { LimitsAnswer } from '../protocol/api/limits-answers.ts';
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { QuoteView } from '../protocol/api/quote-answers.ts';
import type { AccountView, BetView } from '../protocol/bet-view.ts';
import { type BackoffOptions, fullJitterMs, sleepMs } from './backoff.ts';
import { BetFeed } from './bet-feed.ts';
import { BetPlacing, type Placed, type PlaceOptions, type RequestOptions } from './bet-placing.ts';
import { bySocket } from './by-socket.ts';
import { type QuoteRequest, quotedCell } from './http-queries.ts';
import type { RetryOptions } from './http-request.ts';
import type { LiveOptions } from './live-hub.ts';
import { MarketFeed } from './market-feed.ts';
import { SessionKeeper } from './session-keeper.ts';
import { type Listener, type SocketEvents, SocketListeners, type SocketState } from './socket-events.ts';
import type { LiveTick } from './tick-follower.ts';
import { createTouchlineClient, type TouchlineClient } from './touchline-client.ts';
import { clientError, errorFromWire, TouchlineError } from './touchline-error.ts';
import { createTouchlineSocket, type TouchlineSocket } from './touchline-socket.ts';
import type { SignInWallet } from './wallet.ts';

export interface ClientOptions {
  /** Origin of the server, e.g. `http://localhost:8080`. */
  readonly baseUrl: string;
  /** Signs in when a session is first needed, and again before it expires or after it ended. */
  readonly wallet?: SignInWallet;
  /** Of an earlier sign-in. */
  readonly token?: string;
  /** Of the socket. Default `json`; `msgpack` loads a codec for it. */
  readonly format?: 'json' | 'msgpack';
  readonly fetch?: typeof globalThis.fetch;
  readonly webSocket?: typeof globalThis.WebSocket;
  /** For each try of a request. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** For reads and bets over HTTP. Default: 4 tries, waits of up to 0.2, 0.4, 0.8 s. */
  readonly retry?: Partial<RetryOptions>;
  /** Waits between connections. Default: up to 0.5 s doubling to 15 s. */
  readonly backoff?: Partial<BackoffOptions>;
  /** A connection silent for this long counts as dead. Default: three heartbeats. */
  readonly silenceMsMax?: number;
}

export type Quoted =
  | { readonly ok: true; readonly quote: QuoteView }
  | { readonly ok: false; readonly error: TouchlineError };

/** What happens to the connection and the session. */
export type ClientEvents = Pick<SocketEvents, 'state' | 'authenticated' | 'signed-out' | 'error'>;

export const createClient = (options: ClientOptions): Client => new Client(options);

export class Client {
  /** The HTTP API as it is, with this client's session: history, candles, proofs, pages of bets. */
  readonly http: TouchlineClient;
  readonly #options: ClientOptions;
  readonly #session: SessionKeeper;
  readonly #market: MarketFeed;
  readonly #bets: BetFeed;
  readonly #placing: BetPlacing;
  readonly #events = new SocketListeners();
  #socket: TouchlineSocket | undefined;
  readonly #closing = new AbortController();

  constructor(options: ClientOptions) {
    this.#options = options;
    const { baseUrl, token, wallet, fetch, requestTimeoutMs, retry } = options;
    this.http = createTouchlineClient({
      baseUrl,
      ...(token !== undefined && { token }),
      renewToken: (refused) => this.#session.replace(refused),
      ...(fetch && { fetch }),
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
      ...(retry && { retry }),
    });
    this.#session = new SessionKeeper({
      wallet,
      token,
      signIn: (by) => this.http.signIn(by),
      changed: (next) => this.#tokenChanged(next),
      random: Math.random,
    });
    this.#market = new MarketFeed({
      subscribe: (channel) => this.#connected().subscribe([channel]),
      unsubscribe: (channel) => this.#socket?.unsubscribe([channel]),
    });
    this.#bets = new BetFeed({
      join: () => this.#join(),
      list: (page) => this.http.bets(page),
      read: (id) => this.http.bet(id),
      backoff: { baseMs: 200, capMs: 5_000, random: Math.random, ...options.backoff },
      closing: this.#closing.signal,
    });
    this.#placing = new BetPlacing({
      http: this.http,
      socket: () => this.#socket,
      placed: (bet) => this.#bets.told(bet),
    });
  }

  /** Every tick, in order, from now on; after an interruption, from where it was. See LiveTick.gap. */
  prices(options: LiveOptions = {}): AsyncIterableIterator<LiveTick, undefined> {
    return this.#market.prices(options);
  }

  /** The newest grid, about once a second; older ones are skipped by a slow loop. */
  grids(options: LiveOptions = {}): AsyncIterableIterator<GridView, undefined> {
    return this.#market.grids(options);
  }

  /** Each bet of the wallet when it is open (those open now, first) and again when it is settled. */
  bets(options: LiveOptions = {}): AsyncIterableIterator<BetView, undefined> {
    return this.#bets.bets(options);
  }

  /** Each bet that is settled from now on, once. */
  results(options: LiveOptions = {}): AsyncIterableIterator<BetView, undefined> {
    return this.#bets.results(options);
  }

  /** The account after each change; older states are skipped by a slow loop. */
  accounts(options: LiveOptions = {}): AsyncIterableIterator<AccountView, undefined> {
    return this.#bets.accounts(options);
  }

  /** The bet once it is settled. */
  result(betId: string, { signal }: RequestOptions = {}): Promise<BetView> {
    return this.#bets.result(betId, signal);
  }

  price(): Promise<PriceAnswer> {
    return this.http.price();
  }

  grid(): Promise<GridView> {
    return this.http.grid();
  }

  account(): Promise<AccountView> {
    return this.http.account();
  }

  /** The bounds there are and what is left of them; of the wallet too, if there is one. */
  async limits(): Promise<LimitsAnswer> {
    await this.#signedInIfPossible();
    return this.http.limits();
  }

  /** What a bet on this cell would get now, and how much it may be. Nothing is placed. */
  async quote(cell: QuoteRequest, options: RequestOptions = {}): Promise<QuoteView> {
    const [quoted] = await this.quotes([cell], options);
    if (!quoted) throw clientError('BAD_ANSWER');
    if (!quoted.ok) throw quoted.error;
    return quoted.quote;
  }

  /** Each cell by itself, in order. */
  async quotes(cells: readonly QuoteRequest[], options: RequestOptions = {}): Promise<readonly Quoted[]> {
    await this.#signedInIfPossible();
    const isReady = this.#socket?.isAuthenticated || !this.#session.isPossible;
    const socket = isReady ? this.#socket : undefined;
    const frame = { op: 'quote' as const, cells: cells.map(quotedCell) };
    const answer = await bySocket(socket, frame, 'quote', options.signal);
    const { quotes } = answer ?? (await this.http.quotes(cells, options));
    return quotes.map((each) => (each.ok ? each : { ok: false, error: errorFromWire(each.error) }));
  }

  /**
   * Places a bet at most once. A retryable error means that its fate is not known: placing the same bet again
   * with `details.idempotencyKey` tells it.
   */
  place(bet: PlaceBetRequest, options: PlaceOptions = {}): Promise<BetView> {
    return this.#placing.place(bet, options);
  }

  /**
   * Places each bet at most once, in order; one that is refused does not touch the others. A retryable
   * refusal is asked for again by itself. Rejects only when aborted; without an answer, each bet's error has
   * its key.
   */
  placeBatch(bets: readonly PlaceBetRequest[], options: RequestOptions = {}): Promise<readonly Placed[]> {
    return this.#placing.placeBatch(bets, options);
  }

  /** With the given wallet, or anew with the one there is. Resolves with the wallet's address. */
  async signIn(wallet?: SignInWallet): Promise<string> {
    const token = await (wallet ? this.#session.begin(wallet) : this.#session.token());
    return walletOf(token);
  }

  /** Leaves the session and forgets the wallet. Loops over bets and accounts end with UNAUTHENTICATED. */
  async signOut(): Promise<void> {
    try {
      await this.http.signOut();
    } finally {
      // Even if the server could not be told, this client forgets.
      this.#session.use(undefined);
      this.#socket?.forgetToken();
      this.#signedOut(errorFromWire({ code: 'UNAUTHENTICATED' }));
    }
  }

  /** Of the running session, to be kept for a later client. */
  get token(): string | undefined {
    return this.#session.current;
  }

  get state(): SocketState['state'] | 'idle' {
    return this.#socket?.state ?? 'idle';
  }

  /** Returns the function that takes the listener off again. */
  on<K extends keyof ClientEvents>(name: K, listener: Listener<ClientEvents[K]>): () => void {
    return this.#events.on(name, listener);
  }

  /** Opens the socket if need be, and does not wait out a backoff, e.g. when the device is online again. */
  connectNow(): void {
    if (this.#socket) this.#socket.reconnectNow();
    else this.#connected();
  }

  /** Ends every loop and the connection. */
  close(): void {
    this.#closing.abort();
    this.#session.close();
    this.#market.close();
    this.#bets.close();
    this.#socket?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Signed in, for the private channels; on failure they end, and the next loop tries anew. */
  #join(): void {
    this.#connected().subscribe(['bets', 'account']);
    void this.#keepTrying(() => this.#session.token()).then(
      (token) => this.#authenticate(token),
      (error) => this.#bets.fail(error),
    );
  }

  #connected(): TouchlineSocket {
    this.#socket ??= this.#openSocket();
    return this.#socket;
  }

  #openSocket(): TouchlineSocket {
    const { baseUrl, format, webSocket, backoff, silenceMsMax, requestTimeoutMs } = this.#options;
    const token = this.#session.current;
    const socket = createTouchlineSocket({
      baseUrl,
      ...(format && { format }),
      ...(webSocket && { webSocket }),
      ...(backoff && { backoff }),
      ...(silenceMsMax !== undefined && { silenceMsMax }),
      requestTimeoutMs: requestTimeoutMs ?? 10_000,
      ...(token !== undefined && { token }),
      resumeFrom: (channel) => this.#market.positionOf(channel) ?? this.#bets.positionOf(channel),
    });
    socket.on('price', (tick) => this.#market.tickPushed(tick));
    socket.on('grid', (grid) => this.#market.gridPushed(grid));
    socket.on('bet', (push) => this.#bets.betPushed(push));
    socket.on('account', (push) => this.#bets.accountPushed(push));
    socket.on('heartbeat', ({ atMs }) => this.#bets.heartbeat(atMs));
    socket.on('subscribed', (subscription) => {
      this.#market.subscribed(subscription);
      this.#bets.subscribed(subscription);
    });
    socket.on('authenticated', (session) => {
      this.#bets.belongsTo(session.wallet);
      this.#events.emit('authenticated', session);
    });
    socket.on('signed-out', ({ token: ended }) => void this.#sessionEnded(ended));
    socket.on('error', (error) => this.#events.emit('error', error));
    socket.on('state', (state) => {
      this.#events.emit('state', state);
      if (state.state !== 'closed' || this.#closing.signal.aborted) return;
      const error = clientError('CONNECTION_CLOSED', { closeCode: state.closeCode });
      this.#market.fail(error);
      this.#bets.fail(error);
    });
    return socket;
  }

  #tokenChanged(token: string | undefined): void {
    this.http.useToken(token);
    if (token !== undefined) this.#authenticate(token);
  }

  #authenticate(token: string): void {
    if (this.#socket && this.#socket.token !== token) this.#socket.auth(token).catch(() => {});
  }

  async #sessionEnded(token: string): Promise<void> {
    try {
      this.#authenticate(await this.#keepTrying(() => this.#session.replace(token)));
    } catch (error) {
      this.#signedOut(error);
    }
  }

  #signedOut(error: unknown): void {
    this.#bets.fail(error);
    this.#events.emit('signed-out', { token: '' });
  }

  async #signedInIfPossible(): Promise<void> {
    if (this.#session.isPossible) await this.#session.token();
  }

  /** For what live loops wait for: as long as it may yet succeed, and somebody wants it. */
  async #keepTrying<T>(attempt: () => Promise<T>): Promise<T> {
    const backoff = { baseMs: 500, capMs: 15_000, random: Math.random, ...this.#options.backoff };
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof TouchlineError) || !error.retryable) throw error;
        await sleepMs(Math.max(error.retryAfterMs, fullJitterMs(tries, backoff)), this.#closing.signal);
      }
    }
  }
}

/** Of a token, which begins with it. */
const walletOf = (token: string): string => token.slice(0, token.indexOf('.'));
