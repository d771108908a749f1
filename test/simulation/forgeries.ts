/** Sign-in messages that must open nothing, each with the one thing wrong that it is refused for. */
import type { SimWallet } from './wallets.ts';
import { messageOf, walletOf } from './wallets.ts';

export interface Forgery {
  readonly message: string;
  readonly signature: string;
}

const STRANGER = 99;
const MINUTE_MS = 60_000;
const atMinute = (nowMs: number, minutes: number): string =>
  new Date(nowMs + minutes * MINUTE_MS).toISOString();

/** Times are wrong by minutes, because the clock jumps by seconds. */
const MESSAGES: Readonly<Record<string, (wallet: SimWallet, nonce: string, nowMs: number) => string>> = {
  SCHEME: (wallet, nonce, nowMs) => `https://${messageOf(wallet, nonce, nowMs)}`,
  DOMAIN: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs, { domain: 'elsewhere.example' }),
  URI: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs, { uri: 'https://elsewhere.example' }),
  STATEMENT: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs, { statement: 'Send it all.' }),
  CHAIN_ID: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs, { chainId: 999 }),
  VERSION: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs).replace('Version: 1', 'Version: 2'),
  ADDRESS: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs, { address: wallet.address }),
  FORMAT: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs).replace('\n\n', '\n'),
  ISSUED_AT: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs - 10 * MINUTE_MS),
  EXPIRATION: (wallet, nonce, nowMs) =>
    messageOf(wallet, nonce, nowMs, { expiresAtMs: nowMs + 60 * MINUTE_MS }),
  EXPIRED: (wallet, nonce, nowMs) =>
    messageOf(wallet, nonce, nowMs - 3 * MINUTE_MS, { expiresAtMs: nowMs - MINUTE_MS }),
  NOT_BEFORE: (wallet, nonce, nowMs) =>
    `${messageOf(wallet, nonce, nowMs)}\nNot Before: ${atMinute(nowMs, 2)}`,
  REQUEST_ID: (wallet, nonce, nowMs) => `${messageOf(wallet, nonce, nowMs)}\nRequest ID: 1`,
  RESOURCES: (wallet, nonce, nowMs) =>
    `${messageOf(wallet, nonce, nowMs)}\nResources:\n- https://elsewhere.example/all`,
  SIGNATURE: (wallet, nonce, nowMs) => messageOf(wallet, nonce, nowMs),
};

/** What is wrong, in the SessionGuard's words. */
export const FORGERIES: readonly string[] = Object.keys(MESSAGES);

export function forge(what: string, wallet: SimWallet, nonce: string, nowMs: number): Forgery {
  const message = MESSAGES[what]?.(wallet, nonce, nowMs) ?? '';
  const signer = what === 'SIGNATURE' ? walletOf(STRANGER) : wallet;
  return { message, signature: signer.sign(message) };
}
