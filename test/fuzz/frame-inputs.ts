/**
 * WebSocket frames (RFC 6455 §5) as clients send them, and as they must not: right and wrong in form, JSON
 * and msgpack inside.
 */
import { encode } from '../../src/protocol/codec.ts';
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts';
import type { FuzzDice } from './fuzz-dice.ts';
import type { FuzzInput } from './fuzz-input.ts';
import { jsonBytes, jsonText, type Knowledge, plausibleBet, spoiltObject } from './json-inputs.ts';
import { mutated } from './mutations.ts';

export type FrameFormat = 'json' | 'msgpack';

interface FrameShape {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly isFinal?: boolean;
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** Bytes of the length field after the first; by default as few as will do. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What the length field says, if it lies. */
  readonly claims?: bigint;
}

const TEXT = 1;
const BINARY = 2;
const PING = 9;

/** `id` is one that no other frame of the session has. */
export function frameInput(dice: FuzzDice, known: Knowledge, format: FrameFormat, id: number): FuzzInput {
  return dice.weighted<FuzzInput>([
    [40, () => valid(dice, known, format, id)],
    [25, () => message(dice, format, wrongPayload(dice, known, format), 'wrong payload')],
    [4, () => fragmented(dice, format, payloadOf(format, { op: 'ping', id }), id)],
    [3, () => otherFormat(dice, format)],
    [4, () => control(dice)],
    [8, () => broken(dice, format)],
    [2, () => ({ what: 'garbage', pieces: [dice.bytes(dice.int(1, 300))], expects: 'any' })],
    [2, () => ({ ...valid(dice, known, format, id), expects: 'abort' })],
    [1, () => ({ ...valid(dice, known, format, id), expects: 'end' })],
  ]);
}

function valid(dice: FuzzDice, known: Knowledge, format: FrameFormat, id: number): FuzzInput {
  const channels = Array.from({ length: dice.int(1, 4) }, () => dice.pick(CHANNELS));
  const bet = plausibleBet(dice, known);
  const idempotencyKey = dice.word(64);
  const frame = dice.weighted<Record<string, unknown>>([
    [6, () => ({ op: 'ping' })],
    [4, () => ({ op: 'subscribe', channels })],
    [2, () => ({ op: 'unsubscribe', channels })],
    [3, () => ({ op: 'auth', token: dice.chance(0.8) ? known.token(dice) : dice.word(80) })],
    [1, () => ({ op: 'place', idempotencyKey, bet })],
    [2, () => ({ op: 'place', idempotencyKey, bet: { ...bet, [dice.word(8)]: dice.numberText() } })],
    [1, () => ({ op: 'place-batch', bets: [{ idempotencyKey, bet }] })],
    [1, () => ({ op: 'quote', cells: [bet] })],
    [1, () => ({ op: dice.pick(['account', 'bets'] as const) })],
    [
      1,
      () => ({ op: 'subscribe', channels: ['price'], since: { epoch: dice.word(8), seq: dice.int(0, 1e6) } }),
    ],
  ]);
  const what = `${format} ${String(frame['op'])}`;
  return { ...message(dice, format, payloadOf(format, { ...frame, id }), what), id };
}

const CHANNELS = ['price', 'grid', 'bets', 'account'] as const;

const payloadOf = (format: FrameFormat, frame: unknown): Uint8Array =>
  format === 'json' ? Buffer.from(JSON.stringify(frame)) : encode(frame);

/** A whole message that is no frame of ours: refused, once. */
function wrongPayload(dice: FuzzDice, known: Knowledge, format: FrameFormat): Uint8Array {
  if (format === 'msgpack') return wrongMsgpack(dice, known);
  const right = { op: 'place', idempotencyKey: dice.word(10), bet: plausibleBet(dice, known) };
  const text = dice.chance(0.5) ? spoiltObject(dice, right) : jsonText(dice, 4);
  const bytes = jsonBytes(dice, text).subarray(0, FRAME_BYTES_MAX);
  // uWS checks the UTF-8 of text messages itself and cuts the connection.
  return isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('latin1').slice(0, 1_000));
}

function wrongMsgpack(dice: FuzzDice, known: Knowledge): Uint8Array {
  const right = Buffer.from(encode({ op: 'place', idempotencyKey: 'k', bet: plausibleBet(dice, known) }));
  const bytes = dice.weighted<Buffer>([
    [3, () => mutated(dice, right)],
    [2, () => Buffer.from(encodeIfFlat(safeJson(jsonText(dice, 4))))],
    [2, () => dice.bytes(dice.int(0, 100))],
    [
      1,
      () => Buffer.alloc(dice.int(1, FRAME_BYTES_MAX), dice.pick([0x81, 0x91, 0xdc, 0xde, 0xc7, 0xd4, 0xc1])),
    ],
    [1, () => Buffer.concat([Buffer.from([dice.int(0xc0, 0xdf)]), dice.bytes(dice.int(0, 20))])],
  ]);
  return bytes.subarray(0, FRAME_BYTES_MAX);
}

