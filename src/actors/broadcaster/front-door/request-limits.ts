/**
 * What requests cost their address, and the header fields that say what is left: the three of
 * draft-ietf-httpapi-ratelimit-headers up to 06, in tokens and seconds. Signing in is dear, bets less, reads
 * least.
 */
import type { HttpResponse } from '../client-server.ts';
import { refusal } from '../http-answer.ts';
import type { BeforeRoute, Target } from '../routes/before-route.ts';
import type { Taken } from './token-buckets.ts';

export const COSTS = { signIn: 20, nonce: 5, batch: 20, bet: 5, quotes: 2, read: 1 } as const;

const COST_BY_ROUTE: Readonly<Record<string, number>> = {
  'GET /v1/auth/nonce': COSTS.nonce,
  'POST /v1/auth/verify': COSTS.signIn,
  'POST /v1/bets': COSTS.bet,
  'POST /v1/bets/batch': COSTS.batch,
  'POST /v1/quotes': COSTS.quotes,
  'PUT /v1/limits/self': COSTS.bet,
};
/** Also counted for all threads and processes together. */
const SHARED_ROUTES = new Set(['GET /v1/auth/nonce', 'POST /v1/auth/verify']);

export const requestLimits: BeforeRoute = (request, target, { limits, settings }) => {
  const name = nameOf(target);
  const cost = COST_BY_ROUTE[name] ?? COSTS.read;
  const address = limits.addressOf(request);
  const taken = limits.take(address, cost);
  const { burst } = settings.limits;
  if (!taken.granted) return { headers: fields(taken, burst), response: refused(taken) };
  if (address === undefined || !SHARED_ROUTES.has(name)) return { headers: fields(taken, burst) };
  return limits.takeShared(address, cost).then((shared) => {
    const least = shared && shared.remaining < taken.remaining ? shared : taken;
    const headers = fields(least, burst);
    return shared && !shared.granted ? { headers, response: refused(shared) } : { headers };
  });
};

const nameOf = ({ place, route }: Target): string => (place && route ? `${route.method} ${place.path}` : '');

const refused = ({ retryAfterSeconds }: Taken): HttpResponse =>
  refusal('RATE_LIMITED', { retryAfterSeconds });

const fields = ({ remaining, resetSeconds }: Taken, burst: number): Readonly<Record<string, string>> => ({
  'RateLimit-Limit': String(burst),
  'RateLimit-Remaining': String(remaining),
  'RateLimit-Reset': String(resetSeconds),
});
