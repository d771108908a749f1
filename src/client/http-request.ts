/**
 * One HTTP exchange with a deadline, and the bounded repetition of those that are safe to repeat. Every way
 * to fail comes out as a TouchlineError, except that an aborted request rejects with the signal's reason.
 *
 * Non-goals: knowing which requests are safe to repeat; the caller says so.
 */
import { type BackoffOptions, fullJitterMs, sleepMs } from './backoff.ts';
import { badAnswer, clientError, errorFromWire, isRecord, TouchlineError } from './touchline-error.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path with query, from the root. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpOptions {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly requestTimeoutMs: number;
}

export interface RetryOptions extends BackoffOptions {
  /** Tries in all, the first included. */
  readonly attemptsMax: number;
}

/** The parsed body of a 2xx answer; throws a TouchlineError for everything else. */
export async function exchange(request: HttpRequest, options: HttpOptions): Promise<unknown> {
  const { status, headers, text } = await send(request, options);
  const body = parseJson(text);
  if (status >= 200 && status < 300) {
    if (body === undefined && text !== '') throw badAnswer(status);
    return body;
  }
  if (!isRecord(body)) throw badAnswer(status);
  throw errorFromWire(body['error'], status, retryAfterMs(headers));
}

/** Repeats `attempt` while it fails with a retryable error; the last error is thrown as it is. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  for (let done = 1; ; done += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TouchlineError) || !error.retryable || done >= options.attemptsMax) throw error;
      // A wait longer than our own longest is the user's to decide.
      if (error.retryAfterMs > options.capMs) throw error;
      await sleepMs(Math.max(error.retryAfterMs, fullJitterMs(done - 1, options)), signal);
    }
  }
}

async function send(
  request: HttpRequest,
  options: HttpOptions,
): Promise<{ status: number; headers: Headers; text: string }> {
  const { method, path, body, headers, signal } = request;
  const { fetch } = options;
  const timeout = AbortSignal.timeout(options.requestTimeoutMs);
  try {
    const answer = await fetch(options.baseUrl + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw clientError(timeout.aborted ? 'TIMED_OUT' : 'NETWORK_FAILED', { method, path }, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? '0');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