/** The encoder gives up on towers; the ones made of bytes below are higher. */
function encodeIfFlat(value: unknown): Uint8Array {
  try {
    return encode(value);
  } catch {
    return encode(null);
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function message(dice: FuzzDice, format: FrameFormat, payload: Uint8Array, what: string): FuzzInput {
  const bytes = frameBytes(dice, { opcode: format === 'json' ? TEXT : BINARY, payload });
  return { what, pieces: dice.chance(0.85) ? [bytes] : dice.pieces(bytes, 4), expects: 'one' };
}

/** One message in several frames, with a ping between two of them now and then. */
function fragmented(dice: FuzzDice, format: FrameFormat, payload: Uint8Array, id: number): FuzzInput {
  const parts = dice.pieces(Buffer.from(payload), 5);
  const frames = parts.flatMap((part, index) => {
    const opcode = index > 0 ? 0 : format === 'json' ? TEXT : BINARY;
    const frame = frameBytes(dice, { opcode, payload: part, isFinal: index === parts.length - 1 });
    return dice.chance(0.2) ? [frameBytes(dice, { opcode: PING, payload: dice.bytes(3) }), frame] : [frame];
  });
  const pieces = dice.chance(0.5) ? frames : [Buffer.concat(frames)];
  return { what: `fragmented in ${parts.length}`, pieces, expects: 'one', id };
}

/** Text where binary was agreed, and the other way round. */
const otherFormat = (dice: FuzzDice, format: FrameFormat): FuzzInput =>
  message(
    dice,
    format === 'json' ? 'msgpack' : 'json',
    payloadOf(format === 'json' ? 'msgpack' : 'json', { op: 'ping' }),
    'other format',
  );

function control(dice: FuzzDice): FuzzInput {
  const opcode = dice.pick([PING, 10, 8, 8]);
  const code = Buffer.alloc(2);
  code.writeUInt16BE(dice.pick([1000, 1001, 1005, 1006, 1015, 0, 999, 3000, 4400, 5000, 65_535]));
  const payload =
    opcode === 8 ? Buffer.concat([code, dice.bytes(dice.int(0, 123))]) : dice.bytes(dice.int(0, 125));
  return { what: `control ${opcode}`, pieces: [frameBytes(dice, { opcode, payload })], expects: 'any' };
}

/** Frames no client may send. */
function broken(dice: FuzzDice, format: FrameFormat): FuzzInput {
  const opcode = format === 'json' ? TEXT : BINARY;
  const payload = dice.bytes(dice.int(0, 60));
  const [what, shape] = dice.weighted<readonly [string, FrameShape]>([
    [2, () => ['unmasked', { opcode, payload, isMasked: false }]],
    [2, () => ['reserved bits', { opcode, payload, reserved: dice.int(1, 7) }]],
    [2, () => ['reserved opcode', { opcode: dice.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload }]],
    [1, () => ['long control', { opcode: dice.pick([8, 9, 10]), payload: dice.bytes(dice.int(126, 400)) }]],
    [1, () => ['cut control', { opcode: dice.pick([8, 9, 10]), payload, isFinal: false }]],
    [2, () => ['continuation of nothing', { opcode: 0, payload, isFinal: dice.chance(0.5) }]],
    [1, () => ['longer length than needed', { opcode, payload, lengthBytes: dice.pick([2, 8] as const) }]],
    [
      2,
      () => [
        'false length',
        { opcode, payload, claims: dice.pick([0n, 1n, 126n, 65_536n, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n]) },
      ],
    ],
    [1, () => ['oversized', { opcode, payload: dice.bytes(FRAME_BYTES_MAX + dice.int(1, 2_000)) }]],
    [1, () => ['close with one byte', { opcode: 8, payload: dice.bytes(1) }]],
    [1, () => ['text that is no UTF-8', { opcode: TEXT, payload: Buffer.from('c3286f', 'hex') }]],
  ]);
  const bytes = frameBytes(dice, shape);
  return { what, pieces: [dice.chance(0.3) ? mutated(dice, bytes) : bytes], expects: 'any' };
}

export function frameBytes(dice: FuzzDice, shape: FrameShape): Buffer {
  const { opcode, payload, isFinal = true, reserved = 0, isMasked = true } = shape;
  const claims = shape.claims ?? BigInt(payload.length);
  const least = claims < 126n ? 0 : claims < 65_536n ? 2 : 8;
  const lengthBytes = Math.max(least, shape.lengthBytes ?? 0);
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (lengthBytes === 0 ? Number(claims) : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(Number(claims), 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(claims, 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  const mask = dice.bytes(4);
  const masked = Buffer.from(payload);
  for (let at = 0; at < masked.length; at += 1) masked[at] = (masked[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
