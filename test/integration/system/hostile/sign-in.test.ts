/** Sign-ins that must not succeed, and tokens that must not count. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StatusAnswer, type ThrowAwayWallet, throwAwayWallet } from '../../../../src/client/index.ts';
import { type SignInMessageFields, signInMessage } from '../../../../src/protocol/api/sign-in-message.ts';
import { type Answer, errorOf, expectError } from '../../../support/http-call.ts';
import { type Siege, startSiege } from '../../../support/siege.ts';
import { malleated } from '../../../support/sign-in.ts';

const MINUTE_MS = 60_000;
const HOST = '127.0.0.1';

let siege: Siege;
let names: StatusAnswer['signIn'];
let wallet: ThrowAwayWallet;
beforeAll(async () => {
  siege = await startSiege();
  names = (await siege.player.client.status()).signIn;
  wallet = await throwAwayWallet();
});
afterAll(() => siege.end());

async function rightFields(): Promise<SignInMessageFields> {
  const { nonce } = await siege.player.client.nonce();
  const { serverTimeMs: issuedAtMs } = await siege.player.client.time();
  const { domain, uri, statement } = names;
  const [chainId = 0] = names.chainIds;
  const expiresAtMs = issuedAtMs + 5 * MINUTE_MS;
  return { domain, address: wallet.address, statement, uri, chainId, nonce, issuedAtMs, expiresAtMs };
}

const verify = (message: unknown, signature: unknown): Promise<Answer> =>
  siege.call('/v1/auth/verify', { body: { message, signature } });
const signAndVerify = async (message: string): Promise<Answer> =>
  verify(message, await wallet.signMessage(message));

type Change = (fields: SignInMessageFields) => Partial<SignInMessageFields>;
const port = ({ uri }: SignInMessageFields): string => new URL(uri).port;

const WRONG_FIELDS: readonly (readonly [string, string, Change])[] = [
  ['a foreign domain', 'DOMAIN', () => ({ domain: 'evil.example' })],
  ['our domain with another port', 'DOMAIN', () => ({ domain: `${HOST}:1` })],
  ['our domain without its port', 'DOMAIN', () => ({ domain: HOST })],
  ['a domain that begins like ours', 'DOMAIN', (f) => ({ domain: `${HOST}.evil.example:${port(f)}` })],
  ['a domain that ends like ours', 'DOMAIN', (f) => ({ domain: `evil.${f.domain}` })],
  ['another origin of ours in the URI', 'URI', (f) => ({ uri: `http://localhost:${port(f)}` })],
  ['a foreign URI', 'URI', () => ({ uri: 'https://evil.example' })],
  ['our URI as the user of another', 'URI', (f) => ({ uri: `${f.uri}@evil.example` })],
  ['a URI with a port that is none', 'FORMAT', (f) => ({ uri: `${f.uri}.evil.example` })],
  ['our URI with another scheme', 'URI', (f) => ({ uri: f.uri.replace('http:', 'https:') })],
  ['another chain', 'CHAIN_ID', () => ({ chainId: 5 })],
  ['chain 0', 'CHAIN_ID', () => ({ chainId: 0 })],
  [
    'an end that has passed',
    'EXPIRED',
    (f) => ({ issuedAtMs: f.issuedAtMs - 4 * MINUTE_MS, expiresAtMs: f.issuedAtMs - MINUTE_MS }),
  ],
  ['an end before its beginning', 'EXPIRATION', (f) => ({ expiresAtMs: f.issuedAtMs - 1 })],
  ['a life of a day', 'EXPIRATION', (f) => ({ expiresAtMs: f.issuedAtMs + 1_440 * MINUTE_MS })],
  [
    'a beginning in the future',
    'ISSUED_AT',
    (f) => ({ issuedAtMs: f.issuedAtMs + 10 * MINUTE_MS, expiresAtMs: f.issuedAtMs + 15 * MINUTE_MS }),
  ],
  ['a beginning long ago', 'ISSUED_AT', (f) => ({ issuedAtMs: f.issuedAtMs - 60 * MINUTE_MS })],
  ['another statement', 'STATEMENT', () => ({ statement: 'Sign in to Touchline and pay 1 ETH.' })],
  ['our statement and more', 'STATEMENT', (f) => ({ statement: `${f.statement} I agree.` })],
  ['an address without its checksum', 'ADDRESS', (f) => ({ address: f.address.toLowerCase() })],
];

type Rewrite = (message: string) => string;
const WRONG_TEXTS: readonly (readonly [string, string, Rewrite])[] = [
  ['a scheme before the domain', 'SCHEME', (text) => `http://${text}`],
  ['no expiration', 'EXPIRATION', (text) => text.replace(/\nExpiration Time: .*$/, '')],
  ['no statement', 'STATEMENT', (text) => text.replace(/\n\nSign in to .*\n/, '\n\n')],
  ['version 2', 'VERSION', (text) => text.replace('Version: 1', 'Version: 2')],
  ['a chain in hex', 'FORMAT', (text) => text.replace('Chain ID: 1', 'Chain ID: 0x1')],
  ['a second nonce', 'FORMAT', (text) => text.replace(/(\nNonce: .*)/, `$1\nNonce: ${'0'.repeat(32)}`)],
  ['a line more', 'FORMAT', (text) => `${text}\nAmount: 1 ETH`],
  ['a line end at the end', 'FORMAT', (text) => `${text}\n`],
  ['line ends of another system', 'FORMAT', (text) => text.replaceAll('\n', '\r\n')],
  ['a beginning after now', 'NOT_BEFORE', (text) => `${text}\nNot Before: 2999-01-01T00:00:00.000Z`],
  ['a request id', 'REQUEST_ID', (text) => `${text}\nRequest ID: 1`],
  ['resources', 'RESOURCES', (text) => `${text}\nResources:\n- https://evil.example`],
  ['a time that is none', 'FORMAT', (text) => text.replace(/Issued At: .*/, 'Issued At: yesterday')],
  ['no message at all', 'FORMAT', () => 'let me in'],
];

