/**
 * The HTTP API as typed functions, for Node and browsers.
 *
 * Invariants: a bet keeps one idempotency key through all its tries, so that it is placed at most once; reads
 * and keyed bets are the only requests that are ever repeated.
 * Non-goals: pushes (touchline-socket.ts), keeping the token over a restart of the page.
 */
import type { CandleIntervalMs } from '../domain/candle.ts';
import type { GridView } from '../protocol/api/frames.ts';
import type {
  AccountAnswer,
  BetsAnswer,
  CandlesAnswer,
  CandleView,
  NonceAnswer,
  PriceAnswer,
  PricesAnswer,
  ProofAnswer,
  StatusAnswer,
  TimeAnswer,
  VerifyAnswer,
  VerifyRequest,
} from '../protocol/api/http.ts';
import type { LimitsAnswer } from '../protocol/api/limits-answers.ts';
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { PlaceBetsRequest, PlacedBet } from '../protocol/api/place-bets-request.ts';
import type { QuotesAnswer } from '../protocol/api/quote-answers.ts';
import { signInMessage } from '../protocol/api/sign-in-message.ts';
import type { BetView } from '../protocol/bet-view.ts';
import type { CalibrationReport } from '../protocol/calibration-report.ts';
import { BETS_PER_PAGE_MAX } from '../protocol/limits.ts';
import type { SelfLimitsRequest, SelfLimitsView } from '../protocol/self-limits.ts';
import { type BetsPage, betsQuery, pairOf, type QuoteRequest, quotedCell } from './http-queries.ts';
import {
  exchange,
  type HttpOptions,
  type HttpRequest,
  type RetryOptions,
  withRetries,
} from './http-request.ts';
import { badAnswer, clientError, isRecord, TouchlineError } from './touchline-error.ts';
import type { SignInWallet } from './wallet.ts';

/** The message is signed at once, so it need not live long. */
const SIGN_IN_MESSAGE_LIFE_MS = 5 * 60_000;

export interface TouchlineClientOptions {
  /** Origin of the server, e.g. `http://localhost:8080`. */
  readonly baseUrl: string;
  /** Of an earlier sign-in. */
  readonly token?: string;
  /** For another token when one, or none, is refused with UNAUTHENTICATED; the request is repeated once. */
  readonly renewToken?: (refused: string | undefined) => Promise<string>;
  readonly fetch?: typeof globalThis.fetch;
  /** For each try. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** For reads and bets. Default: 4 tries, waits of up to 0.2, 0.4, 0.8 s. */
  readonly retry?: Partial<RetryOptions>;
}

export type PriceTick = PricesAnswer['ticks'][number];

export interface CandleRange {
  readonly intervalMs: CandleIntervalMs;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A session as it begins. */
export interface SignedIn extends VerifyAnswer {
  readonly lifeMs: number;
}

export interface CancelOptions {
  readonly signal?: AbortSignal;
}

export interface PlaceBetOptions {
  readonly signal?: AbortSignal;
  /** Default: a new random one. Give the one of an earlier, unanswered try to ask for its fate. */
  readonly idempotencyKey?: string;
}

export interface TouchlineClient {
  /** Of the running session. */
  readonly token: string | undefined;
  time(): Promise<TimeAnswer>;
  status(): Promise<StatusAnswer>;
  price(): Promise<PriceAnswer>;
  /** Recorded ticks with fromMs ≤ atMs ≤ toMs, oldest first, page by page as they are consumed. */
  prices(range: { fromMs: number; toMs: number }): AsyncGenerator<PriceTick, void, undefined>;
  /** Candles that share a moment with [fromMs, toMs], as `prices`; those without a tick are left out. */
  candles(range: CandleRange): AsyncGenerator<CandleView, void, undefined>;
  grid(): Promise<GridView>;
  /** Implied against realised, of all offered cells and of settled bets. */
  calibration(): Promise<CalibrationReport>;
  nonce(): Promise<NonceAnswer>;
  /** Asks the wallet to sign an EIP-4361 message and starts a session with it. */
  signIn(wallet: SignInWallet): Promise<SignedIn>;
  signOut(): Promise<void>;
  /** Continues a session from its token, or forgets it. */
  useToken(token: string | undefined): void;
  account(): Promise<AccountAnswer>;
  /** The limits the wallet set for itself. */
  selfLimits(): Promise<SelfLimitsView>;
  /** All of them at once. Tighter ones hold at once, looser ones a day later. */
  setSelfLimits(limits: SelfLimitsRequest): Promise<SelfLimitsView>;
  /** The bounds there are and what is left of them; of the wallet too, with a session. */
  limits(): Promise<LimitsAnswer>;
  /** What bets on these cells would get now. Nothing is placed. */
  quotes(cells: readonly QuoteRequest[], options?: CancelOptions): Promise<QuotesAnswer>;
  placeBet(request: PlaceBetRequest, options?: PlaceBetOptions): Promise<BetView>;
  /** Each under its own key and with its own answer, in order. */
  placeBets(bets: PlaceBetsRequest['bets'], options?: CancelOptions): Promise<readonly PlacedBet[]>;
  /** Newest first. `beforeId` continues a listing. */
  bets(page?: BetsPage): Promise<BetsAnswer>;
  /** All of them, newest first, page by page as they are consumed. */
  allBets(filter?: Pick<BetsPage, 'status'>): AsyncGenerator<BetView, void, undefined>;
  bet(id: string): Promise<BetView>;
  /** Of a settled bet. What it is worth, verifyProof says. */
  proof(betId: string): Promise<ProofAnswer>;
}

export const newIdempotencyKey = (): string => crypto.randomUUID();

export const createTouchlineClient = (options: TouchlineClientOptions): TouchlineClient =>
  new HttpTouchlineClient(options);

class HttpTouchlineClient implements TouchlineClient {
  readonly #http: HttpOptions;
  readonly #retry: RetryOptions;
  readonly #renewToken: TouchlineClientOptions['renewToken'];
  #token: string | undefined;

