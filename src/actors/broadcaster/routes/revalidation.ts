/**
 * Answers that need not be sent again: an ETag of the bytes, and 304 to who names it. Tags are weak, because
 * one answer leaves plain or compressed.
 */
import { hash } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../client-server.ts';
import { withVary } from '../http-answer.ts';

export interface Keeping {
  readonly scope: 'public' | 'private';
  /** Absent: kept, but asked for anew each time. */
  readonly keepSeconds?: number;
}

const TAG_LENGTH = 22;
const tags = new WeakMap<object, string>();

/** The response with its tag and, if `keeping` is given, its Cache-Control; 304 if the client has it. */
export function revalidated(request: HttpRequest, response: HttpResponse, keeping?: Keeping): HttpResponse {
  if (response.status !== 200) return response;
  const tag = response.headers['ETag'] ?? tagOf(response.body);
  const tagged = { ...response.headers, ETag: tag, ...(keeping && { 'Cache-Control': lifeOf(keeping) }) };
  const headers = withVary(tagged, 'Accept-Encoding');
  const isThere = isKnown(tag, request.headers['if-none-match']);
  return isThere ? { status: 304, headers, body: '' } : { ...response, headers };
}

/** RFC 9110 13.1.2: any of the listed tags, compared weakly, or `*`. */
export function isKnown(tag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const strong = tag.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((item) => {
    const candidate = item.trim();
    return candidate === '*' || candidate.replace(/^W\//, '') === strong;
  });
}

const lifeOf = ({ scope, keepSeconds }: Keeping): string =>
  keepSeconds === undefined ? `${scope}, no-cache` : `${scope}, max-age=${keepSeconds}`;

function tagOf(body: string | Uint8Array): string {
  const known = typeof body === 'string' ? undefined : tags.get(body);
  if (known !== undefined) return known;
  const tag = `W/"${hash('sha256', body, 'base64url').slice(0, TAG_LENGTH)}"`;
  if (typeof body !== 'string') tags.set(body, tag);
  return tag;
}
