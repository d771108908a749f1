/**
 * The HTTP API as a table: a request value in, a response value out. Every route runs in the one wrapper
 * `answerRequest`, which bounds what is under way, refuses what is too large, and turns a throw into
 * INTERNAL.
 *
 * Invariants: a request changes something only through a letter to the actor that owns it; the wallet always
 * comes from the session. Non-goals: sockets, how bytes arrive (client-server.ts).
 */
import { type StatusAnswer, type TimeAnswer, verifyRequestSchema } from '../../protocol/api/http.ts';
import type { BetStatus } from '../../protocol/bet-view.ts';
import { type Outcome, publicError } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../../protocol/letters/session-guard.ts';
import { BETS_PER_PAGE_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { PlaceBet } from './bet-desk.ts';
import type { BroadcasterSettings } from './broadcaster-settings.ts';
import { type CalibrationView, getCalibration } from './calibration-view.ts';
import type { HttpRequest, HttpResponse } from './client-server.ts';
import type { GridService } from './grid-service.ts';
import { getCandles, getPrices } from './history-routes.ts';
import { answer, answerOutcome, outcomeOf, problem, refusal } from './http-answer.ts';
import { bearerToken, isId, malformed, readBody, readInteger, readJson, readQuery } from './http-input.ts';
import { getSelfLimits, putSelfLimits } from './limits-routes.ts';
import type { MarketView } from './market-view.ts';
import type { PageFiles } from './page-files.ts';
import type { ProofDesk } from './proof-desk.ts';
import { getCheckpoints, getProof } from './proof-routes.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface RoutePorts {
  readonly context: ActorContext;
  readonly settings: BroadcasterSettings;
  readonly gate: SessionGate;
  readonly market: MarketView;
  readonly grids: GridService;
  readonly calibration: CalibrationView;
  readonly page: PageFiles;
  readonly placeBet: PlaceBet;
  readonly proofs: ProofDesk;
}

/** `id` is the part of the path that stands for `{id}` in the pattern. */
type Handler = (request: HttpRequest, ports: RoutePorts, id: string) => HttpResponse | Promise<HttpResponse>;

const READ_DEADLINE_MS = 3_000;
/** Recovering a signature may wait behind a queue of others. */
const SIGN_IN_DEADLINE_MS = 5_000;
const REQUESTS_UNDER_WAY_MAX = 2_000;
const BETS_PER_PAGE_DEFAULT = 50;
const BET_STATUSES: readonly BetStatus[] = ['open', 'won', 'lost', 'void'];
const ID = '/{id}';

const ROUTES: Readonly<Record<string, Readonly<Partial<Record<'GET' | 'POST' | 'PUT', Handler>>>>> = {
  '/v1/time': { GET: getTime },
  '/v1/status': { GET: getStatus },
  '/v1/price': { GET: getPrice },
  '/v1/prices': { GET: getPrices },
  '/v1/candles': { GET: getCandles },
  '/v1/grid': { GET: getGrid },
  '/v1/calibration': { GET: getCalibration },
  '/v1/ledger': { GET: getLedger },
  '/v1/auth/nonce': { GET: getNonce },
  '/v1/auth/verify': { POST: postVerify },
  '/v1/auth/signout': { POST: postSignOut },
  '/v1/account': { GET: getAccount },
  '/v1/limits/self': { GET: getSelfLimits, PUT: putSelfLimits },
  '/v1/bets': { GET: getBets, POST: postBet },
  [`/v1/bets${ID}`]: { GET: getBet },
  [`/v1/bets${ID}/proof`]: { GET: getProof },
  '/v1/checkpoints': { GET: getCheckpoints },
  // A WebSocket handshake never gets here.
  '/v1/ws': { GET: () => refusal('MALFORMED', { field: 'Upgrade' }) },
};

