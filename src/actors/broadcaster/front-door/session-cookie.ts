/**
 * The session as a cookie, for pages: no script can read it. Over https it is `__Host-touchline`, which no
 * other host, subdomain or path can set; the plain name, without `Secure`, is for http origins only, and
 * those are of this machine (sign-in-policy.ts).
 *
 * A cookie comes along whoever makes the browser ask. So what changes something needs an Origin of ours and a
 * header that no form can send: `isOursToo`.
 */
import { SESSION_TTL_SECONDS } from '../../../protocol/redis-keys.ts';
import type { HttpRequest } from '../client-server.ts';

const HTTPS_NAME = '__Host-touchline';
const HTTP_NAME = 'touchline';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';
const TOKEN = /^[A-Za-z0-9._-]{1,256}$/;

type Headers = HttpRequest['headers'];

export const wantsCookie = (headers: Headers): boolean => headers['x-touchline-session'] === 'cookie';

/** The token in the cookie, or undefined if there is none of a possible form. */
export function cookieToken(headers: Headers, origins: readonly string[]): string | undefined {
  if (headers.cookie === undefined) return undefined;
  const names = origins.some(isHttps) ? [HTTPS_NAME] : [];
  if (origins.some((origin) => !isHttps(origin))) names.push(HTTP_NAME);
  for (const name of names) {
    const value = namedValue(headers.cookie, name);
    if (value !== undefined) return TOKEN.test(value) ? value : undefined;
  }
  return undefined;
}

/** Whether the request acts by its cookie: a token it carries itself goes before. */
export const isByCookie = (headers: Headers, origins: readonly string[]): boolean =>
  headers.authorization === undefined && cookieToken(headers, origins) !== undefined;

/** What a page of another origin cannot have made the browser send; else the name of what is missing. */
export function isOursToo(
  headers: Headers,
  origins: readonly string[],
): 'Origin' | 'X-Touchline-Request' | true {
  if (headers.origin === undefined || !origins.includes(headers.origin)) return 'Origin';
  return headers['x-touchline-request'] === '1' ? true : 'X-Touchline-Request';
}

/** `Set-Cookie` for a page of `origin`. */
export const cookieWith = (token: string, origin: string): string =>
  `${cookieFor(origin)}=${token}; Max-Age=${SESSION_TTL_SECONDS}; ${ATTRIBUTES}${secure(origin)}`;

export const noCookie = (origin: string): string =>
  `${cookieFor(origin)}=; Max-Age=0; ${ATTRIBUTES}${secure(origin)}`;

const cookieFor = (origin: string): string => (isHttps(origin) ? HTTPS_NAME : HTTP_NAME);
const secure = (origin: string): string => (isHttps(origin) ? '; Secure' : '');
const isHttps = (origin: string): boolean => origin.startsWith('https:');

function namedValue(cookies: string, name: string): string | undefined {
  for (const cookie of cookies.split(';')) {
    const at = cookie.indexOf('=');
    if (at > 0 && cookie.slice(0, at).trim() === name) return cookie.slice(at + 1).trim();
  }
  return undefined;
}
