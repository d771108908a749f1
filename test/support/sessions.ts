/** Sessions of wallets nobody else in the test run has. */
import { randomBytes } from 'node:crypto';
import { type SessionRecord, sessionToken, tokenHash } from '../../src/protocol/session-token.ts';

export const randomWallet = (): string => `0x${randomBytes(20).toString('hex')}`;

export function randomSession(wallet: string = randomWallet()): { token: string; record: SessionRecord } {
  const token = sessionToken(wallet, randomBytes(32));
  const issuedAtMs = 1_700_000_000_000;
  const expiresAtMs = issuedAtMs + 24 * 60 * 60 * 1000;
  return { token, record: { tokenHash: tokenHash(token), wallet, issuedAtMs, expiresAtMs } };
}