/** The one way in. The response to HEAD has the body of GET; the server leaves it out. */
export function httpRoutes(ports: RoutePorts): (request: HttpRequest) => Promise<HttpResponse> {
  const { log, metrics, clock } = ports.context;
  let underWay = 0;

  return async function answerRequest(request) {
    const startedMs = clock.monotonicMs();
    const { route, handler } = find(request, ports);
    underWay += 1;
    let response: HttpResponse;
    try {
      if (underWay > REQUESTS_UNDER_WAY_MAX) response = refusal('MAILBOX_FULL');
      else if (request.body === 'too-large') response = refusal('PAYLOAD_TOO_LARGE');
      else response = await handler(request, ports, idOf(request.path, route));
    } catch (error) {
      log.error({ err: error, route }, 'request failed');
      response = refusal('INTERNAL');
    } finally {
      underWay -= 1;
    }
    metrics.count('http_requests_total', { route, status: String(response.status) });
    metrics.observeSeconds('http_request_seconds', (clock.monotonicMs() - startedMs) / 1_000);
    return response;
  };
}

function find(
  request: HttpRequest,
  ports: RoutePorts,
): { readonly route: string; readonly handler: Handler } {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = routeOf(request.path);
  if (route === undefined) {
    const file = ports.page.answer(request);
    if (!file) return { route: 'unknown', handler: () => refusal('NOT_FOUND') };
    return { route: 'page', handler: () => (method === 'GET' ? file : methodNotAllowed(['GET'])) };
  }
  const byMethod = ROUTES[route] ?? {};
  const handler = isMethod(method) ? byMethod[method] : undefined;
  return { route, handler: handler ?? (() => methodNotAllowed(Object.keys(byMethod))) };
}

const isMethod = (text: string): text is 'GET' | 'POST' | 'PUT' => ['GET', 'POST', 'PUT'].includes(text);

function routeOf(path: string): string | undefined {
  if (Object.hasOwn(ROUTES, path)) return path;
  const parts = path.split('/');
  for (const at of [parts.length - 1, parts.length - 2]) {
    const route = parts.with(at, '{id}').join('/');
    if (Object.hasOwn(ROUTES, route) && parts[at] !== '') return route;
  }
  return undefined;
}

const idOf = (path: string, route: string): string => path.split('/')[route.split('/').indexOf('{id}')] ?? '';

function methodNotAllowed(methods: readonly string[]): HttpResponse {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return problem(publicError('METHOD_NOT_ALLOWED'), { Allow: allowed.join(', ') });
}

function getTime(_request: HttpRequest, { context }: RoutePorts): HttpResponse {
  return answer(200, { serverTimeMs: context.clock.nowMs() } satisfies TimeAnswer);
}

function getStatus(_request: HttpRequest, { context, settings, market, proofs }: RoutePorts): HttpResponse {
  const { rules, signIn, betsPerMinute } = settings;
  const { lockMs, holdMs, horizonMs, maxGapMs } = rules;
  const status: StatusAnswer = {
    feed: market.feed(context.clock.nowMs()),
    // Without word from the Resolver nobody can place a bet.
    paused: market.state?.paused ?? true,
    ...(market.state?.pauseReason && { pauseReason: market.state.pauseReason }),
    rulesVersion: rules.rulesVersion,
    proof: proofs.signers,
    signIn,
    limits: {
      minStakeMicros: String(rules.minStakeMicros),
      maxStakeMicros: String(rules.maxStakeMicros),
      lockMs,
      holdMs,
      horizonMs,
      betsPerMinute,
      maxGapMs,
    },
  };
  return answer(200, status);
}

function getPrice(_request: HttpRequest, { market }: RoutePorts): HttpResponse {
  return market.tick ? answer(200, market.tick) : refusal('NO_PRICE');
}

async function getGrid(_request: HttpRequest, { market, grids }: RoutePorts): Promise<HttpResponse> {
  const { tick, state } = market;
  return tick && state ? answer(200, await grids.view(tick, state)) : refusal('NO_PRICE');
}

