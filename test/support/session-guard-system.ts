/**
 * A SessionGuard on one stack over a memory store, with a stand-in for the Resolver's mailbox that records
 * which accounts it is asked to open. `trouble` is what is wrong with its neighbours at the moment.
 */
import { MemorySessionStore } from '../../src/actors/session-guard/memory-session-store.ts';
import { task } from '../../src/actors/session-guard/recover-address-task.ts';
import {
  type SessionGuardParts,
  sessionGuardActor,
} from '../../src/actors/session-guard/session-guard-actor.ts';
import { type SessionStore, SessionStoreUnavailable } from '../../src/actors/session-guard/session-store.ts';
import { done, type Outcome } from '../../src/protocol/errors.ts';
import { RESOLVER, type ResolverLetter } from '../../src/protocol/letters/resolver.ts';
import {
  type SessionGuardLetter as Letters,
  type SessionGuardReplies as Replies,
  SESSION_GUARD,
  type SessionView,
} from '../../src/protocol/letters/session-guard.ts';
import { sessionSignals } from '../../src/protocol/signals.ts';
import { ComputePoolFull, defineActor, ExpiringMap, inlineComputePool } from '../../src/runtime/index.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';
import { type AnyWallet, POLICY, type SignedMessage, signedSignIn } from './sign-in.ts';

export interface Trouble {
  readonly poolFull?: boolean;
  readonly storeAway?: boolean;
  readonly resolverFull?: boolean;
  /** What the Resolver answers, or that it does not. */
  readonly account?: Outcome<never> | 'silent';
}

export async function guardSystem(more: Pick<SessionGuardParts, 'contracts'> = {}) {
  const system = await createTestSystem();
  const map = new ExpiringMap(system.clock);
  const accountsAsked: string[] = [];
  let accountAsked = (): void => {};
  const firstAccountAsked = new Promise<void>((resolve) => {
    accountAsked = resolve;
  });
  const guard = { trouble: {} as Trouble };

  const resolver = defineActor<ResolverLetter, undefined>({
    name: RESOLVER.name,
    start: () => undefined,
    receive: (_state, letters, context) => {
      for (const letter of letters) {
        if (letter.type !== 'OpenAccount') throw new Error(`unexpected ${letter.type}`);
        const { wallet } = letter.body;
        accountsAsked.push(wallet);
        accountAsked();
        const { account = done({ wallet, balanceMicros: '0', stakedMicros: '0', openBets: 0 }) } =
          guard.trouble;
        if (account !== 'silent') context.reply(letter, account);
      }
    },
  });
  const post = system.postOffice.post.bind(system.postOffice);
  system.postOffice.post = async (to, envelope) =>
    guard.trouble.resolverFull && to === RESOLVER.name ? 'full' : post(to, envelope);

  const parts: SessionGuardParts = {
    sessions: storeIn(guard, new MemorySessionStore(map)),
    pool: inlineComputePool((input) => {
      if (guard.trouble.poolFull) throw new ComputePoolFull();
      return task(input);
    }),
    settings: { policy: POLICY },
    ...more,
  };
  await system.start(resolver);
  await system.start(sessionGuardActor(parts));

  const issueNonce = async () =>
    value(await system.ask<Letters, Replies, 'IssueNonce'>(SESSION_GUARD, { type: 'IssueNonce', body: {} }));
  const signIn = (body: SignedMessage) =>
    system.ask<Letters, Replies, 'SignIn'>(SESSION_GUARD, { type: 'SignIn', body });
  const signedWithNonce = async (wallet: AnyWallet) =>
    signedSignIn(wallet, (await issueNonce()).nonce, system.clock.nowMs());
  return Object.assign(guard, {
    system,
    map,
    parts,
    accountsAsked,
    /** Resolves when the Resolver got its first letter. */
    accountAsked: () => firstAccountAsked,
    nowMs: () => system.clock.nowMs(),
    sessionKeys: () => map.keys().filter((key) => key.startsWith('session:')),
    endedWallets: () => system.listen(sessionSignals),
    issueNonce,
    signIn,
    signedWithNonce,
    signInAs: async (wallet: AnyWallet): Promise<SessionView> =>
      value(await signIn(await signedWithNonce(wallet))),
  });
}

/** The store as it is when it can be reached, or as RedisSessionStore is when it can not. */
function storeIn(guard: { readonly trouble: Trouble }, store: SessionStore): SessionStore {
  const reach = <T>(work: () => Promise<T>): Promise<T> =>
    guard.trouble.storeAway ? Promise.reject(new SessionStoreUnavailable('away')) : work();
  return {
    putNonce: (nonce, ttlSeconds) => reach(() => store.putNonce(nonce, ttlSeconds)),
    takeNonce: (nonce) => reach(() => store.takeNonce(nonce)),
    replaceSession: (record) => reach(() => store.replaceSession(record)),
    removeSession: (wallet, hash) => reach(() => store.removeSession(wallet, hash)),
  };
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.error)}`);
  return outcome.value;
}
