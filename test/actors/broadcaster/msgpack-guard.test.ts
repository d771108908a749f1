import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainMsgpack } from '../../../src/actors/broadcaster/msgpack-guard.ts';
import { decode, encode } from '../../../src/protocol/codec.ts';

const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
);
const plain = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 40 }),
  fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), scalar)), {
    maxKeys: 40,
  }),
);

it('accepts what plain values are encoded to', () => {
  fc.assert(fc.property(plain, (value) => isPlainMsgpack(encode(value))));
});

it('never throws, and what it accepts can be decoded', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(plain, fc.nat(), fc.nat(255)).map(flipOneByte),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      if (isPlainMsgpack(input)) decode(input);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['a date', encode(new Date(0))],
  ['an extension', Uint8Array.of(0xc7, 1, 0x78, 0x61)],
  ['a record', Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1)],
  ['bytes', encode(Uint8Array.of(1, 2))],
  ['undefined', encode(undefined)],
  ['a map with a number as key', Uint8Array.of(0x81, 1, 1)],
  ['five levels', encode([[[[[]]]]])],
  ['a value and more', Uint8Array.of(1, 1)],
  ['a string cut short', Uint8Array.of(0xa5, 0x61)],
  ['a map of 4 G', Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)],
  ['a length cut short', Uint8Array.of(0xdd, 0, 0)],
])('refuses %s', (_name, bytes) => {
  expect(isPlainMsgpack(bytes)).toBe(false);
});

function flipOneByte([value, at, by]: readonly [unknown, number, number]): Uint8Array {
  const bytes = encode(value);
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ by;
  return bytes;
}
