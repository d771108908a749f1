/**
 * HTTP requests as bytes. Those that expect one answer keep to RFC 9112, whatever they ask for; the others
 * are such requests tampered with, cut short, run together or left half-way.
 */
import { BODY_BYTES_MAX } from '../../src/protocol/limits.ts';
import type { FuzzDice } from './fuzz-dice.ts';
import type { FuzzInput } from './fuzz-input.ts';
import { jsonBytes, jsonText, type Knowledge, plausibleBet, spoiltObject } from './json-inputs.ts';
import { mutated } from './mutations.ts';

const PATHS = [
  ...['/v1/time', '/v1/status', '/v1/price', '/v1/prices', '/v1/candles', '/v1/grid', '/v1/calibration'],
  ...['/v1/ledger', '/v1/auth/nonce', '/v1/account', '/v1/limits', '/v1/limits/self', '/v1/bets'],
  ...['/v1/checkpoints', '/v1/ws', '/openapi.json', '/asyncapi.json', '/docs', '/', '/index.html'],
] as const;
/** Asked of another actor, or large: less often, so that the fuzzer does not only wait for them. */
const HEAVY_PATHS: ReadonlySet<string> = new Set([
  ...['/v1/prices', '/v1/candles', '/v1/ledger', '/v1/auth/nonce', '/v1/checkpoints', '/openapi.json'],
]);
const QUERY_NAMES = [
  ...['limit', 'beforeId', 'status', 'fromMs', 'toMs', 'intervalMs', 'cursor', 'symbol', '__proto__'],
] as const;
const METHODS = [
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'get',
  'X',
] as const;
const WRITES = [
  '/v1/bets',
  '/v1/bets',
  '/v1/quotes',
  '/v1/bets/batch',
  '/v1/auth/verify',
  '/v1/limits/self',
] as const;
const CONTENT_TYPES = [
  ...['application/json', 'application/json', 'application/json; charset=utf-8', 'text/plain', ''],
  ...['application/msgpack', 'application/json;charset=utf-16', 'multipart/form-data; boundary=x'],
] as const;

const HEAD_BYTES_SURE = 3_900;

interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
}

export function httpInput(dice: FuzzDice, known: Knowledge): FuzzInput {
  return dice.weighted<FuzzInput>([
    [52, () => wellFormed(dice, readDraft(dice, known), 'read')],
    [20, () => wellFormed(dice, writeDraft(dice, known), 'write')],
    [2, () => tooLarge(dice)],
    [10, () => tampered(dice, known)],
    [3, () => runTogether(dice, known)],
    [3, () => cutShort(dice, known)],
    [3, () => ({ what: 'garbage', pieces: [dice.bytes(dice.int(1, 400))], expects: 'any' })],
    [4, () => ({ ...wellFormed(dice, writeDraft(dice, known), 'aborted write'), expects: 'abort' })],
    [2, () => ({ ...wellFormed(dice, readDraft(dice, known), 'half-closed read'), expects: 'end' })],
    [0.3, () => manyHeaders(dice, known)],
  ]);
}

function readDraft(dice: FuzzDice, known: Knowledge): Draft {
  const path = dice.pick(PATHS);
  if (HEAVY_PATHS.has(path) && dice.chance(0.7)) return readDraft(dice, known);
  const strange = dice.chance(0.2) ? strangePath(dice, known) : path;
  const query = dice.chance(0.4) ? queryText(dice) : '';
  const method = dice.chance(0.85) ? 'GET' : dice.pick(METHODS);
  return { method, target: strange + query, headers: headersOf(dice, known), body: undefined };
}

function writeDraft(dice: FuzzDice, known: Knowledge): Draft {
  const path = dice.pick(WRITES);
  const text = dice.chance(0.5) ? bodyTextOf(dice, path, known) : jsonText(dice, 4);
  const body = jsonBytes(dice, text).subarray(0, BODY_BYTES_MAX);
  const type = dice.chance(0.7) ? 'application/json' : dice.pick(CONTENT_TYPES);
  const headers: [string, string][] = [...headersOf(dice, known), ['Content-Type', type]];
  if (dice.chance(0.7)) headers.push(['Idempotency-Key', dice.chance(0.8) ? dice.word(64) : visible(dice)]);
  return { method: path === '/v1/limits/self' ? 'PUT' : 'POST', target: path, headers, body };
}

function bodyTextOf(dice: FuzzDice, path: (typeof WRITES)[number], known: Knowledge): string {
  const bet = plausibleBet(dice, known);
  const { minMultiplier: _, ...cell } = bet;
  const item = { idempotencyKey: dice.word(20), bet };
  const right: Record<string, unknown> = {
    '/v1/bets': bet,
    '/v1/quotes': { cells: Array.from({ length: dice.int(0, 60) }, () => cell) },
    '/v1/bets/batch': { bets: Array.from({ length: dice.int(0, 22) }, () => item) },
    '/v1/auth/verify': { message: signInText(dice, known), signature: `0x${dice.bytes(65).toString('hex')}` },
    '/v1/limits/self': { dailyStakeMicros: dice.numberText(), pausedUntilMs: dice.int(0, 2 ** 31) },
  };
  const value = right[path];
  if (typeof value !== 'object' || value === null) return '{}';
  return dice.chance(0.4) ? JSON.stringify(value) : spoiltObject(dice, { ...value });
}

