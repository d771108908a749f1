/**
 * Answers of the HTTP API: JSON, not cached unless the route says so, and errors in one shape with the status
 * of their code.
 */
import {
  ERRORS,
  type ErrorCode,
  type ErrorDetails,
  type Outcome,
  type PublicError,
  publicError,
} from '../../protocol/errors.ts';
import type { AskResult } from '../../runtime/index.ts';
import type { HttpResponse } from './client-server.ts';

/** No `Access-Control-…` anywhere: pages of other origins cannot read the API, programs can. */
const API_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

const RETRY_AFTER_SECONDS_DEFAULT = 1;

/** `body`: JSON, as text or bytes. */
export const answer = (
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({ status, headers: { ...API_HEADERS, ...headers }, body });

export const noContent = (headers: Readonly<Record<string, string>>): HttpResponse => ({
  status: 204,
  headers,
  body: '',
});

export function problem(error: PublicError, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const { status } = ERRORS[error.code];
  const retry =
    status === 503 || status === 429 ? { 'Retry-After': String(retryAfterSeconds(error.details)) } : {};
  return answer(status, JSON.stringify({ error }), { ...retry, ...headers });
}

export const refusal = (code: ErrorCode, details?: ErrorDetails): HttpResponse =>
  problem(publicError(code, details));

/** With these headers too; `Vary` is joined to what is there. */
export function withHeaders(response: HttpResponse, headers: Readonly<Record<string, string>>): HttpResponse {
  const { status, body } = response;
  const joined = { ...response.headers, ...headers };
  const { Vary: there } = response.headers;
  const { Vary: more } = headers;
  if (there === undefined || more === undefined) return { status, headers: joined, body };
  return { status, headers: withVary({ ...joined, Vary: there }, more), body };
}

export function withVary(
  headers: Readonly<Record<string, string>>,
  name: string,
): Readonly<Record<string, string>> {
  const { Vary } = headers;
  if (Vary?.split(', ').includes(name)) return headers;
  return { ...headers, Vary: Vary === undefined ? name : `${Vary}, ${name}` };
}

/** An ask that was not answered is an error of the API like any other. */
export const outcomeOf = <T>(asked: AskResult<Outcome<T>>): Outcome<T> =>
  asked.ok ? asked.reply : { ok: false, error: publicError(asked.code) };

function retryAfterSeconds(details: ErrorDetails | undefined): number {
  const seconds = details?.['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? Math.ceil(seconds) : RETRY_AFTER_SECONDS_DEFAULT;
}
