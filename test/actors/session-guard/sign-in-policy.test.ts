import { describe, expect, it } from 'vitest';
import {
  assertSignInPolicy,
  checkSignInMessage,
  SIGN_IN_AGE_MS_MAX,
  SIGN_IN_AHEAD_MS_MAX,
  SIGN_IN_LIFE_MS_MAX,
} from '../../../src/actors/session-guard/sign-in-policy.ts';
import { type SignInMessageFields, signInMessage } from '../../../src/protocol/api/sign-in-message.ts';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../../../src/protocol/limits.ts';
import { fieldsFor, newWallet, POLICY } from '../../support/sign-in.ts';

const NOW_MS = 1_700_000_000_000;
const NONCE = '0123456789abcdef0123456789abcdef';
const { address } = newWallet();
const fields = fieldsFor(address, NONCE, NOW_MS);
const good = signInMessage(fields);
const with_ = (changes: Partial<SignInMessageFields>): string => signInMessage({ ...fields, ...changes });
const atMs = (ms: number): string => new Date(ms).toISOString();
const check = (message: unknown) => checkSignInMessage(POLICY, message, NOW_MS);

describe('a message that meets the policy', () => {
  const claims = { wallet: address.toLowerCase(), nonce: NONCE, chainId: 1, expiresAtMs: fields.expiresAtMs };

  it('passes', () => {
    expect(check(good)).toEqual({ ok: true, claims });
  });

  it.each([
    ['another listed origin', with_({ domain: 'localhost:8080', uri: 'http://localhost:8080' })],
    ['a page under the origin', with_({ uri: `${fields.uri}/play?a=1` })],
    ['another listed chain', with_({ chainId: 11155111 })],
    ['issued by a clock 30 s ahead', with_({ issuedAtMs: NOW_MS + SIGN_IN_AHEAD_MS_MAX })],
    ['five minutes old', with_({ issuedAtMs: NOW_MS - SIGN_IN_AGE_MS_MAX })],
    ['as long a life as allowed', with_({ expiresAtMs: NOW_MS + SIGN_IN_LIFE_MS_MAX })],
    ['valid from now on', `${good}\nNot Before: ${atMs(NOW_MS)}`],
    ['a time with an offset', good.replace(atMs(NOW_MS), '2023-11-15T00:13:20+02:00')],
  ])('passes: %s', (_what, message) => {
    expect(check(message)).toMatchObject({ ok: true });
  });
});

