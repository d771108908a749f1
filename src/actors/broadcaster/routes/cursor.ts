/**
 * Cursors: where a listing goes on, as a text that clients pass back and never look into. It holds what the
 * listing was asked for, so that a page cannot go on with another question. Nothing in it is secret or
 * trusted: it is read as strictly as a query.
 */
import { done, type Outcome } from '../../../protocol/errors.ts';
import { malformed } from '../http-input.ts';

type CursorPart = string | number;

/** `listing` names what is listed; a cursor of one is none of another. */
export const writeCursor = (listing: string, parts: readonly CursorPart[]): string =>
  Buffer.from([listing, ...parts].join(' ')).toString('base64url');

/** Exactly `count` parts, as text. */
export function readCursor(listing: string, text: string, count: number): Outcome<readonly string[]> {
  const [name, ...parts] = Buffer.from(text, 'base64url').toString().split(' ');
  const isWhole = name === listing && parts.length === count;
  // One cursor, one spelling: decoding takes rubbish as well.
  const isSame = isWhole && writeCursor(listing, parts) === text;
  return isSame ? done(parts) : malformed('cursor');
}

/** A cursor says it all: what else was asked for is MALFORMED, by its name. */
export function isAlone(query: Readonly<Record<string, unknown>>, names: readonly string[]): Outcome<true> {
  const surplus = names.find((name) => query[name] !== undefined);
  return surplus === undefined ? done(true) : malformed(surplus);
}
