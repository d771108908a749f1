/**
 * The quick reading of a sign-in message against the full grammar: what it reads, `siwe` reads to the same
 * fields and writes back as it was; what it does not read is nobody's loss.
 */
import { Wallet } from 'ethers';
import fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { expect, test } from 'vitest';
import { parsePlainMessage } from '../../../src/actors/session-guard/plain-sign-in-message.ts';
import { signInMessage } from '../../../src/protocol/api/sign-in-message.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const FIELDS = {
  domain: 'touchline.example:8443',
  address: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  statement: "Sign in: it's free (really) & moves no funds?",
  uri: 'https://touchline.example:8443/play/now',
  chainId: 11_155_111,
  nonce: '0123456789abcdefABCDEF',
  issuedAtMs: NOW_MS,
  expiresAtMs: NOW_MS + 60_000,
};

function agrees(message: string): boolean {
  const plain = parsePlainMessage(message);
  if (!plain) return false;
  const full = new SiweMessage(message);
  expect(full.prepareMessage()).toBe(message);
  for (const [name, value] of Object.entries(plain)) expect(full[name as keyof SiweMessage]).toEqual(value);
  const { scheme, notBefore, requestId, resources } = full;
  expect({ scheme, notBefore, requestId, resources }).toEqual({});
  return true;
}

test('the message our client writes is read, for any address and time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (issuedAtMs) => {
      const { address } = Wallet.createRandom();
      const message = signInMessage({ ...FIELDS, address, issuedAtMs, expiresAtMs: issuedAtMs + 1 });
      expect(agrees(message)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test.each([
  [
    'an address without its checksum',
    (text: string) => text.replace(FIELDS.address, FIELDS.address.toLowerCase()),
  ],
  [
    'a day the month does not have',
    (text: string) => text.replace('2026-11-24T12:00:00', '2026-02-30T12:00:00'),
  ],
  ['a scheme', (text: string) => `https://${text}`],
  ['one more line', (text: string) => `${text}\nRequest ID: 1`],
  ['a line break at the end', (text: string) => `${text}\n`],
  ['a chain id with a zero before it', (text: string) => text.replace('Chain ID: ', 'Chain ID: 0')],
  ['a short nonce', (text: string) => text.replace(FIELDS.nonce, 'abc')],
  ['a statement of two lines', (text: string) => text.replace('Sign in: ', 'Sign in:\n')],
  ['version 2', (text: string) => text.replace('Version: 1', 'Version: 2')],
  ['no text at all', () => ''],
])('%s is left to the grammar', (_name, change) => {
  expect(parsePlainMessage(change(signInMessage(FIELDS)))).toBeUndefined();
});

test('no changed character makes it read what the grammar does not', () => {
  const message = signInMessage(FIELDS);
  const character = fc.constantFrom(...' \n\r\t/:.-%@?#[]{}"<>\\^`|~0aZ\u00e9\u0000');
  fc.assert(
    fc.property(fc.nat(message.length), fc.constantFrom(0, 1), character, (at, cut, put) => {
      agrees(message.slice(0, at) + put + message.slice(at + cut));
    }),
    { numRuns: 400 },
  );
});