function signInText(dice: FuzzDice, known: Knowledge): string {
  const at = (ms: number): string => new Date(known.nowMs() + ms).toISOString();
  const text = [
    `127.0.0.1:${dice.int(1, 65_535)} wants you to sign in with your Ethereum account:`,
    `0x${dice.bytes(20).toString('hex')}`,
    '\nSign in to Touchline. This costs nothing and moves no funds.\n',
    `URI: http://127.0.0.1:8080\nVersion: 1\nChain ID: 1\nNonce: ${dice.word(16)}`,
    `Issued At: ${at(0)}\nExpiration Time: ${at(300_000)}`,
  ].join('\n');
  return dice.chance(0.5) ? text : mutated(dice, Buffer.from(text)).toString('utf8').slice(0, 3_000);
}

function strangePath(dice: FuzzDice, known: Knowledge): string {
  const path = dice.weighted<string>([
    [3, () => `/v1/bets/${dice.chance(0.5) ? known.betId(dice) : visible(dice)}`],
    [2, () => `/v1/bets/${dice.chance(0.5) ? known.betId(dice) : visible(dice)}/proof`],
    [3, () => `${dice.pick(PATHS)}${visible(dice)}`],
    [1, () => `/${visible(dice)}`],
    [1, () => `//${dice.pick(PATHS)}`],
    [1, () => `http://127.0.0.1${dice.pick(PATHS)}`],
    [1, () => dice.pick(PATHS).replace('v1', '%761')],
    [0.5, () => `/${'a/'.repeat(dice.int(1, 1_000))}`],
  ]);
  return path.replaceAll('?', '');
}

/** At most one line of visible ASCII: what may stand in a request line or in a header field. */
const visible = (dice: FuzzDice): string =>
  dice
    .awkward()
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, 1_500);

function queryText(dice: FuzzDice): string {
  const pairs = Array.from({ length: dice.int(1, 4) }, () => {
    const name = dice.chance(0.8) ? dice.pick(QUERY_NAMES) : visible(dice);
    const value = dice.chance(0.6) ? dice.numberText() : visible(dice);
    return dice.chance(0.95)
      ? `${name}=${encodeURIComponent(value)}`
      : `${name}=${value.replace(/[^\x21-\x7e]/g, '')}`;
  });
  return `?${pairs.join('&')}`;
}

function headersOf(dice: FuzzDice, known: Knowledge): [string, string][] {
  const headers: [string, string][] = [['Host', dice.chance(0.95) ? '127.0.0.1' : visible(dice)]];
  const add = (probability: number, name: string, value: () => string): void => {
    if (dice.chance(probability)) headers.push([dice.chance(0.9) ? name : name.toUpperCase(), value()]);
  };
  add(0.5, 'Authorization', () => `Bearer ${dice.chance(0.85) ? known.token(dice) : visible(dice)}`);
  add(0.05, 'Authorization', () => visible(dice));
  add(0.1, 'If-None-Match', () =>
    dice.pick(['*', '"x"', 'W/"x"', '"', `"${'x'.repeat(500)}"`, visible(dice)]),
  );
  add(0.1, 'Cookie', () => cookieText(dice, known));
  add(0.1, 'Origin', () =>
    dice.pick(['null', 'http://127.0.0.1:8080', 'https://evil.example', visible(dice)]),
  );
  add(0.1, 'Accept-Encoding', () => dice.pick(['gzip', 'br, gzip', '*;q=0', 'gzip;q=banana', visible(dice)]));
  add(0.05, 'X-Touchline-Session', () => dice.pick(['cookie', visible(dice)]));
  add(0.05, 'X-Touchline-Request', () => dice.pick(['1', visible(dice)]));
  add(0.5, 'X-Forwarded-For', () => forwardedFor(dice));
  add(0.05, 'Access-Control-Request-Method', () => dice.pick(METHODS));
  add(0.1, dice.word(20), () => visible(dice));
  return headers;
}

function cookieText(dice: FuzzDice, known: Knowledge): string {
  const name = dice.pick(['touchline', '__Host-touchline', 'a']);
  const value = dice.chance(0.5) ? known.token(dice) : visible(dice);
  return dice.chance(0.8) ? `${name}=${value}` : `a=b; ${name}=${value};; ${name}=`;
}

