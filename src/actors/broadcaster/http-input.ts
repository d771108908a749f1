/**
 * What a route reads from a request. Reading is strict: a parameter that is unknown, repeated or not exactly
 * of its form is MALFORMED and named; nothing is guessed.
 */
import type { z } from 'zod';
import { firstField } from '../../protocol/api/place-bet-request.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type { HttpRequest } from './client-server.ts';
import { cookieToken } from './front-door/session-cookie.ts';

const TOKEN_LENGTH_MAX = 256;
/** Of a parameter, where it is named as wrong. */
const NAME_LENGTH_MAX = 256;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The token of the session a request comes with, or undefined if there is none of a possible form. One in the
 * Authorization header goes before that of a cookie.
 */
export function sessionToken({ headers }: HttpRequest, origins: readonly string[]): string | undefined {
  if (headers.authorization === undefined) return cookieToken(headers, origins);
  const match = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(headers.authorization);
  const token = match?.[1];
  return token && token.length <= TOKEN_LENGTH_MAX ? token : undefined;
}

/** The JSON of the body, whatever it is. */
export function readJson(request: HttpRequest): Outcome<unknown> {
  if (request.body === 'too-large') return refused('PAYLOAD_TOO_LARGE');
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return malformed('Content-Type');
  try {
    return done(JSON.parse(utf8.decode(request.body)));
  } catch {
    return malformed('');
  }
}

export function readBody<T>(request: HttpRequest, schema: z.ZodType<T>): Outcome<T> {
  const json = readJson(request);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  return parsed.success ? done(parsed.data) : malformed(firstField(parsed.error));
}

/** The query's parameters by a schema of an object; one that is there twice is MALFORMED too. */
export function readParameters<T>(request: HttpRequest, schema: z.ZodType<T>): Outcome<T> {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(request.query)) {
    if (values[name] !== undefined) return malformed(name.slice(0, NAME_LENGTH_MAX));
    values[name] = value;
  }
  const parsed = schema.safeParse(values);
  return parsed.success ? done(parsed.data) : malformed(firstField(parsed.error).slice(0, NAME_LENGTH_MAX));
}

export const malformed = (field: string): ReturnType<typeof refused> => refused('MALFORMED', { field });
