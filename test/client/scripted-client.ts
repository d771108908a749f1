/** Clients whose HTTP requests are answered by a function of the test, and that sign in without a key. */
import { afterEach } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../../src/client/client.ts';
import type { SignInWallet } from '../../src/client/wallet.ts';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import { publicError } from '../../src/protocol/errors.ts';

export const BET: PlaceBetRequest = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 10_000,
  closesAtMs: 15_000,
  lowCents: 500,
  highCents: 600,
  stakeMicros: '1000000',
  minMultiplier: '2.00',
};
export const WALLET: SignInWallet = { address: '0xAb', signMessage: async () => `0x${'0'.repeat(130)}` };
const SIGN_IN: Readonly<Record<string, unknown>> = {
  '/v1/status': { signIn: { domain: 'd', uri: 'u', chainIds: [1], statement: 's' } },
  '/v1/time': { serverTimeMs: 0 },
  '/v1/auth/nonce': { nonce: 'n' },
};
const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

export interface Call {
  readonly body: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}
/** Undefined: the connection broke. */
export type Answering = (call: Call) => { readonly status?: number; readonly body: unknown } | undefined;

export function clientOf(baseUrl: string, answering: Answering, options: Partial<ClientOptions> = {}) {
  const calls: Call[] = [];
  let tokens = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(String(input));
    const { method = '', headers, body } = init ?? {};
    const call = { method, path: pathname + search, headers: headers as never, body: String(body ?? '') };
    calls.push(call);
    if (pathname === '/v1/auth/verify') {
      tokens += 1;
      return Response.json({ token: `0xab.${tokens}`, wallet: '0xab', expiresAtMs: 3_600_000 });
    }
    const answer = pathname in SIGN_IN ? { body: SIGN_IN[pathname] } : answering(call);
    if (!answer) throw new TypeError('fetch failed');
    return Response.json(answer.body, { status: answer.status ?? 200 });
  };
  const backoff = { baseMs: 1, capMs: 1, random: () => 0 };
  const client = createClient({ baseUrl, backoff, retry: { baseMs: 0 }, fetch, ...options });
  clients.push(client);
  return { client, calls };
}

export const nothing: Answering = () => ({ body: { bets: [] } });
export const refused = (...args: Parameters<typeof publicError>) => ({
  status: 503,
  body: { error: publicError(...args) },
});
