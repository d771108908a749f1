/** Signed sign-in messages, right ones and wrong ones, for a fixed policy. */
import { type HDNodeWallet, type Wallet, Wallet as Wallets } from 'ethers';
import type { SignInPolicy } from '../../src/actors/session-guard/sign-in-policy.ts';
import { type SignInMessageFields, signInMessage } from '../../src/protocol/api/sign-in-message.ts';

export const POLICY: SignInPolicy = {
  origins: ['https://touchline.example:8443', 'http://localhost:8080'],
  chainIds: [1, 11155111],
  statement: 'Sign in to Touchline. This costs nothing.',
};

export type AnyWallet = Wallet | HDNodeWallet;
export interface SignedMessage {
  readonly message: string;
  readonly signature: string;
}

export const newWallet = (): AnyWallet => Wallets.createRandom();

export const fieldsFor = (address: string, nonce: string, nowMs: number): SignInMessageFields => ({
  domain: 'touchline.example:8443',
  address,
  statement: POLICY.statement,
  uri: 'https://touchline.example:8443',
  chainId: 1,
  nonce,
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + 5 * 60_000,
});

export async function signed(wallet: AnyWallet, message: string): Promise<SignedMessage> {
  return { message, signature: await wallet.signMessage(message) };
}

export const signedSignIn = (wallet: AnyWallet, nonce: string, nowMs: number): Promise<SignedMessage> =>
  signed(wallet, signInMessage(fieldsFor(wallet.address, nonce, nowMs)));

/** The other valid signature of the same message: s → n − s, recovery id flipped. */
export function malleated(signature: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith('1b') ? '1c' : '1b';
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}`;
}
