/**
 * The HTTP API as typed functions, for Node and browsers.
 *
 * Invariants: a bet keeps one idempotency key through all its tries, so that it is placed at most once; reads
 * and keyed bets are the only requests that are ever repeated.
 * Non-goals: pushes (touchline-socket.ts), keeping the token over a restart of the page.
 */
import type { GridView } from '../protocol/api/frames.ts';
import type {
  AccountAnswer,
  BetsAnswer,
  NonceAnswer,
  PriceAnswer,
  PricesAnswer,
  StatusAnswer,
  TimeAnswer,
  VerifyAnswer,
} from '../protocol/api/http.ts';
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import { signInMessage } from '../protocol/api/sign-in-message.ts';
import type { BetStatus, BetView } from '../protocol/bet-view.ts';
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
  readonly fetch?: typeof globalThis.fetch;
  /** For each try. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** For reads and bets. Default: 4 tries, waits of up to 0.2, 0.4, 0.8 s. */
  readonly retry?: Partial<RetryOptions>;
}

export type PriceTick = PricesAnswer['ticks'][number];

export interface PlaceBetOptions {
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
  grid(): Promise<GridView>;
  nonce(): Promise<NonceAnswer>;
  /** Asks the wallet to sign an EIP-4361 message and starts a session with it. */
  signIn(wallet: SignInWallet): Promise<VerifyAnswer>;
  signOut(): Promise<void>;
  /** Continues a session from its token, or forgets it. */
  useToken(token: string | undefined): void;
  account(): Promise<AccountAnswer>;
  placeBet(request: PlaceBetRequest, options?: PlaceBetOptions): Promise<BetView>;
  /** Newest first. `beforeId` continues a listing. */
  bets(page?: { status?: BetStatus; limit?: number; beforeId?: string }): Promise<BetsAnswer>;
  bet(id: string): Promise<BetView>;
}

export const newIdempotencyKey = (): string => crypto.randomUUID();

export function createTouchlineClient(options: TouchlineClientOptions): TouchlineClient {
  const http: HttpOptions = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    // Browsers refuse a fetch that is called as a method of anything else.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
  };
  const retry: RetryOptions = {
    attemptsMax: 4,
    baseMs: 200,
    capMs: 2_000,
    random: Math.random,
    ...options.retry,
  };
  let token = options.token;

  const authorization = (): Record<string, string> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const once = async <T>(request: HttpRequest): Promise<T> => {
    const body = await exchange({ ...request, headers: { ...authorization(), ...request.headers } }, http);
    if (!isRecord(body)) throw badAnswer(200);
    return body as T;
  };
  const read = <T>(path: string): Promise<T> => withRetries(() => once<T>({ method: 'GET', path }), retry);

  async function* prices(range: {
    fromMs: number;
    toMs: number;
  }): AsyncGenerator<PriceTick, void, undefined> {
    let fromMs: number | undefined = range.fromMs;
    while (fromMs !== undefined) {
      const query = new URLSearchParams({ fromMs: String(fromMs), toMs: String(range.toMs) });
      const page: PricesAnswer = await read(`/v1/prices?${query}`);
      if (!Array.isArray(page.ticks)) throw badAnswer(200);
      yield* page.ticks;
      // A page that leads nowhere would go on for ever.
      if (page.nextFromMs !== undefined && page.nextFromMs <= fromMs) throw badAnswer(200);
      fromMs = page.nextFromMs;
    }
  }

  const nonce = (): Promise<NonceAnswer> => read('/v1/auth/nonce');

  async function signIn(wallet: SignInWallet): Promise<VerifyAnswer> {
    const [{ signIn: names }, { nonce: oneTime }, { serverTimeMs }] = await Promise.all([
      read<StatusAnswer>('/v1/status'),
      nonce(),
      read<TimeAnswer>('/v1/time'),
    ]);
    const chainId = names.chainIds[0];
    if (chainId === undefined) throw badAnswer(200);
    const { domain, uri, statement } = names;
    const issuedAtMs = serverTimeMs;
    const expiresAtMs = issuedAtMs + SIGN_IN_MESSAGE_LIFE_MS;
    const { address } = wallet;
    const message = signInMessage({
      domain,
      address,
      statement,
      uri,
      chainId,
      nonce: oneTime,
      issuedAtMs,
      expiresAtMs,
    });
    const signature = await wallet.signMessage(message);
    const session: VerifyAnswer = await once({
      method: 'POST',
      path: '/v1/auth/verify',
      body: { message, signature },
    });
    token = session.token;
    return session;
  }

  async function signOut(): Promise<void> {
    if (token === undefined) return;
    try {
      await exchange({ method: 'POST', path: '/v1/auth/signout', headers: authorization() }, http);
    } catch (error) {
      // A session that has ended already is what was asked for.
      if (!(error instanceof TouchlineError) || error.code !== 'UNAUTHENTICATED') throw error;
    }
    token = undefined;
  }

  async function placeBet(body: PlaceBetRequest, { idempotencyKey }: PlaceBetOptions = {}): Promise<BetView> {
    const key = idempotencyKey ?? newIdempotencyKey();
    const headers = { 'idempotency-key': key };
    const bet = await withRetries(
      () => once<BetView>({ method: 'POST', path: '/v1/bets', body, headers }),
      retry,
    );
    if (typeof bet.id !== 'string') throw clientError('BAD_ANSWER', { idempotencyKey: key });
    return bet;
  }

  return {
    get token() {
      return token;
    },
    useToken: (next) => {
      token = next;
    },
    time: () => read('/v1/time'),
    status: () => read('/v1/status'),
    price: () => read('/v1/price'),
    prices,
    grid: () => read('/v1/grid'),
    nonce,
    signIn,
    signOut,
    account: () => read('/v1/account'),
    placeBet,
    bets: (page = {}) => read(`/v1/bets${betsQuery(page)}`),
    bet: (id) => read(`/v1/bets/${encodeURIComponent(id)}`),
  };
}

function betsQuery(page: { status?: BetStatus; limit?: number; beforeId?: string }): string {
  const query = new URLSearchParams();
  if (page.status !== undefined) query.set('status', page.status);
  if (page.limit !== undefined) query.set('limit', String(page.limit));
  if (page.beforeId !== undefined) query.set('beforeId', page.beforeId);
  return query.size === 0 ? '' : `?${query}`;
}
