/**
 * The sign-in message as our own client and most wallets write it, read with one expression: 5 µs, where the
 * full grammar takes 200. Whatever is not exactly of this form is left to the grammar, which knows why.
 *
 * Invariant: what is read here the grammar reads too, to the same fields (test: plain-sign-in-message).
 */
// By its file: nothing else of the runtime is needed.
import { checksumAddress } from '../../runtime/secp256k1.ts';

/** The fields the policy looks at. Absent: the message has no such line. */
export interface ParsedMessage {
  readonly scheme?: string | undefined;
  readonly domain: string;
  readonly address: string;
  readonly statement?: string | undefined;
  readonly uri: string;
  readonly version: string;
  readonly chainId: number;
  readonly nonce: string;
  readonly issuedAt?: string | undefined;
  readonly expirationTime?: string | undefined;
  readonly notBefore?: string | undefined;
  readonly requestId?: string | undefined;
  readonly resources?: string[] | undefined;
}

const HOST = /[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/.source;
/** What RFC 3986 lets stand in a URI, and the space. */
const STATEMENT = /[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;= ]+/.source;
const INSTANT = /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z/.source;
const PLAIN = new RegExp(
  `^(?<domain>${HOST}) wants you to sign in with your Ethereum account:\n` +
    `(?<address>0x[0-9a-fA-F]{40})\n\n(?<statement>${STATEMENT})\n\n` +
    `URI: (?<uri>https?://${HOST}(?:/[A-Za-z0-9._~/-]*)?)\nVersion: 1\n` +
    `Chain ID: (?<chainId>[1-9][0-9]{0,14})\nNonce: (?<nonce>[A-Za-z0-9]{8,})\n` +
    `Issued At: (?<issuedAt>${INSTANT})\nExpiration Time: (?<expirationTime>${INSTANT})$`,
);

/** Undefined if it is not of the plain form; it may still be a message. */
export function parsePlainMessage(message: string): ParsedMessage | undefined {
  const fields = PLAIN.exec(message)?.groups;
  if (!fields) return undefined;
  const { domain, address, statement, uri, chainId, nonce, issuedAt, expirationTime } = fields;
  if (!domain || !address || !uri || !nonce || !isInstant(issuedAt) || !isInstant(expirationTime))
    return undefined;
  if (checksumAddress(address.toLowerCase()) !== address) return undefined;
  const written = { domain, address, statement, uri, nonce, issuedAt, expirationTime };
  return { ...written, version: '1', chainId: Number(chainId) };
}

/** A day that the month has, and so on: only such an instant is written back as it was. */
function isInstant(text: string | undefined): text is string {
  const atMs = Date.parse(text ?? '');
  return !Number.isNaN(atMs) && new Date(atMs).toISOString() === text;
}
