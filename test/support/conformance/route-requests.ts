/** For each route a request that reaches its handler. A new route needs a line here if it reads anything. */
import type { MemoryRequest } from '../../../src/actors/broadcaster/memory-server.ts';
import { errorsOf, type Route } from '../../../src/actors/broadcaster/routes/route.ts';
import { ROUTES } from '../../../src/actors/broadcaster/routes/route-table.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';
import { PLACE_BET_REQUEST } from '../broadcaster-fixture.ts';

const { minMultiplier: _, ...CELL } = PLACE_BET_REQUEST;

const READ: Readonly<Record<string, Omit<MemoryRequest, 'path' | 'method'>>> = {
  'GET /v1/candles': { query: 'intervalMs=60000' },
  'POST /v1/auth/verify': { body: { message: 'm', signature: `0x${'ab'.repeat(65)}` } },
  'PUT /v1/limits/self': { body: { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null } },
  'POST /v1/bets': { headers: { 'idempotency-key': 'k' }, body: PLACE_BET_REQUEST },
  'POST /v1/bets/batch': { body: { bets: [{ idempotencyKey: 'k', bet: PLACE_BET_REQUEST }] } },
  'POST /v1/quotes': { body: { cells: [CELL] } },
};

export function requestOf(route: Route, headers: Readonly<Record<string, string>> = {}): MemoryRequest {
  const read = READ[`${route.method} ${route.path}`] ?? {};
  const path = route.path.replace('{id}', 'bet_1');
  return { method: route.method, path, ...read, headers: { ...read.headers, ...headers } };
}

/** One that reads something is spoilt in each part that it reads. */
export function malformedRequestsOf(route: Route): MemoryRequest[] {
  const request = requestOf(route);
  const withHeaders = (headers: Readonly<Record<string, string>>): MemoryRequest => ({
    ...request,
    headers: { ...request.headers, ...headers },
  });
  return [
    ...(route.query
      ? [
          { ...request, query: 'nobody-asked=1' },
          { ...request, query: 'cursor=!' },
        ]
      : []),
    ...(route.headers ? [withHeaders({ 'idempotency-key': 'a b' })] : []),
    ...(route.body
      ? [
          { ...withHeaders({ 'content-type': 'application/json' }), body: '{' },
          { ...withHeaders({ 'content-type': 'text/plain' }), body: '{}' },
          { ...request, body: { nobody: 'asked' } },
        ]
      : []),
  ];
}

export const routesWith = (code: ErrorCode): Route[] =>
  ROUTES.filter((route) => errorsOf(route).includes(code));
