/** Answers of the HTTP API: JSON, never cached, and errors in one shape with the status of their code. */
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

export const answer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { ...API_HEADERS, ...headers },
  body: JSON.stringify(value),
});

export function problem(error: PublicError, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const { status } = ERRORS[error.code];
  const retry =
    status === 503 || status === 429 ? { 'Retry-After': String(retryAfterSeconds(error.details)) } : {};
  return answer(status, { error }, { ...retry, ...headers });
}

export const refusal = (code: ErrorCode, details?: ErrorDetails): HttpResponse =>
  problem(publicError(code, details));

export const answerOutcome = <T>(outcome: Outcome<T>, status = 200): HttpResponse =>
  outcome.ok ? answer(status, outcome.value) : problem(outcome.error);

/** An ask that was not answered is an error of the API like any other. */
export const outcomeOf = <T>(asked: AskResult<Outcome<T>>): Outcome<T> =>
  asked.ok ? asked.reply : { ok: false, error: publicError(asked.code) };

function retryAfterSeconds(details: ErrorDetails | undefined): number {
  const seconds = details?.['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? Math.ceil(seconds) : RETRY_AFTER_SECONDS_DEFAULT;
}