/** Sums and counts only: that they add up is everybody's business, whose they are is not. */
async function getLedger(_request: HttpRequest, { context }: RoutePorts): Promise<HttpResponse> {
  const asked = await context.ask(
    RESOLVER,
    { type: 'GetLedgerSummary', body: {} },
    { deadlineMs: READ_DEADLINE_MS },
  );
  return answerOutcome(outcomeOf(asked));
}

async function getNonce(_request: HttpRequest, { context }: RoutePorts): Promise<HttpResponse> {
  const asked = await context.ask(
    SESSION_GUARD,
    { type: 'IssueNonce', body: {} },
    { deadlineMs: READ_DEADLINE_MS },
  );
  return answerOutcome(outcomeOf(asked));
}

async function postVerify(request: HttpRequest, { context }: RoutePorts): Promise<HttpResponse> {
  const body = readBody(request, verifyRequestSchema);
  if (!body.ok) return problem(body.error);
  const letter = { type: 'SignIn', body: body.value } as const;
  return answerOutcome(
    outcomeOf(await context.ask(SESSION_GUARD, letter, { deadlineMs: SIGN_IN_DEADLINE_MS })),
  );
}

async function postSignOut(request: HttpRequest, { context }: RoutePorts): Promise<HttpResponse> {
  const token = bearerToken(request);
  if (token === undefined) return refusal('UNAUTHENTICATED');
  const letter = { type: 'SignOut', body: { token } } as const;
  return answerOutcome(outcomeOf(await context.ask(SESSION_GUARD, letter, { deadlineMs: READ_DEADLINE_MS })));
}

async function getAccount(request: HttpRequest, ports: RoutePorts): Promise<HttpResponse> {
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  const letter = { type: 'GetAccount', body: { wallet: session.value.wallet } } as const;
  return answerOutcome(
    outcomeOf(await ports.context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS })),
  );
}

async function postBet(request: HttpRequest, { placeBet }: RoutePorts): Promise<HttpResponse> {
  const idempotencyKey = request.headers['idempotency-key'];
  if (!idempotencyKey) return refusal('IDEMPOTENCY_KEY_REQUIRED');
  const json = readJson(request);
  if (!json.ok) return problem(json.error);
  const placed = await placeBet({ token: bearerToken(request), idempotencyKey, bet: json.value });
  if (!placed.ok) return problem(placed.error);
  return answer(201, placed.value, { Location: `/v1/bets/${placed.value.id}` });
}

async function getBets(request: HttpRequest, ports: RoutePorts): Promise<HttpResponse> {
  const query = readBetsQuery(request);
  if (!query.ok) return problem(query.error);
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  const letter = { type: 'ListBets', body: { wallet: session.value.wallet, ...query.value } } as const;
  return answerOutcome(
    outcomeOf(await ports.context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS })),
  );
}

async function getBet(request: HttpRequest, ports: RoutePorts, id: string): Promise<HttpResponse> {
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  if (!isId(id)) return refusal('NOT_FOUND');
  const letter = { type: 'GetBet', body: { wallet: session.value.wallet, betId: id } } as const;
  const bet = outcomeOf(await ports.context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS }));
  return bet.ok ? answer(200, ports.proofs.withReceipt(bet.value)) : problem(bet.error);
}

interface BetsQuery {
  readonly limit: number;
  readonly beforeId?: string;
  readonly status?: BetStatus;
}

function readBetsQuery(request: HttpRequest): Outcome<BetsQuery> {
  const query = readQuery(request, ['limit', 'beforeId', 'status']);
  if (!query.ok) return query;
  const { beforeId } = query.value;
  const limit = query.value.limit === undefined ? BETS_PER_PAGE_DEFAULT : readInteger(query.value.limit);
  if (limit === undefined || limit < 1 || limit > BETS_PER_PAGE_MAX) return malformed('limit');
  if (beforeId !== undefined && !isId(beforeId)) return malformed('beforeId');
  const status = BET_STATUSES.find((known) => known === query.value.status);
  if (query.value.status !== undefined && status === undefined) return malformed('status');
  return { ok: true, value: { limit, ...(beforeId ? { beforeId } : {}), ...(status ? { status } : {}) } };
}
