/** Every route there is, and how a request finds its own. See route.ts for how to add one. */
import type { HttpRequest } from '../client-server.ts';
import { getAccount, getSelfLimits, putSelfLimits } from './account-routes.ts';
import { getNonce, postSignOut, postVerify } from './auth-routes.ts';
import { postBets } from './batch-routes.ts';
import { getBet, getBets, postBet } from './bet-routes.ts';
import { getAsyncApi, getDocs, getOpenApi } from './document-routes.ts';
import { getCandles, getPrices } from './history-routes.ts';
import { getCalibration, getGrid, getLedger, getPrice, getStatus, getTime } from './market-routes.ts';
import { getCheckpoints, getProof } from './proof-routes.ts';
import { getLimits, postQuotes } from './quote-routes.ts';
import type { ByMethod, Method, Place, Route } from './route.ts';
import { getSocket } from './socket-route.ts';

/** In the order of the documents. */
export const ROUTES: readonly Route[] = [
  ...[getTime, getStatus, getPrice, getGrid, getCalibration, getLedger],
  ...[getPrices, getCandles],
  ...[getNonce, postVerify, postSignOut],
  ...[getAccount, getLimits, getSelfLimits, putSelfLimits],
  ...[postQuotes, postBet, postBets, getBets, getBet],
  ...[getProof, getCheckpoints],
  ...[getSocket, getOpenApi, getAsyncApi, getDocs],
];

const ID = '{id}';
const PLACES = byPath(ROUTES);
const IDENTIFIER = /^[A-Za-z0-9._:-]{1,64}$/;

/** Undefined: no route has this path. */
export function findPlace({ path }: Pick<HttpRequest, 'path'>): Place | undefined {
  const byMethod = PLACES.get(path);
  if (byMethod) return path.includes(ID) ? undefined : { path, byMethod, id: '' };
  const parts = path.split('/');
  for (const at of [parts.length - 1, parts.length - 2]) {
    const id = parts[at] ?? '';
    const pattern = parts.with(at, ID).join('/');
    const found = PLACES.get(pattern);
    if (found && IDENTIFIER.test(id)) return { path: pattern, byMethod: found, id };
  }
  return undefined;
}

/** For the Allow header. */
export const methodsOf = ({ byMethod }: Place): string =>
  [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : [])].sort().join(', ');

function byPath(routes: readonly Route[]): ReadonlyMap<string, ByMethod> {
  const places = new Map<string, Map<Method, Route>>();
  for (const route of routes) {
    const there = places.get(route.path) ?? new Map<Method, Route>();
    if (there.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`);
    places.set(route.path, there.set(route.method, route));
  }
  return places;
}
