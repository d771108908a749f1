/** Wallets that are the same in every run, and messages signed with them. */
import { createHash } from 'node:crypto';
import { Wallet } from 'ethers';
import { type SignInMessageFields, signInMessage } from '../../src/protocol/api/sign-in-message.ts';
import { SIGN_IN } from './world-settings.ts';

export interface SimWallet {
  /** EIP-55 checksummed. */
  readonly checksummed: string;
  /** Lower-case: how the system knows it. */
  readonly address: string;
  sign(message: string): string;
}

const wallets = new Map<number, SimWallet>();

export function walletOf(index: number): SimWallet {
  const known = wallets.get(index);
  if (known) return known;
  const key = createHash('sha256').update(`simulated wallet ${index}`).digest('hex');
  const wallet = new Wallet(`0x${key}`);
  const made = {
    checksummed: wallet.address,
    address: wallet.address.toLowerCase(),
    sign: (message: string) => wallet.signMessageSync(message),
  };
  wallets.set(index, made);
  return made;
}

export const messageOf = (
  wallet: SimWallet,
  nonce: string,
  nowMs: number,
  changes: Partial<SignInMessageFields> = {},
): string =>
  signInMessage({
    domain: SIGN_IN.domain,
    address: wallet.checksummed,
    statement: SIGN_IN.statement,
    uri: SIGN_IN.origin,
    chainId: SIGN_IN.chainIds[0],
    nonce,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 5 * 60_000,
    ...changes,
  });
