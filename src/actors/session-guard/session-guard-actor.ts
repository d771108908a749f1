/**
 * Lets wallets in. A sign-in costs, in this order: cheap checks of shape and size, one parse with every field
 * compared with the policy, the nonce (taken atomically, so one message can win once), and only then
 * signature work in the compute pool. The account is open before the session is handed out.
 *
 * Letters of a batch are worked on at the same time and answered in order. That is safe because whatever two
 * of them could fight over (a nonce, a wallet's session) is decided by one atomic step in the store.
 *
 * A signature that is not the wallet's own may be its contract's (EIP-1271): if that is allowed, the chain is
 * asked outside of turns, so nobody else waits for it, and the letter is answered in a later one.
 *
 * One session a wallet: a new sign-in ends the old one. SessionEnded is published for it as for a sign-out;
 * it says that sessions of this wallet changed, and who holds sockets then checks each one's own token again.
 *
 * A letter delivered again after a crash finds its nonce taken and is refused NONCE_UNKNOWN: the user asks
 * for a new one. There is never a second session from one nonce.
 */
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import {
  SESSION_GUARD,
  type SessionGuardLetter,
  type SessionGuardReplies,
  type SessionView,
  type SignIn,
  type SignOut,
} from '../../protocol/letters/session-guard.ts';
import { NONCE_TTL_SECONDS, SESSION_TTL_SECONDS } from '../../protocol/redis-keys.ts';
import {
  SESSION_SECRET_BYTES,
  sessionToken,
  tokenHash,
  walletOfToken,
} from '../../protocol/session-token.ts';
import { sessionSignals } from '../../protocol/signals.ts';
import { type ActorContext, type ComputePool, ComputePoolFull, defineActor } from '../../runtime/index.ts';
import { personalMessageDigest } from '../../runtime/secp256k1.ts';
import type { ContractSignatures, ContractVerdict } from './contract-signatures.ts';
import type { RecoverAddressTask } from './recover-address-task.ts';
import { type SessionStore, SessionStoreUnavailable } from './session-store.ts';
import {
  assertSignInPolicy,
  checkSignInMessage,
  type SignInClaims,
  type SignInPolicy,
  type SignInRefusal,
} from './sign-in-policy.ts';

export interface SessionGuardSettings {
  readonly policy: SignInPolicy;
}

export interface SessionGuardParts {
  readonly sessions: SessionStore;
  /** Recovers the signer's lower-case address, or null. */
  readonly pool: ComputePool<RecoverAddressTask, string | null>;
  /** Lets contracts sign in; without it they cannot. */
  readonly contracts?: ContractSignatures;
  readonly settings: SessionGuardSettings;
}

export const OPEN_ACCOUNT_DEADLINE_MS = 5_000;

/** What `Random.id` makes: 128 bits in hex, which EIP-4361 takes as a nonce (8 or more alphanumerics). */
const NONCE = /^[0-9a-f]{32}$/;
const SIGNATURE = /^0x[0-9a-fA-F]{130}$/;
/** What a contract takes for a signature is its own matter: for several keys, it is several of them. */
const CONTRACT_SIGNATURE = /^0x(?:[0-9a-fA-F]{2}){65,1024}$/;

/** A reply, and the wallet whose earlier session it ended. */
interface Answer {
  readonly reply: SessionGuardReplies[SessionGuardLetter['type']];
  readonly endedWallet?: string;
}

/** Its answer leaves in a turn of its own. */
const LATER = Symbol('answered later');

export const sessionGuardActor = (parts: SessionGuardParts) =>
  defineActor<SessionGuardLetter, SessionGuardParts>({
    name: SESSION_GUARD.name,

    start: (context) => {
      assertSignInPolicy(parts.settings.policy, context.clock.nowMs());
      return parts;
    },

    receive: async (state, letters, context) => {
      const answers = await Promise.all(letters.map((letter) => answer(state, letter, context)));
      for (const [index, answered] of answers.entries()) {
        const letter = letters[index];
        if (letter && answered !== LATER) tell(letter, answered, context);
      }
    },

    stop: () => parts.pool.close(),
  });

function tell(
  letter: Received<SessionGuardLetter>,
  { reply, endedWallet }: Answer,
  context: ActorContext,
): void {
  context.reply(letter, reply);
  if (endedWallet !== undefined) context.publish(sessionSignals, { wallet: endedWallet });
}

/** An unreachable store fails the one letter, closed; anything unforeseen crashes the actor. */
function answer(
  state: SessionGuardParts,
  letter: Received<SessionGuardLetter>,
  context: ActorContext,
): Promise<Answer | typeof LATER> {
  return closed(context, async () => {
    switch (letter.type) {
      case 'IssueNonce':
        return await issueNonce(state, context);
      case 'SignIn':
        return await signIn(state, letter, context);
      case 'SignOut':
        return await signOut(state, letter.body);
      default:
        return letter satisfies never;
    }
  });
}

async function closed<A>(context: ActorContext, work: () => Promise<A>): Promise<A | Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SessionStoreUnavailable)) throw error;
    context.metrics.count('session_store_unavailable_total');
    return { reply: refused('ACTOR_RESTARTING') };
  }
}

