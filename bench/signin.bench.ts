/**
 * Sign-ins checked a second on the product's own path (every field against the policy, then whose signature
 * it is, in the compute pool) against plain `siwe` (parse and verify) on one thread. By turns in one run;
 * each sign-in has a message of its own. Per core: what a second of processor time does, of all threads.
 *
 * Last line: {ratioPerCore, perSecond, perCoreSecond, siwePerCoreSecond, byPoolThreads}. `perSecond` is of
 * the wall clock with as many pool threads as there are cores. `--tiny` for the test run.
 */
import { availableParallelism } from 'node:os';
import { Wallet } from 'ethers/wallet';
import { SiweMessage } from 'siwe';
import type { RecoverAddressTask } from '../src/actors/session-guard/recover-address-task.ts';
import { checkSignInMessage, type SignInPolicy } from '../src/actors/session-guard/sign-in-policy.ts';
import { signInMessage } from '../src/protocol/api/sign-in-message.ts';
import { type ComputePool, createComputePool } from '../src/runtime/index.ts';
import { median, round } from './support/figures.ts';

const isTiny = process.argv.includes('--tiny');
const { rounds, ours, theirs } = isTiny
  ? { rounds: 1, ours: 200, theirs: 20 }
  : { rounds: 7, ours: 6_000, theirs: 300 };
/** As many as one turn of the SessionGuard can hold. */
const AT_ONCE = 256;
const MICROS = 1e6;
const DOMAIN = 'localhost:8080';
const policy: SignInPolicy = {
  origins: [`http://${DOMAIN}`],
  chainIds: [1],
  statement: 'Sign in to Touchline. This costs nothing and moves no funds.',
};

interface SignedMessage {
  readonly wallet: string;
  readonly nonce: string;
  readonly message: string;
  readonly signature: string;
}
type Pool = ComputePool<RecoverAddressTask, string | null>;

function signedMessages(count: number): SignedMessage[] {
  const wallets = Array.from({ length: 16 }, () => Wallet.createRandom());
  const issuedAtMs = Date.now();
  return Array.from({ length: count }, (_, n) => {
    const wallet = wallets[n % wallets.length];
    if (!wallet) throw new Error('no wallet');
    const nonce = n.toString(16).padStart(32, '0');
    const fields = { domain: DOMAIN, address: wallet.address, nonce, issuedAtMs, chainId: 1 };
    const { statement } = policy;
    const uri = `http://${DOMAIN}`;
    const message = signInMessage({ ...fields, statement, uri, expiresAtMs: issuedAtMs + 300_000 });
    return {
      wallet: wallet.address.toLowerCase(),
      nonce,
      message,
      signature: wallet.signMessageSync(message),
    };
  });
}

async function withTouchline(pool: Pool, messages: readonly SignedMessage[]): Promise<void> {
  const nowMs = Date.now();
  const check = async ({ wallet, message, signature }: SignedMessage): Promise<void> => {
    const checked = checkSignInMessage(policy, message, nowMs);
    if (!checked.ok) throw new Error(`refused: ${checked.reason}`);
    const signer = await pool.run({ message, signature });
    if (signer !== wallet || checked.claims.wallet !== wallet) throw new Error('signed by somebody else');
  };
  for (let at = 0; at < messages.length; at += AT_ONCE)
    await Promise.all(messages.slice(at, at + AT_ONCE).map(check));
}

async function withSiwe(messages: readonly SignedMessage[]): Promise<void> {
  for (const { message, signature, nonce } of messages)
    await new SiweMessage(message).verify({ signature, nonce, domain: DOMAIN });
}

interface Pace {
  readonly perSecond: number;
  readonly perCoreSecond: number;
}

async function paceOf(count: number, work: () => Promise<void>): Promise<Pace> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: count / seconds, perCoreSecond: count / ((user + system) / MICROS) };
}

const messages = signedMessages(ours);
const some = messages.slice(0, theirs);
const threadCounts = [...new Set([1, availableParallelism()])];
const pools = threadCounts.map((threads): [number, Pool] => [
  threads,
  createComputePool<RecoverAddressTask, string | null>({
    module: new URL('../src/actors/session-guard/recover-address-task.ts', import.meta.url),
    threads,
    queueMax: AT_ONCE,
  }),
]);
const paces = new Map(threadCounts.map((threads) => [threads, [] as Pace[]]));
const siwePaces: Pace[] = [];
for (const [, pool] of pools) await withTouchline(pool, messages);
await withSiwe(some);
for (let n = 0; n < rounds; n += 1) {
  for (const [threads, pool] of pools)
    paces.get(threads)?.push(await paceOf(ours, () => withTouchline(pool, messages)));
  siwePaces.push(await paceOf(theirs, () => withSiwe(some)));
}
for (const [, pool] of pools) await pool.close();

const perSecond = (of: readonly Pace[]): number => Math.round(median(of.map((pace) => pace.perSecond)));
const perCore = (of: readonly Pace[]): number[] => of.map((pace) => pace.perCoreSecond);
const oneThread = perCore(paces.get(1) ?? []);
console.log(
  JSON.stringify({
    ratioPerCore: round(median(oneThread.map((rate, n) => rate / (siwePaces[n]?.perCoreSecond ?? 1)))),
    perSecond: perSecond(paces.get(threadCounts.at(-1) ?? 1) ?? []),
    perCoreSecond: Math.round(median(oneThread)),
    siwePerCoreSecond: Math.round(median(perCore(siwePaces))),
    byPoolThreads: Object.fromEntries([...paces].map(([threads, of]) => [threads, perSecond(of)])),
  }),
);