/** A few addresses, so that their limits are met. */
export const forwardedFor = (dice: FuzzDice): string =>
  dice.weighted<string>([
    [8, () => `203.0.113.${dice.int(1, 4)}`],
    [
      1,
      () => dice.pick(['127.0.0.1', '::1', '2001:db8::1', '203.0.113.1, 127.0.0.1', '1.2.3.4:5', '[::1]:80']),
    ],
    [1, () => visible(dice)],
  ]);

/** A body above the limit: PAYLOAD_TOO_LARGE, and the server may close the connection after it. */
function tooLarge(dice: FuzzDice): FuzzInput {
  const body = Buffer.alloc(BODY_BYTES_MAX + Math.floor(dice.magnitude(1, 60_000)), 0x20);
  const headers = [
    ['Host', '127.0.0.1'],
    ['Content-Type', 'application/json'],
  ] as const;
  return wellFormed(dice, { method: 'POST', target: '/v1/bets', headers, body }, 'too large');
}

function wellFormed(dice: FuzzDice, draft: Draft, what: string): FuzzInput {
  const bytes = bytesOf(dice, draft);
  const { method, target } = draft;
  return {
    what: `${what}: ${method} ${target.slice(0, 60)}`,
    pieces: dice.chance(0.9) ? [bytes] : cutAfterFirstLine(dice, bytes),
    expects: isTaken(target, bytes) ? 'one' : 'any',
    isHead: method === 'HEAD',
  };
}

/** uWS takes heads of up to 4 kB, and no absolute form, which only proxies need. */
const isTaken = (target: string, bytes: Buffer): boolean =>
  target.startsWith('/') && bytes.indexOf('\r\n\r\n') < HEAD_BYTES_SURE;

/** uWS answers 505 to a request line that comes in two packets (uNetworking/uWebSockets issue 1776). */
function cutAfterFirstLine(dice: FuzzDice, bytes: Buffer): Buffer[] {
  const lineEnd = bytes.indexOf('\r\n') + 2;
  const [head = Buffer.alloc(0), ...rest] = dice.pieces(bytes.subarray(lineEnd), 5);
  return [Buffer.concat([bytes.subarray(0, lineEnd), head]), ...rest];
}

function bytesOf(dice: FuzzDice, { method, target, headers, body }: Draft): Buffer {
  const isChunked = body !== undefined && dice.chance(0.3);
  const lines = headers.map(([name, value]) => `${name}:${dice.chance(0.9) ? ' ' : ''}${value}\r\n`);
  if (isChunked) lines.push('Transfer-Encoding: chunked\r\n');
  else if (body !== undefined) lines.push(`Content-Length: ${body.length}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  if (body === undefined) return head;
  return Buffer.concat([head, isChunked ? chunked(dice, body) : body]);
}

function chunked(dice: FuzzDice, body: Buffer): Buffer {
  const parts = dice.pieces(body, 6).filter((part) => part.length > 0);
  const framed = parts.flatMap((part) => [
    Buffer.from(
      `${dice.chance(0.5) ? part.length.toString(16) : part.length.toString(16).toUpperCase()}\r\n`,
    ),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...framed, Buffer.from('0\r\n\r\n')]);
}

function tampered(dice: FuzzDice, known: Knowledge): FuzzInput {
  const draft = dice.chance(0.5) ? readDraft(dice, known) : writeDraft(dice, known);
  const bytes = mutated(dice, bytesOf(dice, draft));
  return {
    what: `tampered: ${draft.method} ${draft.target.slice(0, 40)}`,
    pieces: dice.pieces(bytes, 3),
    expects: 'any',
  };
}

/** Several requests in one piece: the server may answer or cut the connection. */
function runTogether(dice: FuzzDice, known: Knowledge): FuzzInput {
  const drafts = Array.from({ length: dice.int(2, 6) }, () =>
    dice.chance(0.7) ? readDraft(dice, known) : writeDraft(dice, known),
  );
  const bytes = Buffer.concat(drafts.map((draft) => bytesOf(dice, draft)));
  return { what: `pipelined: ${drafts.length} requests`, pieces: [bytes], expects: 'any' };
}

function cutShort(dice: FuzzDice, known: Knowledge): FuzzInput {
  const bytes = bytesOf(dice, writeDraft(dice, known));
  const part = bytes.subarray(0, dice.int(1, bytes.length - 1));
  return { what: 'cut short', pieces: [part], expects: dice.pick(['any', 'abort', 'end'] as const) };
}

/** More than servers take: an answer or a cut. */
function manyHeaders(dice: FuzzDice, known: Knowledge): FuzzInput {
  const draft = readDraft(dice, known);
  const more = Array.from({ length: dice.int(40, 400) }, () => [dice.word(20), dice.word(40)] as const);
  const bytes = bytesOf(dice, { ...draft, headers: [...draft.headers, ...more] });
  return { what: 'many headers', pieces: [bytes], expects: 'any' };
}