async function issueNonce({ sessions }: SessionGuardParts, { clock, random }: ActorContext): Promise<Answer> {
  const nonce = random.id();
  const expiresAtMs = clock.nowMs() + NONCE_TTL_SECONDS * 1000;
  await sessions.putNonce(nonce, NONCE_TTL_SECONDS);
  return { reply: done({ nonce, expiresAtMs }) };
}

async function signIn(
  state: SessionGuardParts,
  letter: Received<SignIn>,
  context: ActorContext,
): Promise<Answer | typeof LATER> {
  const { message, signature } = letter.body;
  const form = state.contracts ? CONTRACT_SIGNATURE : SIGNATURE;
  if (typeof signature !== 'string' || !form.test(signature)) return refuseSignIn(context, 'SIGNATURE');
  const check = checkSignInMessage(state.settings.policy, message, context.clock.nowMs());
  if (!check.ok) return refuseSignIn(context, check.reason);
  const { claims } = check;
  const taken = NONCE.test(claims.nonce) && (await state.sessions.takeNonce(claims.nonce));
  if (!taken) return { reply: refused('NONCE_UNKNOWN') };

  const signer = SIGNATURE.test(signature) ? await recover(state, { message, signature }) : null;
  if (signer === 'full') return giveNonceBack(state, claims, context, refused('MAILBOX_FULL'));
  if (signer === claims.wallet) return letIn(state, claims, context);
  const digest = state.contracts && personalMessageDigest(message);
  if (!state.contracts || !digest) return refuseSignIn(context, 'SIGNATURE');
  context.defer(letter);
  const { wallet, chainId } = claims;
  void state.contracts.check({ wallet, chainId, digest, signature }).then((verdict) =>
    context.after(0, async () => {
      tell(letter, await closed(context, () => afterVerdict(verdict, state, claims, context)), context);
      context.complete(letter);
    }),
  );
  return LATER;
}

async function afterVerdict(
  verdict: ContractVerdict,
  state: SessionGuardParts,
  claims: SignInClaims,
  context: ActorContext,
): Promise<Answer> {
  context.metrics.count('contract_signatures_total', { verdict });
  switch (verdict) {
    case 'signed':
      return letIn(state, claims, context);
    case 'not-signed':
      return refuseSignIn(context, 'SIGNATURE');
    case 'wrong-chain':
      return refuseSignIn(context, 'CHAIN_ID');
    case 'unknown':
      return giveNonceBack(state, claims, context, refused('ACTOR_RESTARTING'));
    default:
      return verdict satisfies never;
  }
}

async function letIn(state: SessionGuardParts, claims: SignInClaims, context: ActorContext): Promise<Answer> {
  const opened = await openAccount(claims.wallet, context);
  if (!opened.ok) return giveNonceBack(state, claims, context, opened);
  return openSession(state, claims.wallet, context);
}

async function recover(
  { pool }: SessionGuardParts,
  task: RecoverAddressTask,
): Promise<string | null | 'full'> {
  try {
    return await pool.run(task);
  } catch (error) {
    if (error instanceof ComputePoolFull) return 'full';
    throw error;
  }
}

/** Every time: whether it is the first is the Resolver's to know, and asking again changes nothing there. */
async function openAccount(wallet: string, context: ActorContext): Promise<Outcome<unknown>> {
  const asked = await context.ask(
    RESOLVER,
    { type: 'OpenAccount', body: { wallet } },
    { deadlineMs: OPEN_ACCOUNT_DEADLINE_MS },
  );
  return asked.ok ? asked.reply : refused(asked.code);
}

/**
 * Nothing was decided about this message, and the refusal says that it may be sent again: so its nonce must
 * be good again, while the message itself is. No session came of it, so still one at most will.
 */
async function giveNonceBack(
  { sessions }: SessionGuardParts,
  { nonce, expiresAtMs }: SignInClaims,
  { clock }: ActorContext,
  reply: Outcome<never>,
): Promise<Answer> {
  const ttlSeconds = Math.ceil((expiresAtMs - clock.nowMs()) / 1000);
  if (ttlSeconds > 0) await sessions.putNonce(nonce, ttlSeconds);
  return { reply };
}

async function openSession(
  { sessions }: SessionGuardParts,
  wallet: string,
  context: ActorContext,
): Promise<Answer> {
  const { clock, random, metrics } = context;
  const token = sessionToken(wallet, random.bytes(SESSION_SECRET_BYTES));
  const issuedAtMs = clock.nowMs();
  const expiresAtMs = issuedAtMs + SESSION_TTL_SECONDS * 1000;
  const replaced = await sessions.replaceSession({
    tokenHash: tokenHash(token),
    wallet,
    issuedAtMs,
    expiresAtMs,
  });
  metrics.count('sign_ins_total');
  const session: SessionView = { token, wallet, expiresAtMs };
  return { reply: done(session), ...(replaced ? { endedWallet: wallet } : {}) };
}

async function signOut({ sessions }: SessionGuardParts, { token }: SignOut['body']): Promise<Answer> {
  const wallet = walletOfToken(token);
  const removed = wallet !== undefined && (await sessions.removeSession(wallet, tokenHash(token)));
  return removed ? { reply: done({ wallet }), endedWallet: wallet } : { reply: refused('UNAUTHENTICATED') };
}

function refuseSignIn({ metrics }: ActorContext, reason: SignInRefusal): Answer {
  metrics.count('sign_ins_refused_total', { reason });
  return { reply: refused('SIGN_IN_REFUSED', { reason }) };
}
