/** Reads WebSocket frames of the server off a connection and holds them to the contract. */
import { CLOSE_CODES } from '../../src/protocol/api/frames.ts';
import { isErrorCode } from '../../src/protocol/errors.ts';
import { decodeServerFrame } from '../support/server-frames.ts';
import type { FrameFormat } from './frame-inputs.ts';
import type { Wire } from './wire.ts';

export type ServerSaid =
  | { readonly kind: 'ack'; readonly count: string; readonly id: unknown }
  | { readonly kind: 'push' | 'control' }
  | { readonly kind: 'close'; readonly code: number };

/** Of the protocol of WebSocket itself: a frame that breaks it, text that is no UTF-8, too large, an echo. */
const PROTOCOL_CLOSE_CODES: ReadonlySet<number> = new Set([1000, 1001, 1002, 1005, 1006, 1007, 1009]);

/** The next complete frame, if it is there. Throws on what no server may send; `mayEcho`: any close code. */
export function takeFrame(wire: Wire, format: FrameFormat, mayEcho: boolean): ServerSaid | undefined {
  const bytes = wire.received;
  const [first, second] = [bytes[0], bytes[1]];
  if (first === undefined || second === undefined) return undefined;
  if ((first & 0xf0) !== 0x80 || (second & 0x80) !== 0) throw new Error(`a frame that begins ${hex(bytes)}`);
  const headLength = second < 126 ? 2 : second === 126 ? 4 : 10;
  if (bytes.length < headLength) return undefined;
  const length =
    second < 126 ? second : second === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < headLength + length) return undefined;
  const payload = wire.take(headLength + length).subarray(headLength);
  const opcode = first & 0x0f;
  if (opcode === 8) return closed(payload, mayEcho);
  if (opcode === 9 || opcode === 10) return { kind: 'control' };
  if (opcode !== (format === 'json' ? 1 : 2)) throw new Error(`a frame of opcode ${opcode}`);
  return said(format === 'json' ? JSON.parse(payload.toString('utf8')) : decodeServerFrame(payload));
}

function said(frame: unknown): ServerSaid {
  // Compact pushes are lists; answers are always objects.
  if (Array.isArray(frame)) return { kind: 'push' };
  if (typeof frame !== 'object' || frame === null) throw new Error(`no frame: ${JSON.stringify(frame)}`);
  const { ack, push, id, error } = frame as {
    ack?: unknown;
    push?: unknown;
    id?: unknown;
    error?: { code?: unknown };
  };
  if (typeof push === 'string') {
    if (push === 'shutdown') throw new Error('the server announced a shutdown');
    return { kind: 'push' };
  }
  if (typeof ack !== 'string')
    throw new Error(`neither push nor ack: ${JSON.stringify(frame).slice(0, 300)}`);
  if (ack !== 'error') return { kind: 'ack', count: `ws ${ack}`, id };
  const code = error?.code;
  if (!isErrorCode(code) || code === 'INTERNAL')
    throw new Error(`refused ${JSON.stringify(frame).slice(0, 300)}`);
  return { kind: 'ack', count: `ws ${code}`, id };
}

function closed(payload: Buffer, mayEcho: boolean): ServerSaid {
  const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
  const ours: readonly number[] = Object.values(CLOSE_CODES);
  if (code === CLOSE_CODES.SHUTDOWN) throw new Error('the server shut down');
  if (!ours.includes(code) && !PROTOCOL_CLOSE_CODES.has(code) && !mayEcho)
    throw new Error(`closed with ${code}`);
  return { kind: 'close', code };
}

const hex = (bytes: Buffer): string => bytes.toString('hex', 0, 20);
