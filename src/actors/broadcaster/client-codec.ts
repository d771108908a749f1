/**
 * The frames of one connection, in the wire format it negotiated. Whatever bytes come in, `decodeFrame`
 * returns; sizes are bounded by the server before.
 */
import { type AnswerFrame, type ClientFrame, clientFrameSchema } from '../../protocol/api/frames.ts';
import { firstField } from '../../protocol/api/place-bet-request.ts';
import { isPlainPlaceFrame } from '../../protocol/api/plain-place.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { isPlainMsgpack } from './msgpack-guard.ts';
import type { WireFormat } from './push-frame.ts';
import type { AsSent } from './socket-asks.ts';

export type DecodedFrame =
  | {
      readonly ok: true;
      readonly frame: ClientFrame;
      /** What was asked exactly as sent, so that its own validation sees every key. */
      readonly asSent: AsSent;
    }
  | { readonly ok: false; readonly field: string; readonly id?: string | number; readonly op?: string };

/** Subprotocols a client may ask for; without one it is JSON. */
export const SUBPROTOCOLS: readonly WireFormat[] = ['msgpack', 'json'];

export function decodeFrame(bytes: Uint8Array, isBinary: boolean, format: WireFormat): DecodedFrame {
  const value = isBinary === (format === 'msgpack') ? parse(bytes, format) : undefined;
  if (typeof value !== 'object' || value === null) return { ok: false, field: '' };
  if (isPlainPlaceFrame(value)) return { ok: true, frame: value, asSent: value };
  const parsed = clientFrameSchema.safeParse(value);
  if (parsed.success) {
    const asSent = { bet: own(value, 'bet'), bets: own(value, 'bets'), cells: own(value, 'cells') };
    return { ok: true, frame: parsed.data, asSent };
  }
  const id = own(value, 'id');
  const op = own(value, 'op');
  return {
    ok: false,
    field: firstField(parsed.error),
    ...(isRequestId(id) ? { id } : {}),
    ...(typeof op === 'string' && op.length <= OP_LENGTH_MAX ? { op } : {}),
  };
}

export const encodeAnswer = (frame: AnswerFrame, format: WireFormat): string | Uint8Array =>
  format === 'json' ? JSON.stringify(frame) : encode(frame);

const OP_LENGTH_MAX = 16;
const ID_LENGTH_MAX = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Uint8Array, format: WireFormat): unknown {
  try {
    if (format === 'json') return JSON.parse(utf8.decode(bytes));
    return isPlainMsgpack(bytes) ? decode(bytes) : undefined;
  } catch {
    return undefined;
  }
}

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;

/** An id is echoed even on a frame that is wrong elsewhere, if it is a possible one. */
const isRequestId = (id: unknown): id is string | number =>
  (typeof id === 'string' && id.length <= ID_LENGTH_MAX) || (Number.isSafeInteger(id) && Number(id) >= 0);