  constructor(options: TouchlineClientOptions) {
    this.#http = {
      baseUrl: options.baseUrl.replace(/\/+$/, ''),
      // Browsers refuse a fetch that is called as a method of anything else.
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    };
    this.#retry = { attemptsMax: 4, baseMs: 200, capMs: 2_000, random: Math.random, ...options.retry };
    this.#renewToken = options.renewToken;
    this.#token = options.token;
  }

  get token(): string | undefined {
    return this.#token;
  }

  useToken(token: string | undefined): void {
    this.#token = token;
  }

  time(): Promise<TimeAnswer> {
    return this.#read('/v1/time');
  }

  status(): Promise<StatusAnswer> {
    return this.#read('/v1/status');
  }

  price(): Promise<PriceAnswer> {
    return this.#read('/v1/price');
  }

  async *prices(range: { fromMs: number; toMs: number }): AsyncGenerator<PriceTick, void, undefined> {
    for await (const page of this.#pages<PricesAnswer>('/v1/prices', range)) {
      if (!Array.isArray(page.ticks)) throw badAnswer(200);
      yield* page.ticks;
    }
  }

  async *candles(range: CandleRange): AsyncGenerator<CandleView, void, undefined> {
    for await (const page of this.#pages<CandlesAnswer>('/v1/candles', range)) {
      if (!Array.isArray(page.candles)) throw badAnswer(200);
      yield* page.candles;
    }
  }

  grid(): Promise<GridView> {
    return this.#read('/v1/grid');
  }

  calibration(): Promise<CalibrationReport> {
    return this.#read('/v1/calibration');
  }

  nonce(): Promise<NonceAnswer> {
    return this.#read('/v1/auth/nonce');
  }

  async signIn(wallet: SignInWallet): Promise<SignedIn> {
    const [{ signIn: names }, { nonce }, { serverTimeMs: issuedAtMs }] = await Promise.all([
      this.status(),
      this.nonce(),
      this.time(),
    ]);
    const { domain, uri, statement } = names;
    const chainId = names.chainIds[0];
    if (chainId === undefined) throw badAnswer(200);
    const { address } = wallet;
    const expiresAtMs = issuedAtMs + SIGN_IN_MESSAGE_LIFE_MS;
    const message = signInMessage({
      domain,
      address,
      statement,
      uri,
      chainId,
      nonce,
      issuedAtMs,
      expiresAtMs,
    });
    const body: VerifyRequest = { message, signature: await wallet.signMessage(message) };
    const session = await this.#once<VerifyAnswer>({ method: 'POST', path: '/v1/auth/verify', body });
    this.#token = session.token;
    return { ...session, lifeMs: session.expiresAtMs - issuedAtMs };
  }

