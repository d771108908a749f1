/** The two services of the bets bench, each with a Redis and a ledger of its own, signed in and ready. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKey } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';
import { computeAddress } from 'ethers/transaction';
import type { NonceAnswer, StatusAnswer, VerifyAnswer } from '../../src/protocol/api/http.ts';
import { signInMessage } from '../../src/protocol/api/sign-in-message.ts';
import { freePort, startTestRedis } from '../../test/support/redis-server.ts';
import type { Account } from '../load/generator.ts';
import { startProcess } from './bench-process.ts';

export interface BetService {
  readonly port: number;
  readonly pid: number;
  readonly accounts: readonly Account[];
  stop(): Promise<void>;
}

const GRANT_MICROS = 1_000_000_000;
const SIGN_INS_AT_ONCE = 16;
const SIGN_IN_LIFE_MS = 5 * 60_000;

/** As it is deployed, on the default rules but for the hold; `threads` Broadcasters. */
export async function startTouchline(wallets: number, threads: number): Promise<BetService> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-bets-'));
  const redis = await startTestRedis();
  const port = await freePort();
  const service = startProcess(
    'actors/touchline-process.ts',
    [],
    {
      REDIS_URL: redis.url,
      PORT: String(port),
      ADMIN_PORT: '0',
      DATA_DIR: dir,
      LOG_LEVEL: 'warn',
      PRICE_SOURCE: 'synthetic',
      BROADCASTER_THREADS: String(threads),
      BETS_PER_MINUTE: '1000000',
    },
    (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean),
  );
  await service.heard();
  const accounts = await signIn(port, wallets);
  return {
    port,
    pid: service.pid,
    accounts,
    stop: async () => {
      await service.stop();
      await redis.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

export async function startConventional(wallets: number): Promise<BetService> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-peer-'));
  const redis = await startTestRedis();
  const port = await freePort();
  const args = [String(port), redis.url, join(dir, 'bets.sqlite')];
  const service = startProcess('peers/bet-service.ts', args, { NODE_ENV: 'production' });
  await service.heard();
  const accounts = Array.from({ length: wallets }, (_, n): Account => {
    const wallet = `0x${(n + 1).toString(16).padStart(40, '0')}`;
    return { wallet, token: `${wallet}.${'A'.repeat(43)}` };
  });
  service.say({ accounts, grantMicros: GRANT_MICROS });
  await service.heard();
  return {
    port,
    pid: service.pid,
    accounts,
    stop: async () => {
      await service.stop();
      await redis.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

/** Each wallet through the front door. */
async function signIn(port: number, wallets: number): Promise<Account[]> {
  const accounts: Account[] = [];
  const base = `http://127.0.0.1:${port}`;
  const { signIn: policy } = (await (await fetch(`${base}/v1/status`)).json()) as StatusAnswer;
  const [chainId = 1] = policy.chainIds;
  const next = async (first: number): Promise<void> => {
    for (let n = first; n < wallets; n += SIGN_INS_AT_ONCE) {
      const key = `0x${(n + 1).toString(16).padStart(64, '0')}`;
      const { nonce } = (await (await fetch(`${base}/v1/auth/nonce`)).json()) as NonceAnswer;
      const issuedAtMs = Date.now();
      const expiresAtMs = issuedAtMs + SIGN_IN_LIFE_MS;
      const fields = { ...policy, chainId, address: computeAddress(key), nonce, issuedAtMs, expiresAtMs };
      const message = signInMessage(fields);
      const signature = new SigningKey(key).sign(hashMessage(message)).serialized;
      const verified = await fetch(`${base}/v1/auth/verify`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message, signature }),
      });
      if (!verified.ok) throw new Error(`no session: ${await verified.text()}`);
      const { token, wallet } = (await verified.json()) as VerifyAnswer;
      accounts.push({ wallet, token });
    }
  };
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, (_, first) => next(first)));
  return accounts;
}
