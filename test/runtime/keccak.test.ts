/** Keccak-256 against the one of ethers, at every length around its block of 136 bytes and at random. */
import { keccak256 as keccakOfEthers } from 'ethers/crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keccak256 } from '../../src/runtime/keccak.ts';

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

test('is the Keccak-256 of Ethereum', () => {
  expect(hex(keccak256(new Uint8Array()))).toBe(
    '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  );
  for (let length = 0; length <= 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
    expect(hex(keccak256(bytes))).toBe(keccakOfEthers(bytes));
  }
});

test('goes on where its memory ends', () => {
  const room = 478 * 136;
  for (const length of [room - 1, room, room + 1, room + 136, 2 * room, 2 * room + 300, 200_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
    expect(hex(keccak256(bytes))).toBe(keccakOfEthers(bytes));
  }
});

test('agrees with ethers on any bytes, and hands out hashes that stay', () => {
  const zero = keccak256(new Uint8Array(1));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      expect(hex(keccak256(bytes))).toBe(keccakOfEthers(bytes));
    }),
  );
  expect(hex(zero)).toBe(keccakOfEthers(new Uint8Array(1)));
});
