/**
 * The one way in for HTTP requests: a request value in, a response value out. Routes are values of a table
 * (routes/route-table.ts; routes/route.ts tells how to add one). Every request runs in the one wrapper
 * `answerRequest`, which bounds what is under way, refuses what is too large and turns a throw into
 * INTERNAL.
 *
 * Invariants: a request changes something only through a letter to the actor that owns it; the wallet always
 * comes from the session. Non-goals: sockets, how bytes arrive (client-server.ts).
 */
import { publicError } from '../../protocol/errors.ts';
import type { HttpRequest, HttpResponse } from './client-server.ts';
import { cookieWrites, crossOrigin } from './front-door/cross-origin.ts';
import { requestLimits } from './front-door/request-limits.ts';
import { safeHeaders } from './front-door/safe-headers.ts';
import { noContent, problem, refusal, withHeaders } from './http-answer.ts';
import { answerRoute } from './routes/answer-route.ts';
import { type BeforeRoute, beforeRoute, type Target } from './routes/before-route.ts';
import { compressedFor, isCompressible } from './routes/compression.ts';
import type { Place, RoutePorts } from './routes/route.ts';
import { findPlace, methodsOf } from './routes/route-table.ts';

const REQUESTS_UNDER_WAY_MAX = 2_000;
/** Origins first: a page has to be able to read that it is refused. */
const BEFORE_ROUTE: readonly BeforeRoute[] = [crossOrigin, requestLimits, cookieWrites];

/** The response to HEAD has the body of GET; the server leaves it out. */
export function httpRoutes(ports: RoutePorts): (request: HttpRequest) => Promise<HttpResponse> {
  const { log, metrics, clock } = ports.context;
  const withSafety = safeHeaders(ports.settings.origins);
  let underWay = 0;

  return async function answerRequest(request) {
    const startedMs = clock.monotonicMs();
    const target = targetOf(request);
    const name = target.place?.path ?? 'other';
    underWay += 1;
    let response: HttpResponse;
    try {
      response =
        underWay > REQUESTS_UNDER_WAY_MAX ? refusal('MAILBOX_FULL') : await respond(request, target, ports);
    } catch (error) {
      log.error({ err: error, route: name }, 'request failed');
      response = refusal('INTERNAL');
    } finally {
      underWay -= 1;
    }
    metrics.count('http_requests_total', { route: name, status: String(response.status) });
    metrics.observeSeconds('http_request_seconds', (clock.monotonicMs() - startedMs) / 1_000);
    return withSafety(response);
  };
}

async function respond(request: HttpRequest, target: Target, ports: RoutePorts): Promise<HttpResponse> {
  const { headers = {}, response } = await beforeRoute(request, target, ports, BEFORE_ROUTE);
  const answered = response ?? (await answerAt(request, target, ports));
  const whole = withHeaders(answered, headers);
  return isCompressible(whole) ? compressedFor(request, whole) : whole;
}

function answerAt(
  request: HttpRequest,
  { place, route }: Target,
  ports: RoutePorts,
): HttpResponse | Promise<HttpResponse> {
  if (request.body === 'too-large') return refusal('PAYLOAD_TOO_LARGE');
  if (!place) return answerPage(request, ports);
  if (route) return answerRoute(route, request, place.id, ports);
  return wrongMethod(request, methodsOf(place));
}

function answerPage(request: HttpRequest, { page }: RoutePorts): HttpResponse {
  const file = page.answer(request);
  if (!file) return refusal('NOT_FOUND');
  return methodOf(request) === 'GET' ? file : wrongMethod(request, 'GET, HEAD');
}

const wrongMethod = ({ method }: HttpRequest, allowed: string): HttpResponse =>
  method === 'OPTIONS'
    ? noContent({ Allow: `${allowed}, OPTIONS` })
    : problem(publicError('METHOD_NOT_ALLOWED'), { Allow: allowed });

function targetOf(request: HttpRequest): Target {
  const place: Place | undefined = findPlace(request);
  return { place, route: place?.byMethod.get(methodOf(request)) };
}

const methodOf = ({ method }: HttpRequest): string => (method === 'HEAD' ? 'GET' : method);