describe('a message of the right wallet', () => {
  it.each(WRONG_FIELDS)('with %s is refused: %s', async (_name, reason, change) => {
    await siege.withoutEffect(async () => {
      const fields = await rightFields();
      const answer = await signAndVerify(signInMessage({ ...fields, ...change(fields) }));
      expectError(answer, 'SIGN_IN_REFUSED', { reason });
    });
  });

  it.each(WRONG_TEXTS)('with %s is refused: %s', async (_name, reason, rewrite) => {
    await siege.withoutEffect(async () => {
      const answer = await signAndVerify(rewrite(signInMessage(await rightFields())));
      expectError(answer, 'SIGN_IN_REFUSED', { reason });
    });
  });

  it.each([
    ['never issued', 'f'.repeat(32)],
    ['of another form', 'a1B2c3D4'],
    ['longer than ours', '0'.repeat(64)],
  ])('with a nonce %s is refused', async (_name, nonce) => {
    await siege.withoutEffect(async () => {
      const answer = await signAndVerify(signInMessage({ ...(await rightFields()), nonce }));
      expectError(answer, 'NONCE_UNKNOWN');
    });
  });
});

describe('a signature', () => {
  const sign = async (by: ThrowAwayWallet, change = (text: string): string => text): Promise<Answer> => {
    const message = signInMessage(await rightFields());
    return verify(message, await by.signMessage(change(message)));
  };
  const WRONG_SIGNATURES: readonly (readonly [string, (right: string) => string])[] = [
    ['of zeros', () => `0x${'00'.repeat(65)}`],
    ['of ones', () => `0x${'ff'.repeat(65)}`],
    ['of noise', () => `0x${'5a'.repeat(64)}1b`],
    ['with r = 0', (right) => `0x${'00'.repeat(32)}${right.slice(66)}`],
    ['with its upper s', malleated],
    ['with an unknown v', (right) => `${right.slice(0, -2)}1d`],
    ['with the other v', (right) => right.slice(0, -2) + (right.endsWith('1b') ? '1c' : '1b')],
    ['with a bit flipped', (right) => `0x${right[2] === '0' ? '1' : '0'}${right.slice(3)}`],
  ];

  it.each(WRONG_SIGNATURES)('%s is refused, and the nonce is spent', async (_name, forge) => {
    await siege.withoutEffect(async () => {
      const message = signInMessage(await rightFields());
      const right = await wallet.signMessage(message);
      expectError(await verify(message, forge(right)), 'SIGN_IN_REFUSED', { reason: 'SIGNATURE' });
      expectError(await verify(message, right), 'NONCE_UNKNOWN');
    });
  });

  it('of another wallet, or of another text, is refused', async () => {
    const other = await throwAwayWallet();
    await siege.withoutEffect(async () => {
      expectError(await sign(other), 'SIGN_IN_REFUSED', { reason: 'SIGNATURE' });
      const otherText = await sign(wallet, (text) => text.replace('Chain ID: 1', 'Chain ID: 2'));
      expectError(otherText, 'SIGN_IN_REFUSED', { reason: 'SIGNATURE' });
    });
  });

  const signature = `0x${'ab'.repeat(65)}`;
  it.each([
    ['a number for a message', { message: 1, signature }, 'message'],
    ['no message', { signature }, 'message'],
    ['an empty message', { message: '', signature }, 'message'],
    ['a message of 3 KB', { message: 'x'.repeat(3_000), signature }, 'message'],
    ['a list of messages', { message: ['m'], signature }, 'message'],
    ['no signature', { message: 'm' }, 'signature'],
    ['an object for a signature', { message: 'm', signature: { r: 1 } }, 'signature'],
    ['a compact signature', { message: 'm', signature: `0x${'ab'.repeat(64)}` }, 'signature'],
    ['a signature that is not hex', { message: 'm', signature: `0x${'zz'.repeat(65)}` }, 'signature'],
    ['a signature without 0x', { message: 'm', signature: 'ab'.repeat(66) }, 'signature'],
    ['a wallet next to it', { message: 'm', signature, wallet: '0x1' }, 'wallet'],
    ['a __proto__', { message: 'm', signature, ['__proto__']: { admin: true } }, '__proto__'],
    ['a list', [], ''],
  ])('in a body with %s is not even looked at', async (_name, body, field) => {
    await siege.withoutEffect(async () =>
      expectError(await siege.call('/v1/auth/verify', { body }), 'MALFORMED', { field }),
    );
  });
});

