/**
 * Errors that are the machinery's and not the market's, answered by every route that documents them: too
 * large, too much under way, no session, an actor that is down or silent, a defect of ours.
 */
import { httpRoutes } from '../../../src/actors/broadcaster/http-routes.ts';
import type { RoutePorts } from '../../../src/actors/broadcaster/routes/route.ts';
import { ROUTES } from '../../../src/actors/broadcaster/routes/route-table.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../../../src/protocol/letters/session-guard.ts';
import { BODY_BYTES_MAX } from '../../../src/protocol/limits.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import {
  BROADCASTER_SETTINGS,
  type BroadcasterFixture,
  bearer,
  startBroadcaster,
} from '../broadcaster-fixture.ts';
import type { ApiObserver } from './api-observer.ts';
import { malformedRequestsOf, requestOf, routesWith } from './route-requests.ts';

/** More than the longest deadline of a route. */
const TOO_LONG_MS = 6_000;
const UNDER_WAY_MAX = 2_000;
const NO_LIMIT = { granted: true, remaining: 1, resetSeconds: 0, retryAfterSeconds: 0 };
const ACTORS = [RESOLVER, SESSION_GUARD, HISTORY_WRITER];

type Request = Parameters<BroadcasterFixture['server']['request']>[0];

export async function machineryErrors(observer: ApiObserver): Promise<void> {
  const broadcaster = await startBroadcaster();
  const { token } = broadcaster.signIn();
  const observe = async (request: Request): Promise<void> => {
    const answering = broadcaster.server.request(request);
    await broadcaster.system.advance(TOO_LONG_MS);
    observer.observe(observedOf(request, await answering));
  };
  for (const route of routesWith('NO_PRICE')) {
    if (route.asks === undefined) await observe(requestOf(route));
  }
  await broadcaster.knowMarket();
  for (const route of ROUTES) await observe({ ...requestOf(route), body: 'x'.repeat(BODY_BYTES_MAX + 1) });
  for (const route of routesWith('MALFORMED')) {
    for (const request of malformedRequestsOf(route))
      await observe({ ...request, headers: { ...request.headers, ...bearer(token) } });
  }
  for (const route of routesWith('UNAUTHENTICATED')) await observe(requestOf(route, bearer('nobody')));
  for (const route of routesWith('IDEMPOTENCY_KEY_REQUIRED'))
    await observe({ ...requestOf(route), headers: bearer(token) });
  for (const route of routesWith('OUTCOME_UNKNOWN')) await observe(requestOf(route, bearer(token)));
  for (const route of routesWith('ORIGIN_REFUSED')) await observe(byCookieFromNowhere(requestOf(route)));
  for (const route of ROUTES) await observe(await fromAddressThatAskedTooMuch(broadcaster, requestOf(route)));
  for (const { name } of ACTORS) await broadcaster.system.postOffice.statusBoard.down(name);
  for (const route of routesWith('ACTOR_RESTARTING')) await observe(requestOf(route, bearer(token)));
  for (const { name } of ACTORS) await broadcaster.system.postOffice.statusBoard.up(name);
  await tooMuchUnderWay(broadcaster, observe);
  await defects(observer);
}

const byCookieFromNowhere = (request: Request): Request => ({
  ...request,
  headers: { ...request.headers, cookie: 'touchline=token', 'x-touchline-session': 'cookie' },
});

async function fromAddressThatAskedTooMuch({ server }: BroadcasterFixture, request: Request) {
  const remoteAddress = '203.0.113.7';
  for (let asked = 0; asked < BROADCASTER_SETTINGS.limits.burst; asked += 1)
    await server.request({ path: '/v1/time', remoteAddress });
  return { ...request, remoteAddress };
}

async function tooMuchUnderWay(
  { server, system }: BroadcasterFixture,
  observe: (request: Request) => Promise<void>,
): Promise<void> {
  const waiting = Array.from({ length: UNDER_WAY_MAX }, () => server.request({ path: '/v1/auth/nonce' }));
  const answers = ROUTES.map((route) => observe(requestOf(route)));
  await Promise.all(answers);
  await system.advance(TOO_LONG_MS);
  await Promise.all(waiting);
}

/** Handlers without anything to work with. */
async function defects(observer: ApiObserver): Promise<void> {
  const { client } = await createTestSystem();
  const { log, metrics, clock } = client;
  const context = { log, metrics, clock: { monotonicMs: () => clock.monotonicMs() } };
  const limits = { addressOf: () => undefined, take: () => NO_LIMIT };
  const ports = { context, limits, settings: { origins: [], limits: BROADCASTER_SETTINGS.limits } };
  const answerRequest = httpRoutes(ports as unknown as RoutePorts);
  for (const route of ROUTES) {
    const { method = 'GET', path, query = '', body, headers = {} } = requestOf(route, bearer('token'));
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const sent = { 'content-type': 'application/json', ...headers };
    const request = { method, path, query, headers: sent, remoteAddress: '127.0.0.1' };
    const answered = await answerRequest({ ...request, remoteAddress: '127.0.0.1', body: bytes });
    observer.observe(observedOf({ method, path }, answered));
  }
}

function observedOf(
  { method = 'GET', path }: Request,
  response: Awaited<ReturnType<BroadcasterFixture['server']['request']>>,
) {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const text = Buffer.from(response.body).toString();
  const body: unknown = headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text;
  return { method, path, status: response.status, headers, body };
}
