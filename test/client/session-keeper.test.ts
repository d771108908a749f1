import { afterEach, expect, test, vi } from 'vitest';
import { SessionKeeper, type SessionKeeperOptions } from '../../src/client/session-keeper.ts';
import { clientError } from '../../src/client/touchline-error.ts';
import type { SignInWallet } from '../../src/client/wallet.ts';

const HOUR_MS = 3_600_000;
const WALLET: SignInWallet = { address: '0xAb', signMessage: async () => '0x' };

afterEach(() => {
  vi.useRealTimers();
});

function keeperWith(options: Partial<SessionKeeperOptions> = {}) {
  const signIns: SignInWallet[] = [];
  const changes: (string | undefined)[] = [];
  const keeper = new SessionKeeper({
    wallet: WALLET,
    token: undefined,
    signIn: async (wallet) => ({ token: `token-${signIns.push(wallet)}`, lifeMs: HOUR_MS }),
    changed: (token) => changes.push(token),
    random: () => 1,
    ...options,
  });
  return { keeper, signIns, changes };
}

test('it signs in when a session is first needed, once for all who ask', async () => {
  const { keeper, signIns, changes } = keeperWith();
  expect(signIns).toHaveLength(0);
  expect(await Promise.all([keeper.token(), keeper.token(), keeper.replace(undefined)])).toEqual([
    'token-1',
    'token-1',
    'token-1',
  ]);
  expect(await keeper.token()).toBe('token-1');
  expect(changes).toEqual(['token-1']);
  keeper.close();
});

test('a refused token is replaced once, however many requests it was refused to', async () => {
  const { keeper, signIns } = keeperWith({ token: 'old' });
  expect(await Promise.all([keeper.replace('old'), keeper.replace('old')])).toEqual(['token-1', 'token-1']);
  expect(await keeper.replace('old')).toBe('token-1');
  expect(signIns).toHaveLength(1);
  keeper.close();
});

test('a session is renewed before it expires, and not after the client is closed', async () => {
  vi.useFakeTimers();
  const { keeper, changes } = keeperWith();
  await keeper.token();
  await vi.advanceTimersByTimeAsync(HOUR_MS * 0.9);
  expect(changes).toEqual(['token-1', 'token-2']);
  keeper.close();
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(changes).toHaveLength(2);
});

test('a renewal that failed is tried again while the session lasts', async () => {
  vi.useFakeTimers();
  let tries = 0;
  const { keeper, changes } = keeperWith({
    signIn: async () => {
      tries += 1;
      if (tries === 2) throw clientError('NETWORK_FAILED');
      return { token: `token-${tries}`, lifeMs: HOUR_MS };
    },
  });
  await keeper.token();
  await vi.advanceTimersByTimeAsync(HOUR_MS * 0.99);
  expect(changes).toEqual(['token-1', 'token-3']);
  keeper.close();
});

test('two clients of one wallet do not throw each other out as fast as they can', async () => {
  vi.useFakeTimers();
  const { keeper, signIns } = keeperWith();
  const first = await keeper.token();
  const second = await keeper.replace(first);
  const third = keeper.replace(second);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(signIns).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(await third).toBe('token-3');
  keeper.close();
});

test('without a wallet, or with one that has to ask somebody, a session that ended stays ended', async () => {
  const refusal = { code: 'UNAUTHENTICATED' };
  await expect(keeperWith({ wallet: undefined }).keeper.token()).rejects.toMatchObject(refusal);
  const { keeper, changes } = keeperWith({ token: 'old', wallet: { ...WALLET, asksUser: true } });
  await expect(keeper.replace('old')).rejects.toMatchObject(refusal);
  expect(changes).toEqual([undefined]);
  expect(await keeper.token()).toBe('token-1');
  keeper.close();
});

test('another wallet takes over, and leaving forgets it', async () => {
  const { keeper, signIns } = keeperWith();
  await keeper.token();
  const other = { ...WALLET, address: '0xCd' };
  expect(await keeper.begin(other)).toBe('token-2');
  expect(signIns).toEqual([WALLET, other]);
  keeper.use(undefined);
  await expect(keeper.token()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
