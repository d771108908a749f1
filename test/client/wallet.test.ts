import { verifyMessage, Wallet } from 'ethers';
import { expect, test } from 'vitest';
import { type Eip1193Provider, injectedWallet, throwAwayWallet } from '../../src/client/wallet.ts';

const TEXT = 'play.example wants you to sign in\n\nünïcode';

test('a throw-away wallet signs as ethers does, and can be made again from its key', async () => {
  const wallet = await throwAwayWallet();
  expect(verifyMessage(TEXT, await wallet.signMessage(TEXT))).toBe(wallet.address);
  const again = await throwAwayWallet(wallet.privateKey);
  expect(again.address).toBe(new Wallet(wallet.privateKey).address);
});

test('two throw-away wallets are two', async () => {
  expect((await throwAwayWallet()).address).not.toBe((await throwAwayWallet()).address);
});

test('an injected wallet is asked for its account and a personal signature', async () => {
  const owner = Wallet.createRandom();
  const calls: string[] = [];
  const provider: Eip1193Provider = {
    request: async ({ method, params }) => {
      calls.push(method);
      if (method === 'eth_requestAccounts') return [owner.address.toLowerCase()];
      const [hex, account] = params as [string, string];
      expect(account).toBe(owner.address);
      return owner.signMessage(Buffer.from(hex.slice(2), 'hex'));
    },
  };
  const wallet = await injectedWallet(provider);
  expect(wallet.address).toBe(owner.address);
  expect(verifyMessage(TEXT, await wallet.signMessage(TEXT))).toBe(owner.address);
  expect(calls).toEqual(['eth_requestAccounts', 'personal_sign']);
});

test.each([
  ['declines', () => Promise.reject({ code: 4001, message: 'no' }), 'WALLET_REFUSED'],
  ['breaks', () => Promise.reject(new Error('locked')), 'WALLET_FAILED'],
  ['has no account', () => Promise.resolve([]), 'WALLET_FAILED'],
])('a wallet that %s', async (_, request, code) => {
  await expect(injectedWallet({ request })).rejects.toMatchObject({ code });
});
