/** Reads answers off a connection and holds them to the registry of errors. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ERRORS, isErrorCode } from '../../src/protocol/errors.ts';
import type { Wire } from './wire.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly isClosing: boolean;
  readonly contentType: string;
  /** Decompressed. */
  readonly body: Buffer;
}

const HEAD_END = '\r\n\r\n';
/** What the server's parser says by itself, before any handler, of a request it cannot read. */
const PARSER_STATUSES: ReadonlySet<number> = new Set([400, 431, 505]);
const STATUSES: ReadonlySet<number> = new Set([101, 200, 201, 204, 304]);

/** The next complete answer, if it is there. Throws on bytes that are none. */
export function takeAnswer(wire: Wire, isHead: boolean): HttpAnswer | undefined {
  const end = wire.received.indexOf(HEAD_END);
  if (end < 0) {
    if (wire.received.length >= 5 && wire.received.toString('latin1', 0, 5) !== 'HTTP/') throw strange(wire);
    return undefined;
  }
  const head = wire.received.toString('latin1', 0, end);
  const match = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(`${head}\r`);
  if (!match) throw strange(wire);
  const status = Number(match[1]);
  const field = (name: string): string => new RegExp(`\r\n${name}: ?([^\r]*)`, 'i').exec(head)?.[1] ?? '';
  const isParsers = PARSER_STATUSES.has(status) && field('content-type') === '';
  const hasBody = (!isHead || isParsers) && status !== 304 && status !== 204 && status >= 200;
  const chunked = /chunked/i.test(field('transfer-encoding'));
  if (chunked) throw new Error('an answer in chunks: this reader knows none');
  const isClosing = /close/i.test(field('connection'));
  const length = field('content-length');
  // Without a length the body ends with the connection: so says the server's own parser of what it refuses.
  if (hasBody && length === '' && !wire.isClosed) return undefined;
  const total = end + HEAD_END.length + (hasBody ? Number(length || wire.received.length) : 0);
  if (length !== '' && wire.received.length < total) return undefined;
  const bytes = wire.take(Math.min(total, wire.received.length));
  wire.answers += 1;
  const body = decompressed(bytes.subarray(end + HEAD_END.length), field('content-encoding'));
  return { status, isClosing, contentType: field('content-type'), body };
}

function decompressed(body: Buffer, encoding: string): Buffer {
  if (encoding === '' || body.length === 0) return body;
  if (encoding === 'br') return brotliDecompressSync(body);
  if (encoding === 'gzip') return gunzipSync(body);
  throw new Error(`an answer encoded as ${encoding}`);
}

const strange = (wire: Wire): Error =>
  new Error(`bytes that are no answer: ${JSON.stringify(wire.received.toString('latin1', 0, 80))}`);

/** How the answer is counted. Throws if it is none that is documented. */
export function judgeAnswer(answer: HttpAnswer, isHead: boolean, isWellFormed: boolean): string {
  const { status, contentType, body } = answer;
  if (STATUSES.has(status)) return String(status);
  if (status >= 500 && status !== 503 && status !== 505) throw new Error(`status ${status}: ${text(body)}`);
  if (contentType === '' && PARSER_STATUSES.has(status) && !isWellFormed) return `${status} by the parser`;
  if (isHead && contentType !== '') return `${status}`;
  if (!contentType.startsWith('application/json')) {
    throw new Error(`status ${status} without an error: ${text(body)}`);
  }
  return `${status} ${codeOf(JSON.parse(body.toString('utf8')), status)}`;
}

function codeOf(value: unknown, status: number): string {
  const code = (value as { error?: { code?: unknown } } | null)?.error?.code;
  if (!isErrorCode(code)) throw new Error(`no registered error: ${JSON.stringify(value).slice(0, 300)}`);
  if (code === 'INTERNAL' || ERRORS[code].status !== status) throw new Error(`${code} with status ${status}`);
  return code;
}

const text = (body: Buffer): string => JSON.stringify(body.toString('latin1', 0, 200));
