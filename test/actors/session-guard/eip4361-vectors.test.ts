/**
 * The published vectors of EIP-4361 (test/fixtures/eip4361): each is accepted or refused as the standard
 * says, first by its grammar, then by its signature and times. Our policy is stricter: what it says to each
 * that the standard accepts stands beside it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { task as recover } from '../../../src/actors/session-guard/recover-address-task.ts';
import { checkSignInMessage, parseSignInMessage } from '../../../src/actors/session-guard/sign-in-policy.ts';

const vectors = <T>(name: string): [string, T][] =>
  Object.entries(
    JSON.parse(readFileSync(new URL(`../../fixtures/eip4361/${name}.json`, import.meta.url), 'utf8')),
  );

interface Signed {
  readonly domain: string;
  readonly address: string;
  readonly statement: string;
  readonly uri: string;
  readonly chainId: number;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expirationTime?: string;
  readonly notBefore?: string;
  readonly signature: string;
  /** When it is looked at; default: now. */
  readonly time?: string;
  /** What the relying party expects instead. */
  readonly domainBinding?: string;
  readonly matchNonce?: string;
}

const textOf = (fields: Signed): string =>
  [
    `${fields.domain} wants you to sign in with your Ethereum account:`,
    ...[fields.address, '', fields.statement, '', `URI: ${fields.uri}`, 'Version: 1'],
    ...[`Chain ID: ${fields.chainId}`, `Nonce: ${fields.nonce}`, `Issued At: ${fields.issuedAt}`],
    ...(fields.expirationTime ? [`Expiration Time: ${fields.expirationTime}`] : []),
    ...(fields.notBefore ? [`Not Before: ${fields.notBefore}`] : []),
  ].join('\n');

const isSignedBy = ({ address, signature }: Signed, message: string): boolean =>
  recover({ message, signature }) === address.toLowerCase();

describe('by the grammar', () => {
  it.each(vectors<{ message: string; fields: Record<string, unknown> }>('parsing_positive'))(
    'is taken: %s',
    (_name, { message, fields }) => {
      const { chainId, ...others } = fields;
      expect(parseSignInMessage(message)).toMatchObject({ ...others, chainId: Number(chainId) });
    },
  );

  const negative = vectors<string>('parsing_negative');
  /**
   * Not wrong by the standard as it stands: the first names version 1 and has no other fault; the second has
   * a domain that was none by RFC 4501, but is an authority by RFC 3986, which the standard names since.
   */
  const RIGHT_BY_NOW = ['version not 1', 'domain not RFC4501 authority'];

  it.each(negative.filter(([name]) => !RIGHT_BY_NOW.includes(name)))('is refused: %s', (_name, message) => {
    expect(parseSignInMessage(message)).toMatch(/^(FORMAT|ADDRESS|VERSION)$/);
  });

  it.each(negative.filter(([name]) => RIGHT_BY_NOW.includes(name)))(
    'is taken, although it once was none: %s',
    (_name, message) => {
      expect(parseSignInMessage(message)).toMatchObject({ version: '1' });
      expect(parseSignInMessage(message.replace('Version: 1', 'Version: 2'))).toBe('VERSION');
    },
  );

  it.each(vectors<string>('invalid_uris'))('is refused: the URI %s', (_uri, message) => {
    expect(parseSignInMessage(message)).toBe('FORMAT');
  });
});

const policyOf = ({ domain, uri, statement }: Signed, origin = new URL(uri).origin) => ({
  origins: [domain === new URL(uri).host ? origin : `https://${domain}`],
  chainIds: [1],
  statement,
});

describe('signed, as the standard has it', () => {
  it.each(vectors<Signed>('verification_positive'))('holds: %s', (_name, fields) => {
    const message = textOf(fields);
    expect(typeof parseSignInMessage(message)).toBe('object');
    expect(isSignedBy(fields, message)).toBe(true);
    const atMs = Date.parse(fields.time ?? '2023-01-01T00:00:00Z');
    expect(fields.expirationTime === undefined || Date.parse(fields.expirationTime) > atMs).toBe(true);
    expect(fields.notBefore === undefined || Date.parse(fields.notBefore) <= atMs).toBe(true);
  });

  it.each(
    vectors<Signed>('verification_positive').map(
      ([name, fields]) =>
        [
          name,
          name.startsWith('recovery') ? 'URI' : name === 'expired message' ? 'ISSUED_AT' : 'EXPIRATION',
          fields,
        ] as const,
    ),
  )('is too loose for our policy even when it was fresh: %s (%s)', (name, reason, fields) => {
    const atMs = name === 'expired message' ? Date.parse(fields.time ?? '') : Date.parse(fields.issuedAt);
    expect(checkSignInMessage(policyOf(fields), textOf(fields), atMs)).toEqual({ ok: false, reason });
  });

  it.each([
    ['expired message', 'EXPIRATION'],
    ['domain binding', 'DOMAIN'],
    ['custom time', 'ISSUED_AT'],
    ['not yet valid', 'EXPIRATION'],
    ['invalid issuedAt', 'FORMAT'],
    ['invalid notBefore', 'FORMAT'],
    ['invalid expirationTime', 'FORMAT'],
  ])('is refused: %s (%s)', (name, reason) => {
    const fields = negativeOf(name);
    const origin = fields.domainBinding ? `https://${fields.domainBinding}` : undefined;
    const atMs = Date.parse(fields.time ?? fields.issuedAt);
    const check = checkSignInMessage(policyOf(fields, origin), textOf(fields), Number.isNaN(atMs) ? 0 : atMs);
    expect(check).toEqual({ ok: false, reason });
  });

  it.each(['malformed signature', 'wrong signature'])('is refused: %s', (name) => {
    const fields = negativeOf(name);
    expect(isSignedBy(fields, textOf(fields))).toBe(false);
  });

  it('is refused: custom nonce, because its nonce is none of ours', () => {
    const fields = negativeOf('custom nonce');
    expect(isSignedBy(fields, textOf(fields))).toBe(true);
    expect(fields.nonce).not.toMatch(/^[0-9a-f]{32}$/);
  });

  it('has been looked at, every one of them', () => {
    expect(vectors('verification_negative')).toHaveLength(10);
    expect(vectors('verification_positive')).toHaveLength(4);
  });
});

it.each(vectors<{ message: string; signature: string }>('eip1271'))(
  'the contract wallet %s did not sign as an account does: only its contract can say',
  (_name, { message, signature }) => {
    const parsed = parseSignInMessage(message);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(recover({ message, signature })).not.toBe(parsed.address.toLowerCase());
  },
);

function negativeOf(name: string): Signed {
  const found = vectors<Signed>('verification_negative').find(([each]) => each === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found[1];
}