describe('a nonce', () => {
  it('outlives refused messages and is good for one sign-in only', async () => {
    const fields = await rightFields();
    await siege.withoutEffect(async () => {
      const foreign = await signAndVerify(signInMessage({ ...fields, domain: 'evil.example' }));
      expectError(foreign, 'SIGN_IN_REFUSED', { reason: 'DOMAIN' });
    });
    const message = signInMessage(fields);
    const signature = await wallet.signMessage(message);
    expect((await verify(message, signature)).status).toBe(200);
    await siege.withoutEffect(async () => {
      for (let replay = 0; replay < 3; replay += 1)
        expectError(await verify(message, signature), 'NONCE_UNKNOWN');
    });
  });

  it.each([2, 20])('lets one of %i at the same time in', async (count) => {
    const fields = await rightFields();
    const racer = await throwAwayWallet();
    const message = signInMessage({ ...fields, address: racer.address });
    const signature = await racer.signMessage(message);
    const accountsBefore = await accounts();
    const answers = await Promise.all(Array.from({ length: count }, () => verify(message, signature)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(errorOf)) expectError(answer, 'NONCE_UNKNOWN');
    expect(await accounts()).toBe(accountsBefore + 1);
  });
});

const accounts = async (): Promise<number> =>
  ((await siege.call('/v1/ledger')).body as { accounts: number }).accounts;
