/**
 * Pages of other origins. Those that are configured may call the API and read its answers (CORS), with their
 * cookie; all others may not read anything. Programs send no Origin and are not concerned.
 */
import type { HttpResponse } from '../client-server.ts';
import { noContent, refusal } from '../http-answer.ts';
import type { BeforeRoute } from '../routes/before-route.ts';
import { methodsOf } from '../routes/route-table.ts';
import { isByCookie, isOursToo } from './session-cookie.ts';

const EXPOSED = 'ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After';
const ASKABLE =
  'Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Touchline-Request, X-Touchline-Session';
const PREFLIGHT_SECONDS = '600';
/** Also for requests without an Origin: a cache must not hand their answers to a page. */
const VARY = { Vary: 'Origin' };

export const crossOrigin: BeforeRoute = (request, { place }, { settings }) => {
  if (!place) return undefined;
  const { origin } = request.headers;
  if (origin === undefined || !settings.origins.includes(origin)) return { headers: VARY };
  const headers = {
    ...VARY,
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': EXPOSED,
  };
  const isPreflight =
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  return isPreflight ? { headers, response: preflightAnswer(methodsOf(place)) } : { headers };
};

const preflightAnswer = (methods: string): HttpResponse =>
  noContent({
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': ASKABLE,
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
  });

const READS = ['GET', 'HEAD', 'OPTIONS'];

/** What changes something under a cookie has to come from a page of ours, on purpose. */
export const cookieWrites: BeforeRoute = ({ method, headers }, { place }, { settings }) => {
  if (!place || READS.includes(method) || !isByCookie(headers, settings.origins)) return undefined;
  const missing = isOursToo(headers, settings.origins);
  return missing === true ? undefined : { response: refusal('ORIGIN_REFUSED', { field: missing }) };
};
