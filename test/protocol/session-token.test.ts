import { describe, expect, it } from 'vitest';
import {
  decodeSessionRecord,
  encodeSessionRecord,
  sessionToken,
  tokenHash,
  walletOfToken,
} from '../../src/protocol/session-token.ts';

const wallet = `0x${'ab'.repeat(20)}`;
const token = sessionToken(wallet, new Uint8Array(32).fill(255));
const record = { tokenHash: tokenHash(token), wallet, issuedAtMs: 1, expiresAtMs: 2 };

describe('a session token', () => {
  it('is the wallet and 43 characters', () => {
    expect(token).toBe(`${wallet}.__________________________________________8`);
    expect(walletOfToken(token)).toBe(wallet);
  });

  it('has the SHA-256 of its text as hash', () => {
    expect(tokenHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    undefined,
    null,
    7,
    {},
    '',
    '.',
    wallet,
    `${token}x`,
    token.toUpperCase(),
    ` ${token}`,
    `${token}\n`,
  ])('is not %j', (text) => {
    expect(walletOfToken(text)).toBeUndefined();
  });
});

describe('a session record', () => {
  it('survives its text', () => {
    expect(decodeSessionRecord(encodeSessionRecord(record))).toEqual(record);
  });

  it.each([
    undefined,
    null,
    '',
    'x',
    'null',
    '7',
    '[]',
    '{}',
    JSON.stringify({ ...record, tokenHash: 'short' }),
    JSON.stringify({ ...record, wallet: 7 }),
    JSON.stringify({ ...record, issuedAtMs: 1.5 }),
    JSON.stringify({ ...record, expiresAtMs: '2' }),
  ])('is not %j', (text) => {
    expect(decodeSessionRecord(text)).toBeUndefined();
  });
});