const lineOf = (name: string): RegExp => new RegExp(`\\n${name}: [^\\n]*`);
describe('a message that does not', () => {
  it.each([
    ['an object', 'FORMAT', { ...fields }],
    ['a parsed message as an array', 'FORMAT', [good]],
    ['nothing', 'FORMAT', undefined],
    ['empty', 'FORMAT', ''],
    ['huge', 'SIZE', `${good}${'x'.repeat(100_000)}`],
    ['one character too long', 'SIZE', 'x'.repeat(SIGN_IN_MESSAGE_LENGTH_MAX + 1)],
    ['a trailing newline', 'FORMAT', `${good}\n`],
    ['a leading space', 'FORMAT', ` ${good}`],
    ['CRLF line ends', 'FORMAT', good.replaceAll('\n', '\r\n')],
    ['a NUL at the end', 'FORMAT', `${good}\0`],
    ['fields in another order', 'FORMAT', good.replace(/(Version: 1)\n(Chain ID: 1)/, '$2\n$1')],
    ['a second nonce line', 'FORMAT', good.replace(/(\nNonce: .*)/, '$1$1')],
    ['a chain id with a leading zero', 'FORMAT', good.replace('Chain ID: 1', 'Chain ID: 01')],
    ['a short nonce', 'FORMAT', with_({ nonce: '1234567' })],
    ['no nonce', 'FORMAT', good.replace(lineOf('Nonce'), '')],
    ['a scheme', 'SCHEME', `https://${good}`],
    ['a foreign domain', 'DOMAIN', with_({ domain: 'evil.example', uri: 'https://evil.example' })],
    ['a foreign domain with our URI', 'DOMAIN', with_({ domain: 'evil.example' })],
    ['another port', 'DOMAIN', with_({ domain: 'touchline.example:8444' })],
    ['no port', 'DOMAIN', with_({ domain: 'touchline.example' })],
    ['a subdomain', 'DOMAIN', with_({ domain: 'a.touchline.example:8443' })],
    ['a longer name', 'DOMAIN', with_({ domain: 'touchline.example:84430' })],
    ['upper case in the domain', 'DOMAIN', with_({ domain: 'Touchline.example:8443' })],
    ['a user in the domain', 'DOMAIN', with_({ domain: 'touchline.example:8443@evil.example' })],
    ['a foreign URI', 'URI', with_({ uri: 'https://evil.example' })],
    ['the URI of the other origin', 'URI', with_({ uri: 'http://localhost:8080' })],
    ['a URI that only begins alike', 'URI', with_({ uri: 'https://touchline.example:84430/' })],
    ['our origin as a user name', 'URI', with_({ uri: 'https://touchline.example:8443@evil.example/' })],
    ['http instead of https', 'URI', with_({ uri: 'http://touchline.example:8443' })],
    ['a lower-case address', 'ADDRESS', with_({ address: address.toLowerCase() })],
    ['an upper-case address', 'ADDRESS', with_({ address: `0x${address.slice(2).toUpperCase()}` })],
    ['a short address', 'FORMAT', with_({ address: address.slice(0, -1) })],
    ['another statement', 'STATEMENT', with_({ statement: 'I give you everything I own.' })],
    ['a longer statement', 'STATEMENT', with_({ statement: `${POLICY.statement} And more.` })],
    ['no statement', 'STATEMENT', good.replace(`${POLICY.statement}\n`, '')],
    ['no statement and no room for one', 'FORMAT', good.replace(`\n${POLICY.statement}\n`, '')],
    ['an empty statement', 'STATEMENT', with_({ statement: '' })],
    ['version 2', 'VERSION', good.replace('Version: 1', 'Version: 2')],
    ['another chain', 'CHAIN_ID', with_({ chainId: 999 })],
    ['chain 0', 'CHAIN_ID', with_({ chainId: 0 })],
    ['too old', 'ISSUED_AT', with_({ issuedAtMs: NOW_MS - SIGN_IN_AGE_MS_MAX - 1 })],
    ['issued in 2020', 'ISSUED_AT', with_({ issuedAtMs: Date.parse('2020-01-01') })],
    ['issued in the future', 'ISSUED_AT', with_({ issuedAtMs: NOW_MS + SIGN_IN_AHEAD_MS_MAX + 1 })],
    ['issued in a leap second', 'ISSUED_AT', good.replace(atMs(NOW_MS), '2023-11-14T22:13:60Z')],
    ['issued on February 30', 'FORMAT', good.replace(atMs(NOW_MS), '2023-02-30T22:13:20Z')],
    ['no expiration', 'EXPIRATION', good.replace(lineOf('Expiration Time'), '')],
    ['a long life', 'EXPIRATION', with_({ expiresAtMs: NOW_MS + SIGN_IN_LIFE_MS_MAX + 1 })],
    ['expired before issued', 'EXPIRATION', with_({ expiresAtMs: NOW_MS - 1 })],
    ['expired', 'EXPIRED', with_({ issuedAtMs: NOW_MS - 60_000, expiresAtMs: NOW_MS })],
    ['not valid yet', 'NOT_BEFORE', `${good}\nNot Before: ${atMs(NOW_MS + 1)}`],
    ['a request id', 'REQUEST_ID', `${good}\nRequest ID: 7`],
    ['an empty request id', 'FORMAT', `${good}\nRequest ID: `],
    ['resources', 'RESOURCES', `${good}\nResources:\n- https://evil.example/`],
    ['an empty list of resources', 'RESOURCES', `${good}\nResources:`],
    ['nested brackets without end', 'FORMAT', '['.repeat(SIGN_IN_MESSAGE_LENGTH_MAX)],
  ])('is refused: %s (%s)', (_what, reason, message) => {
    expect(check(message)).toEqual({ ok: false, reason });
  });
});

describe('a policy', () => {
  it('that is whole is taken', () => {
    expect(() => assertSignInPolicy(POLICY, NOW_MS)).not.toThrow();
  });

  it.each([
    ['no origins', { origins: [] }, 'origins is empty'],
    ['an empty origin', { origins: [''] }, 'origin "" is not a URL'],
    ['a bare domain', { origins: ['touchline.example'] }, 'origin "touchline.example" is not a URL'],
    ['a slash at the end', { origins: ['https://a.example/'] }, 'must be written "https://a.example"'],
    ['a default port', { origins: ['https://a.example:443'] }, 'must be written "https://a.example"'],
    ['http in the open', { origins: ['http://a.example'] }, 'must be https'],
    ['another scheme', { origins: ['ftp://a.example'] }, 'must be https'],
    ['no chains', { chainIds: [] }, 'chainIds is empty'],
    ['chain 0', { chainIds: [1, 0] }, 'chainIds has 0, not a chain id'],
    ['half a chain', { chainIds: [1.5] }, 'chainIds has 1.5, not a chain id'],
    ['no statement', { statement: '' }, 'statement is empty'],
    ['a statement outside the grammar', { statement: 'Grüezi' }, 'no message can meet it'],
    ['a statement of two lines', { statement: 'a\nb' }, 'no message can meet it'],
  ])('with %s is refused', (_what, changes, problem) => {
    expect(() => assertSignInPolicy({ ...POLICY, ...changes }, NOW_MS)).toThrow(problem);
  });

  it('that is missing is refused', () => {
    expect(() => assertSignInPolicy({} as typeof POLICY, NOW_MS)).toThrow('sign-in policy: origins is empty');
  });
});
