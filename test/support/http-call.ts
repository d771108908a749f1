/**
 * HTTP as an attacker speaks it: any header and body by `call`, any bytes at all by `rawCall`. Answers come
 * back as they are, and `expectError` holds them to the registry of errors.
 */
import { connect } from 'node:net';
import { expect } from 'vitest';
import { ERRORS, type ErrorCode, type PublicError } from '../../src/protocol/errors.ts';

export interface CallRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; objects as JSON, with the content type of JSON unless another is given. */
  readonly body?: string | Uint8Array | ReadableStream | object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body, or its text where it is no JSON. */
  readonly body: unknown;
}

/** An answer OUTCOME_UNKNOWN (a machine too busy to answer in time) is asked for again, as documented. */
export async function call(url: string, request: CallRequest = {}): Promise<Answer> {
  for (;;) {
    const answer = await callOnce(url, request);
    if (errorOf(answer)?.code !== 'OUTCOME_UNKNOWN') return answer;
  }
}

export async function callOnce(url: string, { method, headers, body }: CallRequest): Promise<Answer> {
  const isJson =
    typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof ReadableStream);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body, duplex: 'half' }),
  } as RequestInit);
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
}

/**
 * Writes the bytes to a connection of their own; with `andEnd`, says that there will be no more. Undefined if
 * it was cut without an answer.
 */
export function rawCall(
  url: string,
  bytes: string | Uint8Array,
  andEnd = false,
): Promise<Answer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => (andEnd ? socket.end(bytes) : socket.write(bytes)));
    let received = '';
    const end = (answer: Answer | undefined): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      const answer = wholeAnswer(received);
      if (answer) end(answer);
    });
    socket.on('error', () => {});
    socket.on('close', () => end(undefined));
  });
}

function wholeAnswer(text: string): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(headEnd + 4);
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, body: parsed(body) };
}

/** The error has its registered status, the one documented shape, and comes as JSON no cache keeps. */
export function expectError(
  answer: Answer,
  code: ErrorCode,
  details?: Readonly<Record<string, unknown>>,
): void {
  const { status, retryable, message } = ERRORS[code];
  const error = errorOf(answer);
  expect(error, JSON.stringify(answer.body)).toMatchObject({ code, retryable, message });
  if (details !== undefined) expect(error?.details).toMatchObject(details);
  expect(answer.status).toBe(status);
  expect(Object.keys(answer.body as object)).toEqual(['error']);
  const known = ['code', 'message', 'retryable', 'details'];
  expect(Object.keys(error ?? {}).filter((key) => !known.includes(key))).toEqual([]);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

export const errorOf = (answer: Answer): PublicError | undefined =>
  (answer.body as { error?: PublicError } | null)?.error;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
