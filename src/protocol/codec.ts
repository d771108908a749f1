/**
 * msgpack for every letter, signal and binary WebSocket frame. Records are off: a record is private to the
 * encoder that made it and unreadable to any other thread, process or client. Rows are the exception: each
 * pack of them brings its own.
 */
import { Packr, RESET_BUFFER_MODE } from 'msgpackr';

const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: true,
  int64AsType: 'number',
});

/** A fresh copy the caller owns (msgpackr reuses its output buffer). */
export const encode = (value: unknown): Uint8Array => new Uint8Array(borrow(value));

/** As `encode`, without the copy: only until anything else is encoded. */
export const borrow = (value: unknown): Uint8Array => packr.pack(value);

/** Throws on bytes that are not one complete msgpack value. Bound the size of untrusted input first. */
export const decode = (bytes: Uint8Array): unknown => packr.unpack(bytes);

/** Every pack says its own records first, so that any reader can take any pack by itself. */
const rowPackr = new Packr({
  useRecords: true,
  mapsAsObjects: true,
  int64AsType: 'number',
});

/**
 * Many objects of a few shapes, names written once a shape: about half the bytes and half the time of
 * `encode`. Only for bytes that never leave Touchline, because other msgpack libraries do not know records.
 */
export const encodeRows = (rows: readonly unknown[]): Uint8Array => new Uint8Array(borrowRows(rows));

/** As `encodeRows`, without the copy: only until anything else is encoded. */
export const borrowRows = (rows: readonly unknown[]): Uint8Array => rowPackr.pack(rows, RESET_BUFFER_MODE);

/** Throws on bytes that do not hold rows. */
export function decodeRows(bytes: Uint8Array): readonly unknown[] {
  const rows: unknown = rowPackr.unpack(bytes);
  if (!Array.isArray(rows)) throw new TypeError('not rows');
  return rows;
}
