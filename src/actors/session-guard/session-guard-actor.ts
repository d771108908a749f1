/**
 * Lets wallets in. A sign-in costs, in this order: cheap checks of shape and size, one parse with every field
 * compared with the policy, the nonce (taken atomically, so one message can win once), and only then
 * signature work in the compute pool. The account is open before the session is handed out.
 *
 * Letters of a batch are worked on at the same time and answered in order. That is safe because whatever two
 * of them could fight over (a nonce, a wallet's session) is decided by one atomic step in the store.
 *
 * One session a wallet: a new sign-in ends the old one. SessionEnded is published for it as for a sign-out;
 * it says that sessions of this wallet changed, and who holds sockets then checks each one's own token again.
 *
 * A letter delivered again after a crash finds its nonce taken and is refused NONCE_UNKNOWN: the user asks
 * for a new one. There is never a second session from one nonce.
 */
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
  readonly settings: SessionGuardSettings;
}

export const OPEN_ACCOUNT_DEADLINE_MS = 5_000;

/** What `Random.id` makes: 128 bits in hex, which EIP-4361 takes as a nonce (8 or more alphanumerics). */
const NONCE = /^[0-9a-f]{32}$/;
const SIGNATURE = /^0x[0-9a-fA-F]{130}$/;

/** A reply, and the wallet whose earlier session it ended. */
interface Answer {
  readonly reply: SessionGuardReplies[SessionGuardLetter['type']];
  readonly endedWallet?: string;
}

export const sessionGuardActor = (parts: SessionGuardParts) =>
  defineActor<SessionGuardLetter, SessionGuardParts>({
    name: SESSION_GUARD.name,

    start: (context) => {
      assertSignInPolicy(parts.settings.policy, context.clock.nowMs());
      return parts;
    },

    receive: async (state, letters, context) => {
      const answers = await Promise.all(letters.map((letter) => answer(state, letter, context)));
      for (const [index, { reply, endedWallet }] of answers.entries()) {
        const letter = letters[index];
        if (letter) context.reply(letter, reply);
        if (endedWallet !== undefined) context.publish(sessionSignals, { wallet: endedWallet });
      }
    },

    stop: () => parts.pool.close(),
  });

/** An unreachable store fails the one letter, closed; anything unforeseen crashes the actor. */
async function answer(
  state: SessionGuardParts,
  letter: SessionGuardLetter,
  context: ActorContext,
): Promise<Answer> {
  try {
    switch (letter.type) {
      case 'IssueNonce':
        return await issueNonce(state, context);
      case 'SignIn':
        return await signIn(state, letter.body, context);
      case 'SignOut':
        return await signOut(state, letter.body);
      default:
        return letter satisfies never;
    }
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
  body: SignIn['body'],
  context: ActorContext,
): Promise<Answer> {
  const { message, signature } = body;
  if (typeof signature !== 'string' || !SIGNATURE.test(signature)) return refuseSignIn(context, 'SIGNATURE');
  const check = checkSignInMessage(state.settings.policy, message, context.clock.nowMs());
  if (!check.ok) return refuseSignIn(context, check.reason);
  const { claims } = check;
  const taken = NONCE.test(claims.nonce) && (await state.sessions.takeNonce(claims.nonce));
  if (!taken) return { reply: refused('NONCE_UNKNOWN') };

  const signer = await recover(state, { message, signature });
  if (signer === 'full') return giveNonceBack(state, claims, context, refused('MAILBOX_FULL'));
  if (signer !== claims.wallet) return refuseSignIn(context, 'SIGNATURE');

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
