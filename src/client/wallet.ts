/**
 * Wallets that can sign in. A throw-away wallet is a key made on the spot, for play; an injected one is the
 * user's own, asked through EIP-1193.
 */
import { isRecord, TouchlineError } from './touchline-error.ts';

export interface SignInWallet {
  /** EIP-55 checksummed. */
  readonly address: string;
  /** EIP-191 signature of the text: 65 bytes as 0x-prefixed hex. */
  signMessage(text: string): Promise<string>;
  /** Signing is a question to somebody: nothing is signed but at their own doing. */
  readonly asksUser?: boolean;
}

export interface ThrowAwayWallet extends SignInWallet {
  /** 32 bytes as 0x-prefixed hex. Whoever has it is the wallet. */
  readonly privateKey: string;
}

/** What an injected `window.ethereum` is. */
export interface Eip1193Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

/** EIP-1193's code for "the user said no". */
const USER_REJECTED = 4001;

/** Asks the user for an account. Throws WALLET_REFUSED when they decline, WALLET_FAILED otherwise. */
export async function injectedWallet(provider: Eip1193Provider): Promise<SignInWallet> {
  const { checksummed } = await import('./ethereum-key.ts');
  const accounts = await ask(provider, 'eth_requestAccounts');
  const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof account !== 'string') throw walletError('WALLET_FAILED', 'The wallet gave no account.');
  const address = checksummed(account);
  return {
    address,
    asksUser: true,
    signMessage: async (text) => {
      const signature = await ask(provider, 'personal_sign', [hexOfUtf8(text), address]);
      if (typeof signature !== 'string') throw walletError('WALLET_FAILED', 'The wallet gave no signature.');
      return signature;
    },
  };
}

/** A new wallet, or the one of `privateKey`. */
export async function throwAwayWallet(privateKey: string = newPrivateKey()): Promise<ThrowAwayWallet> {
  const { addressOf, signPersonal } = await import('./ethereum-key.ts');
  return {
    address: addressOf(privateKey),
    privateKey,
    signMessage: async (text) => signPersonal(privateKey, text),
  };
}

// All but 2^-127 of the 32-byte strings are keys of the curve; computing the address would throw on the rest.
const newPrivateKey = (): string => hexOf(crypto.getRandomValues(new Uint8Array(32)));

const hexOfUtf8 = (text: string): string => hexOf(new TextEncoder().encode(text));

const hexOf = (bytes: Uint8Array): string =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

async function ask(
  provider: Eip1193Provider,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    const isRefusal = isRecord(error) && error['code'] === USER_REJECTED;
    if (isRefusal) throw walletError('WALLET_REFUSED', 'The wallet was asked and declined.', error);
    throw walletError('WALLET_FAILED', 'The wallet could not answer.', error);
  }
}

const walletError = (code: string, message: string, cause?: unknown): TouchlineError =>
  new TouchlineError({ code, message, retryable: false, cause });
