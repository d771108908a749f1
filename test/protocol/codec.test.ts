import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/protocol/codec.ts';

describe('codec', () => {
  it('brings back what it was given', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, (given) => {
        const plain = JSON.parse(JSON.stringify(given));
        expect(decode(encode(plain))).toEqual(plain);
      }),
    );
  });

  it('gives every message bytes of its own', () => {
    const first = encode({ a: 1 });
    const copy = Uint8Array.from(first);
    encode({ b: 'x'.repeat(1_000) });
    expect(first).toEqual(copy);
  });

  it('keeps integers up to 2^53 − 1 as numbers', () => {
    expect(decode(encode([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]))).toEqual([
      Number.MAX_SAFE_INTEGER,
      -Number.MAX_SAFE_INTEGER,
    ]);
  });

  it('needs no shared record definitions: any other decoder reads it', () => {
    // 0x82: a map of two, the plain msgpack form.
    expect(encode({ a: 1, b: 2 })[0]).toBe(0x82);
  });

  it('throws on bytes that are no message', () => {
    for (const bytes of [[], [0x81], [0x01, 0x02], [0x92, 0x01], [0xdf, 0xff, 0xff, 0xff, 0xff]]) {
      expect(() => decode(Uint8Array.from(bytes))).toThrow();
    }
  });
});
