/** Environments of a system under load from one address: with low limits, and with none that matter. */
import { CONFIG_FIELDS } from '../../src/config.ts';

const BASIC: Readonly<Record<string, string>> = { LOG_LEVEL: 'warn', BROADCASTER_THREADS: '2' };

/** Limits of an address are not for this machine itself, but for whom a proxy on it says it speaks for. */
export const LOW_LIMITS: Readonly<Record<string, string>> = {
  ...BASIC,
  TRUSTED_PROXIES: '127.0.0.1',
  REQUEST_TOKENS: '40',
  REQUEST_TOKENS_PER_SECOND: '5',
  CONNECTIONS_PER_ADDRESS_MAX: '3',
  CONNECTIONS_PER_WALLET_MAX: '4',
};

const RATE_FIELD = /_PER_(SECOND|MINUTE|ADDRESS|WALLET)|TOKENS/;
const BOUNDLESS = '1000000';

export const NO_LIMITS: Readonly<Record<string, string>> = {
  ...BASIC,
  ...Object.fromEntries(
    Object.keys(CONFIG_FIELDS).flatMap((name) => (RATE_FIELD.test(name) ? [[name, BOUNDLESS]] : [])),
  ),
};
