/**
 * The session token a client carries and the record kept of it. The SessionGuard writes records, the
 * Broadcaster checks them; both meet only here. A token is `<wallet>.<43 characters>`: the wallet says which
 * record to look at, the 256 random bits prove the right to it. Only the token's SHA-256 is ever stored, so
 * whoever reads Redis cannot act as a user.
 */
import { hash } from 'node:crypto';

export const SESSION_SECRET_BYTES = 32;

const TOKEN = /^(0x[0-9a-f]{40})\.[A-Za-z0-9_-]{43}$/;
const HASH = /^[0-9a-f]{64}$/;

export interface SessionRecord {
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string;
  /** Lower-case hex. */
  readonly wallet: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** `wallet` is lower-case hex, `secret` SESSION_SECRET_BYTES fresh random bytes. */
export const sessionToken = (wallet: string, secret: Uint8Array): string =>
  `${wallet}.${Buffer.from(secret).toString('base64url')}`;

/** The wallet a token claims to be of, or undefined if it is not of the shape of a token. Proves nothing. */
export function walletOfToken(token: unknown): string | undefined {
  return typeof token === 'string' ? TOKEN.exec(token)?.[1] : undefined;
}

export const tokenHash = (token: string): string => hash('sha256', token);

export const encodeSessionRecord = (record: SessionRecord): string => JSON.stringify(record);

/** Undefined for anything that is not a whole record: such a session counts as missing. */
export function decodeSessionRecord(text: string | null | undefined): SessionRecord | undefined {
  if (!text) return undefined;
  let value: Partial<Record<keyof SessionRecord, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { tokenHash, wallet, issuedAtMs, expiresAtMs } = value ?? {};
  if (typeof tokenHash !== 'string' || !HASH.test(tokenHash) || typeof wallet !== 'string') return undefined;
  if (!Number.isSafeInteger(issuedAtMs) || !Number.isSafeInteger(expiresAtMs)) return undefined;
  return { tokenHash, wallet, issuedAtMs: Number(issuedAtMs), expiresAtMs: Number(expiresAtMs) };
}
