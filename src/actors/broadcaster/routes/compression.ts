/**
 * Large answers, compressed for who asks (RFC 9110 12.5.3). Off the event loop; a body of bytes (documents,
 * grids, the page) is compressed once per coding and found again by its identity, a body of text every time.
 * Small ones leave as they are: they fit a packet or two, and compressing costs more than it saves.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '../client-server.ts';
import { withVary } from '../http-answer.ts';

type Coding = 'br' | 'gzip';

/** About one packet. */
export const COMPRESSED_BYTES_MIN = 1_400;
const COMPRESSIBLE = /^(text\/|application\/(json|manifest\+json)|image\/svg\+xml)/;
/** Beyond these, time doubles for a hundredth of the size. */
const BROTLI_QUALITY = 5;
const GZIP_LEVEL = 6;

const brotliAsync = promisify(brotliCompress);
const gzipAsync = promisify(gzip);
const compressed = new WeakMap<object, Partial<Record<Coding, Promise<Uint8Array>>>>();

/** Whether it is large enough, and of a kind that gets smaller. */
export const isCompressible = ({ headers, body }: HttpResponse): boolean =>
  body.length >= COMPRESSED_BYTES_MIN && COMPRESSIBLE.test(headers['Content-Type'] ?? '');

export async function compressedFor(request: HttpRequest, response: HttpResponse): Promise<HttpResponse> {
  const { headers, body } = response;
  if (!isCompressible(response)) return response;
  const varied = { ...response, headers: withVary(headers, 'Accept-Encoding') };
  const coding = bestCoding(request.headers['accept-encoding'], typeof body === 'string' ? 'gzip' : 'br');
  if (coding === undefined) return varied;
  return {
    ...varied,
    headers: { ...varied.headers, 'Content-Encoding': coding },
    body: await compress(body, coding),
  };
}

/** The coding the client likes best, `preferred` among equals; undefined: as it is. */
export function bestCoding(acceptEncoding: string | undefined, preferred: Coding): Coding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = new Map(acceptEncoding.split(',').map(weightOf));
  const weight = (coding: string): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const other = preferred === 'br' ? 'gzip' : 'br';
  const best = weight(other) > weight(preferred) ? other : preferred;
  // Without a word on it, identity is acceptable, but less than what was named.
  return weight(best) > 0 && weight(best) >= (weights.get('identity') ?? 0) ? best : undefined;
}

function weightOf(item: string): [string, number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (q === undefined) return [name, 1];
  return [name, /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0];
}

function compress(body: string | Uint8Array, coding: Coding): Promise<Uint8Array> {
  if (typeof body === 'string') return compressOnce(body, coding);
  const known = compressed.get(body) ?? {};
  const bytes = known[coding] ?? compressOnce(body, coding);
  compressed.set(body, { ...known, [coding]: bytes });
  return bytes;
}

const compressOnce = (body: string | Uint8Array, coding: Coding): Promise<Uint8Array> =>
  coding === 'gzip'
    ? gzipAsync(body, { level: GZIP_LEVEL })
    : brotliAsync(body, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(body),
        },
      });
