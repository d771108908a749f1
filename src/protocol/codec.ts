/**
 * msgpack for every letter, signal and binary WebSocket frame. Records are off: a record is private to the
 * encoder that made it and unreadable to any other thread, process or client.
 */
import { Packr } from 'msgpackr';

const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: true,
  int64AsType: 'number',
});

/** A fresh copy the caller owns (msgpackr reuses its output buffer). */
export const encode = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value));

/** Throws on bytes that are not one complete msgpack value. Bound the size of untrusted input first. */
export const decode = (bytes: Uint8Array): unknown => packr.unpack(bytes);
