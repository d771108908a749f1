import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decode, decodeRows, encode, encodeRows } from '../../src/protocol/codec.ts';

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

describe('rows', () => {
  const rows = (n: number) => [
    { id: n, inner: { x: 1, y: 'z' } },
    { id: 2, inner: { x: 3, [`only${n}`]: null } },
    { id: Number.MAX_SAFE_INTEGER, inner: {} },
  ];

  it('come back from each pack by itself, in any order, also where another thread packed them', async () => {
    const packs = Array.from({ length: 200 }, (_, n) => encodeRows(rows(n)));
    for (const n of [7, 199, 0, 7, 42]) expect(decodeRows(packs[n] ?? new Uint8Array())).toEqual(rows(n));
    vi.resetModules();
    const other = await import('../../src/protocol/codec.ts');
    expect(other.decodeRows).not.toBe(decodeRows);
    for (const n of [150, 3]) expect(other.decodeRows(packs[n] ?? new Uint8Array())).toEqual(rows(n));
  });

  it('may come as plain msgpack too', () => {
    expect(decodeRows(encode(rows(1)))).toEqual(rows(1));
  });

  it('are refused where there are none', () => {
    for (const bytes of [encode({ a: 1 }), new Uint8Array(), Uint8Array.of(0x92, 1)])
      expect(() => decodeRows(bytes)).toThrow();
  });
});
