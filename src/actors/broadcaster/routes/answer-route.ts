/**
 * One request, one route: reads what the route's schemas ask for, checks the session, lets the handler answer
 * and writes what it said. Refusals come in this order: headers, query, body, session, then the handler's.
 */
import type { z } from 'zod';
import { firstField } from '../../../protocol/api/place-bet-request.ts';
import { done, type Outcome, refused } from '../../../protocol/errors.ts';
import type { HttpRequest, HttpResponse } from '../client-server.ts';
import { answer, problem } from '../http-answer.ts';
import { malformed, readBody, readJson, readParameters, sessionToken } from '../http-input.ts';
import type { SessionInfo } from '../sessions/session-gate.ts';
import { revalidated } from './revalidation.ts';
import type { Reply, Route, RouteInput, RoutePorts } from './route.ts';
import { sharedBody } from './shared-body.ts';

export async function answerRoute(
  route: Route,
  request: HttpRequest,
  id: string,
  ports: RoutePorts,
): Promise<HttpResponse> {
  const read = readParts(route, request);
  if (!read.ok) return problem(read.error);
  const token = route.auth === 'none' ? undefined : sessionToken(request, ports.settings.origins);
  const checked = sessionOf(route, token, ports);
  const session = checked instanceof Promise ? await checked : checked;
  if (!session.ok) return problem(session.error);
  const input = { request, id, ...read.value, token, session: session.value } as RouteInput;
  return written(route, request, await route.handle(input, ports));
}

type Parts = Pick<RouteInput, 'query' | 'headers' | 'body'>;

function readParts(route: Route, request: HttpRequest): Outcome<Parts> {
  const headers = readHeaders(route, request);
  if (!headers.ok) return headers;
  const query = route.query ? readParameters(request, route.query) : done(undefined);
  if (!query.ok) return query;
  const body = bodyOf(route, request);
  if (!body.ok) return body;
  return done({ headers: headers.value, query: query.value, body: body.value });
}

function bodyOf(route: Route, request: HttpRequest): Outcome<unknown> {
  if (!route.body) return done(undefined);
  return route.auth === 'session-by-desk' ? readJson(request) : readBody(request, route.body);
}

const NO_KEY = refused('IDEMPOTENCY_KEY_REQUIRED');

function readHeaders({ headers }: Route, request: HttpRequest): Outcome<unknown> {
  if (!headers) return done(undefined);
  const parsed = headers.safeParse(request.headers);
  if (parsed.success) return done(parsed.data);
  const name = firstField(parsed.error);
  return name === 'idempotency-key' && !request.headers[name] ? NO_KEY : malformed(headerName(name));
}

/** `idempotency-key` → `Idempotency-Key`. */
export const headerName = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

const NO_SESSION = done(undefined);

function sessionOf(
  { auth }: Route,
  token: string | undefined,
  { gate }: RoutePorts,
): Outcome<SessionInfo | undefined> | Promise<Outcome<SessionInfo | undefined>> {
  if (auth === 'session') return gate.check(token);
  return auth === 'optional' && token !== undefined ? gate.check(token) : NO_SESSION;
}

function written(route: Route, request: HttpRequest, reply: Reply<z.output<Route['answer']>>): HttpResponse {
  if (!reply.ok) return problem(reply.error, reply.headers);
  if ('response' in reply) return revalidated(request, reply.response);
  const { value, headers, keepSeconds } = reply;
  const body = route.shares ? sharedBody(value as object) : JSON.stringify(value);
  const response = answer(route.status ?? 200, body, headers);
  if (!route.revalidates) return response;
  return revalidated(request, response, {
    scope: route.auth === 'none' ? 'public' : 'private',
    ...(keepSeconds === undefined ? {} : { keepSeconds }),
  });
}
