/**
 * What a route reads from a request. Reading is strict: a parameter that is unknown, repeated or not exactly
 * of its form is MALFORMED and named; nothing is guessed.
 */
import type { z } from 'zod';
import { firstField } from '../../protocol/api/place-bet-request.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type { HttpRequest } from './client-server.ts';

const TOKEN_LENGTH_MAX = 256;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The bearer token, or undefined if there is none of a possible form. */
export function bearerToken(request: HttpRequest): string | undefined {
  const match = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.authorization ?? '');
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

/** The query's parameters, if they are among `names` and each is there at most once. */
export function readQuery<N extends string>(
  request: HttpRequest,
  names: readonly N[],
): Outcome<{ readonly [K in N]?: string }> {
  const values: { [K in N]?: string } = {};
  for (const [name, value] of new URLSearchParams(request.query)) {
    const known = names.find((candidate) => candidate === name);
    if (known === undefined || values[known] !== undefined) return malformed(name.slice(0, TOKEN_LENGTH_MAX));
    values[known] = value;
  }
  return done(values);
}

/** A plain decimal integer of at most 2^53 − 1; no sign, exponent, fraction, hex or space. */
export function readInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** An identifier as the API hands them out. */
export const isId = (text: string): boolean => /^[A-Za-z0-9._:-]{1,64}$/.test(text);

export const malformed = (field: string): ReturnType<typeof refused> => refused('MALFORMED', { field });
