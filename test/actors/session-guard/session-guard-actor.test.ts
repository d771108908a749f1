import { describe, expect, it } from 'vitest';
import { MemorySessionGate } from '../../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { sessionGuardActor } from '../../../src/actors/session-guard/session-guard-actor.ts';
import { signInMessage } from '../../../src/protocol/api/sign-in-message.ts';
import { refused } from '../../../src/protocol/errors.ts';
import { SESSION_GUARD } from '../../../src/protocol/letters/session-guard.ts';
import {
  NONCE_TTL_SECONDS,
  nonceKey,
  SESSION_TTL_SECONDS,
  sessionKey,
} from '../../../src/protocol/redis-keys.ts';
import { guardSystem } from '../../support/session-guard-system.ts';
import {
  fieldsFor,
  malleated,
  newWallet,
  POLICY,
  type SignedMessage,
  signed,
  signedSignIn,
} from '../../support/sign-in.ts';

describe('signing in', () => {
  it('opens the account, then hands out a session that the gate knows', async () => {
    const guard = await guardSystem();
    const wallet = newWallet();
    const address = wallet.address.toLowerCase();
    const session = await guard.signInAs(wallet);
    expect(session).toEqual({
      wallet: address,
      token: expect.stringMatching(new RegExp(`^${address}\\.[A-Za-z0-9_-]{43}$`)),
      expiresAtMs: guard.nowMs() + SESSION_TTL_SECONDS * 1000,
    });
    expect(guard.accountsAsked).toEqual([address]);
    const gate = new MemorySessionGate(guard.map, { betsPerMinute: 1 });
    expect(await gate.check(session.token)).toMatchObject({ ok: true, value: { wallet: address } });
    expect(guard.map.get(sessionKey(address))).not.toContain(session.token.split('.')[1]);
    guard.system.expectNoDeadLetters();
  });

  it('gives nonces of 128 bits that live for five minutes', async () => {
    const guard = await guardSystem();
    const issued = await guard.issueNonce();
    expect(issued.nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(issued.expiresAtMs).toBe(guard.nowMs() + NONCE_TTL_SECONDS * 1000);
    expect((await guard.issueNonce()).nonce).not.toBe(issued.nonce);
    const late = await signed(
      newWallet(),
      signInMessage(fieldsFor(newWallet().address, issued.nonce, issued.expiresAtMs)),
    );
    await guard.system.advance(NONCE_TTL_SECONDS * 1000);
    expect(await guard.signIn(late)).toEqual(refused('NONCE_UNKNOWN'));
  });

  it('signs many wallets in at the same time', async () => {
    const guard = await guardSystem();
    const wallets = Array.from({ length: 10 }, newWallet);
    const sessions = await Promise.all(wallets.map((wallet) => guard.signInAs(wallet)));
    expect(sessions.map(({ wallet }) => wallet)).toEqual(wallets.map(({ address }) => address.toLowerCase()));
  });

  it('ends the old session of the wallet and says so', async () => {
    const guard = await guardSystem();
    const ended = await guard.endedWallets();
    const wallet = newWallet();
    const first = await guard.signInAs(wallet);
    expect(ended).toEqual([]);
    const second = await guard.signInAs(wallet);
    expect(second.token).not.toBe(first.token);
    expect(ended).toEqual([{ wallet: first.wallet }]);
    const gate = new MemorySessionGate(guard.map, { betsPerMinute: 1 });
    expect(await gate.check(first.token)).toEqual(refused('UNAUTHENTICATED'));
    expect((await gate.check(second.token)).ok).toBe(true);
  });
});

describe('a nonce', () => {
  it('cannot be used again', async () => {
    const guard = await guardSystem();
    const request = await guard.signedWithNonce(newWallet());
    expect((await guard.signIn(request)).ok).toBe(true);
    expect(await guard.signIn(request)).toEqual(refused('NONCE_UNKNOWN'));
    expect(guard.accountsAsked).toHaveLength(1);
  });

  it('lets exactly one of two sign-ins at the same time through', async () => {
    const guard = await guardSystem();
    const { nonce } = await guard.issueNonce();
    const requests = await Promise.all(
      [newWallet(), newWallet()].map((one) => signedSignIn(one, nonce, guard.nowMs())),
    );
    const outcomes = await Promise.all(requests.map((request) => guard.signIn(request)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.find(({ ok }) => !ok)).toEqual(refused('NONCE_UNKNOWN'));
    expect(guard.accountsAsked).toHaveLength(1);
    expect(guard.sessionKeys()).toHaveLength(1);
  });

  it('is used up by a wrong signature, but not by a message the policy refuses', async () => {
    const guard = await guardSystem();
    const wallet = newWallet();
    const right = await guard.signedWithNonce(wallet);
    const foreign = await signed(wallet, right.message.replace('Chain ID: 1', 'Chain ID: 2'));
    expect(await guard.signIn(foreign)).toEqual(refused('SIGN_IN_REFUSED', { reason: 'CHAIN_ID' }));
    const forged = await signed(newWallet(), right.message);
    expect(await guard.signIn(forged)).toEqual(refused('SIGN_IN_REFUSED', { reason: 'SIGNATURE' }));
    expect(await guard.signIn(right)).toEqual(refused('NONCE_UNKNOWN'));
  });

  it('that nobody issued, or of another shape, is unknown', async () => {
    const guard = await guardSystem();
    for (const nonce of ['0'.repeat(32), 'abcdefgh', 'F'.repeat(32)]) {
      expect(await guard.signIn(await signedSignIn(newWallet(), nonce, guard.nowMs()))).toEqual(
        refused('NONCE_UNKNOWN'),
      );
    }
  });
});

type Hostile = (
  request: SignedMessage,
  replace: (from: string | RegExp, to: string) => Promise<SignedMessage>,
) => unknown;
const hostile: [string, string, Hostile][] = [
  ['foreign domain', 'DOMAIN', (_request, replace) => replace(/^touchline.example:8443/, 'evil.example')],
  [
    'domain with another port',
    'DOMAIN',
    (_request, replace) => replace(/^touchline.example:8443/, 'touchline.example:1'),
  ],
  ['foreign URI', 'URI', (_request, replace) => replace(/URI: .*/, 'URI: https://evil.example')],
  ['wrong chain', 'CHAIN_ID', (_request, replace) => replace('Chain ID: 1', 'Chain ID: 999')],
  ['other statement', 'STATEMENT', (_request, replace) => replace(POLICY.statement, 'Something else')],
  ['version 2', 'VERSION', (_request, replace) => replace('Version: 1', 'Version: 2')],
  [
    'issued in 2020',
    'ISSUED_AT',
    (_request, replace) => replace(/Issued At: .*/, 'Issued At: 2020-01-01T00:00:00.000Z'),
  ],
  [
    'issued in 2099',
    'ISSUED_AT',
    (_request, replace) => replace(/Issued At: .*/, 'Issued At: 2099-01-01T00:00:00.000Z'),
  ],
  ['without expiration', 'EXPIRATION', (_request, replace) => replace(/\nExpiration Time: .*/, '')],
  ['resources', 'RESOURCES', (_request, replace) => replace(/$/, '\nResources:\n- https://a.example')],
  [
    'lower-case address',
    'ADDRESS',
    (_request, replace) => replace(/0x[0-9A-Fa-f]{40}/, newWallet().address.toLowerCase()),
  ],
  ['trailing newline', 'FORMAT', (_request, replace) => replace(/$/, '\n')],
  ['CRLF', 'FORMAT', (_request, replace) => replace(/\n/g, '\r\n')],
  ['huge message', 'SIZE', (_request, replace) => replace(/$/, 'x'.repeat(1_000_000))],
  [
    'high-s signature',
    'SIGNATURE',
    ({ message, signature }) => ({ message, signature: malleated(signature) }),
  ],
  [
    '64-byte signature',
    'SIGNATURE',
    ({ message, signature }) => ({ message, signature: signature.slice(0, -2) }),
  ],
  ['66-byte signature', 'SIGNATURE', ({ message, signature }) => ({ message, signature: `${signature}00` })],
  [
    'non-hex signature',
    'SIGNATURE',
    ({ message, signature }) => ({ message, signature: `${signature.slice(0, -1)}z` }),
  ],
  ['signature of another wallet', 'SIGNATURE', ({ message }) => signed(newWallet(), message)],
  [
    'signature of another text',
    'SIGNATURE',
    async ({ message }) => ({ ...(await signed(newWallet(), 'gm')), message }),
  ],
  [
    'object as message',
    'FORMAT',
    ({ signature }) => ({ signature, message: { domain: 'touchline.example:8443' } }),
  ],
  ['object as signature', 'SIGNATURE', ({ message }) => ({ message, signature: { r: 1, s: 1, v: 27 } })],
  ['nothing at all', 'SIGNATURE', () => ({})],
];

describe('a hostile sign-in', () => {
  it.each(hostile)(
    '%s is refused with %s, and leaves neither session nor account',
    async (_name, reason, change) => {
      const guard = await guardSystem();
      const wallet = newWallet();
      const request = await guard.signedWithNonce(wallet);
      const body = await change(request, (from, to) => signed(wallet, request.message.replace(from, to)));
      expect(await guard.signIn(body as SignedMessage)).toEqual(refused('SIGN_IN_REFUSED', { reason }));
      expect(guard.accountsAsked).toEqual([]);
      expect(guard.sessionKeys()).toEqual([]);
      expect(guard.system.isCrashed(SESSION_GUARD.name)).toBe(false);
      guard.system.expectNoDeadLetters();
    },
  );

  it('that expired on the way is refused', async () => {
    const guard = await guardSystem();
    const wallet = newWallet();
    const { nonce } = await guard.issueNonce();
    const fields = { ...fieldsFor(wallet.address, nonce, guard.nowMs()), expiresAtMs: guard.nowMs() + 1_000 };
    const request = await signed(wallet, signInMessage(fields));
    await guard.system.advance(1_000);
    expect(await guard.signIn(request)).toEqual(refused('SIGN_IN_REFUSED', { reason: 'EXPIRED' }));
    expect(guard.sessionKeys()).toEqual([]);
  });
});

describe('when another part is in trouble', () => {
  it.each([
    ['the pool is full', 'MAILBOX_FULL', { poolFull: true }],
    ['the account is refused', 'ACTOR_RESTARTING', { account: refused('ACTOR_RESTARTING') }],
    ['the mailbox of the Resolver is full', 'MAILBOX_FULL', { resolverFull: true }],
  ] as const)('%s: %s, no session, and the same request succeeds later', async (_name, code, trouble) => {
    const guard = await guardSystem();
    const request = await guard.signedWithNonce(newWallet());
    guard.trouble = trouble;
    expect(await guard.signIn(request)).toEqual(refused(code));
    expect(guard.sessionKeys()).toEqual([]);
    guard.trouble = {};
    expect((await guard.signIn(request)).ok).toBe(true);
    expect(await guard.signIn(request)).toEqual(refused('NONCE_UNKNOWN'));
  });

  it('a Resolver that does not answer ends the sign-in after its deadline, without a session', async () => {
    const guard = await guardSystem();
    const request = await guard.signedWithNonce(newWallet());
    guard.trouble = { account: 'silent' };
    const outcome = guard.signIn(request);
    await guard.accountAsked();
    guard.system.clock.fireNext(guard.nowMs() + 5_000);
    expect(await outcome).toEqual(refused('OUTCOME_UNKNOWN'));
    expect(guard.sessionKeys()).toEqual([]);
  });

  it('an unreachable store refuses and does not crash', async () => {
    const guard = await guardSystem();
    const request = await guard.signedWithNonce(newWallet());
    guard.trouble = { storeAway: true };
    expect(await guard.signIn(request)).toEqual(refused('ACTOR_RESTARTING'));
    expect(await guard.system.ask(SESSION_GUARD, { type: 'IssueNonce', body: {} })).toEqual(
      refused('ACTOR_RESTARTING'),
    );
    expect(guard.system.crashes).toEqual([]);
  });
});

describe('signing out', () => {
  const signOut = (guard: Awaited<ReturnType<typeof guardSystem>>, token: string) =>
    guard.system.ask(SESSION_GUARD, { type: 'SignOut', body: { token } });

  it('ends the session once and says so', async () => {
    const guard = await guardSystem();
    const ended = await guard.endedWallets();
    const { token, wallet } = await guard.signInAs(newWallet());
    expect(await signOut(guard, token)).toEqual({ ok: true, value: { wallet } });
    expect(ended).toEqual([{ wallet }]);
    expect(guard.sessionKeys()).toEqual([]);
    expect(await signOut(guard, token)).toEqual(refused('UNAUTHENTICATED'));
    expect(ended).toHaveLength(1);
  });

  it('with an old, forged or malformed token ends nothing', async () => {
    const guard = await guardSystem();
    const wallet = newWallet();
    const old = await guard.signInAs(wallet);
    const current = await guard.signInAs(wallet);
    const ended = await guard.endedWallets();
    const forged = `${current.token.slice(0, 43)}${'A'.repeat(43)}`;
    for (const token of [old.token, forged, 'x', '', { token: current.token } as unknown as string]) {
      expect(await signOut(guard, token)).toEqual(refused('UNAUTHENTICATED'));
    }
    expect(guard.sessionKeys()).toEqual([sessionKey(current.wallet)]);
    expect(ended).toEqual([]);
  });
});

describe('the life of the actor', () => {
  it('keeps sessions and nonces over a restart', async () => {
    const guard = await guardSystem();
    const { token } = await guard.signInAs(newWallet());
    const request = await guard.signedWithNonce(newWallet());
    await guard.system.restart(SESSION_GUARD.name);
    expect((await guard.signIn(request)).ok).toBe(true);
    const gate = new MemorySessionGate(guard.map, { betsPerMinute: 1 });
    expect((await gate.check(token)).ok).toBe(true);
  });

  it('goes on after everything in the store vanished: users sign in again', async () => {
    const guard = await guardSystem();
    const wallet = newWallet();
    const request = await guard.signedWithNonce(wallet);
    guard.map.clear();
    expect(await guard.signIn(request)).toEqual(refused('NONCE_UNKNOWN'));
    expect((await guard.signInAs(wallet)).wallet).toBe(wallet.address.toLowerCase());
  });

  it('does not begin with an empty policy', async () => {
    const guard = await guardSystem();
    const empty = sessionGuardActor({ ...guard.parts, settings: { policy: { ...POLICY, origins: [] } } });
    await expect(guard.system.start(empty, 'session-guard-2')).rejects.toThrow(
      'sign-in policy: origins is empty',
    );
  });

  it('keeps nonces under their documented key', async () => {
    const guard = await guardSystem();
    const { nonce } = await guard.issueNonce();
    expect(guard.map.keys()).toEqual([nonceKey(nonce)]);
  });
});
