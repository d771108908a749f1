/** The SessionGuard in its thread: sessions in Redis, signatures recovered in a pool of its own threads. */
import { type ActorEnvironment, createComputePool } from '../../runtime/index.ts';
import type { RecoverAddressTask } from './recover-address-task.ts';
import { RedisSessionStore } from './redis-session-store.ts';
import { RpcContractSignatures } from './rpc-contract-signatures.ts';
import { type SessionGuardSettings, sessionGuardActor } from './session-guard-actor.ts';

export interface SessionGuardWorkerSettings extends SessionGuardSettings {
  /** Threads that recover signatures: 1 or 2. One does some thousands a second. */
  readonly poolThreads: number;
  /** Of the node that says what contracts take for a signature; empty: they cannot sign in. */
  readonly ethRpcUrl: string;
}

/** Signatures waiting for a thread: a whole batch of letters fits, then sign-ins are refused MAILBOX_FULL. */
const POOL_QUEUE_MAX = 256;

export function createActor({ settings, redis, clock }: ActorEnvironment<SessionGuardWorkerSettings>) {
  const pool = createComputePool<RecoverAddressTask, string | null>({
    module: new URL('./recover-address-task.ts', import.meta.url),
    threads: settings.poolThreads,
    queueMax: POOL_QUEUE_MAX,
  });
  const { ethRpcUrl } = settings;
  return sessionGuardActor({
    ...{ sessions: new RedisSessionStore(redis), pool, settings },
    ...(ethRpcUrl === '' ? {} : { contracts: new RpcContractSignatures(ethRpcUrl, clock) }),
  });
}