  async signOut(): Promise<void> {
    if (this.#token === undefined) return;
    try {
      await exchange(
        { method: 'POST', path: '/v1/auth/signout', headers: this.#authorization() },
        this.#http,
      );
    } catch (error) {
      // A session that has ended already is what was asked for.
      if (!(error instanceof TouchlineError) || error.code !== 'UNAUTHENTICATED') throw error;
    }
    this.#token = undefined;
  }

  account(): Promise<AccountAnswer> {
    return this.#read('/v1/account');
  }

  selfLimits(): Promise<SelfLimitsView> {
    return this.#read('/v1/limits/self');
  }

  setSelfLimits(body: SelfLimitsRequest): Promise<SelfLimitsView> {
    return this.#repeated({ method: 'PUT', path: '/v1/limits/self', body });
  }

  limits(): Promise<LimitsAnswer> {
    return this.#read('/v1/limits');
  }

  quotes(cells: readonly QuoteRequest[], { signal }: CancelOptions = {}): Promise<QuotesAnswer> {
    const body = { cells: cells.map(quotedCell) };
    return this.#repeated({ method: 'POST', path: '/v1/quotes', body, signal });
  }

  async placeBets(
    bets: PlaceBetsRequest['bets'],
    { signal }: CancelOptions = {},
  ): Promise<readonly PlacedBet[]> {
    const request = { method: 'POST', path: '/v1/bets/batch', body: { bets }, signal } as const;
    const { results } = await this.#repeated<{ results: readonly PlacedBet[] }>(request);
    if (!Array.isArray(results) || results.length !== bets.length) throw badAnswer(200);
    return results;
  }

  async placeBet(body: PlaceBetRequest, options: PlaceBetOptions = {}): Promise<BetView> {
    const { idempotencyKey = newIdempotencyKey(), signal } = options;
    const headers = { 'idempotency-key': idempotencyKey };
    const bet = await this.#repeated<BetView>({ method: 'POST', path: '/v1/bets', body, headers, signal });
    if (typeof bet.id !== 'string') throw clientError('BAD_ANSWER', { idempotencyKey });
    return bet;
  }

  bets(page: BetsPage = {}): Promise<BetsAnswer> {
    return this.#read(`/v1/bets${betsQuery(page)}`);
  }

  async *allBets(filter: Pick<BetsPage, 'status'> = {}): AsyncGenerator<BetView, void, undefined> {
    let page: BetsAnswer = await this.bets({ ...filter, limit: BETS_PER_PAGE_MAX });
    for (;;) {
      yield* page.bets;
      if (page.nextBeforeId === undefined) return;
      page = await this.bets({ ...filter, limit: BETS_PER_PAGE_MAX, beforeId: page.nextBeforeId });
    }
  }

  bet(id: string): Promise<BetView> {
    return this.#read(`/v1/bets/${encodeURIComponent(id)}`);
  }

  async *#pages<P extends { readonly nextFromMs?: number }>(
    path: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly intervalMs?: number },
  ): AsyncGenerator<P, void, undefined> {
    let fromMs: number | undefined = range.fromMs;
    while (fromMs !== undefined) {
      const { intervalMs, toMs } = range;
      const query = { fromMs, toMs, ...(intervalMs === undefined ? {} : { intervalMs }) };
      const page: P = await this.#read(`${path}?${new URLSearchParams(Object.entries(query).map(pairOf))}`);
      yield page;
      // A page that leads nowhere would go on for ever.
      if (page.nextFromMs !== undefined && page.nextFromMs <= fromMs) throw badAnswer(200);
      fromMs = page.nextFromMs;
    }
  }

  proof(betId: string): Promise<ProofAnswer> {
    return this.#read(`/v1/bets/${encodeURIComponent(betId)}/proof`);
  }

  #read<T>(path: string): Promise<T> {
    return this.#repeated({ method: 'GET', path });
  }

  #repeated<T>(request: HttpRequest): Promise<T> {
    return withRetries(() => this.#once<T>(request), this.#retry, request.signal);
  }

  async #once<T>(request: HttpRequest): Promise<T> {
    const token = this.#token;
    try {
      return await this.#exchange<T>(request);
    } catch (error) {
      const isRenewable = error instanceof TouchlineError && error.code === 'UNAUTHENTICATED';
      if (!isRenewable || !this.#renewToken) throw error;
      this.#token = await this.#renewToken(token);
      return this.#exchange<T>(request);
    }
  }

  async #exchange<T>(request: HttpRequest): Promise<T> {
    const headers = { ...this.#authorization(), ...request.headers };
    const body = await exchange({ ...request, headers }, this.#http);
    if (!isRecord(body)) throw badAnswer(200);
    return body as T;
  }

  #authorization(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
  }
}
