/**
 * Port: one-time sign-in nonces and the one session each wallet may have. What it holds may vanish at any
 * time (the user then signs in again), but what it answers is never wrong: a nonce is taken by one taker at
 * most, and a session ends only for the holder of its token.
 *
 * Every method rejects with SessionStoreUnavailable, and with nothing else, when the store cannot be reached
 * or does not answer in time; whether the command had its effect is then unknown.
 */
import type { SessionRecord } from '../../protocol/session-token.ts';

export interface SessionStore {
  /** Makes a nonce takeable once within `ttlSeconds`. */
  putNonce(nonce: string, ttlSeconds: number): Promise<void>;
  /** True for exactly one taker of a living nonce. */
  takeNonce(nonce: string): Promise<boolean>;
  /** Stores for SESSION_TTL_SECONDS, in place of any session the wallet had; true if it had one. */
  replaceSession(record: SessionRecord): Promise<boolean>;
  /** Ends the wallet's session if it is the one with this token hash, atomically; false if it is not. */
  removeSession(wallet: string, tokenHash: string): Promise<boolean>;
}

export class SessionStoreUnavailable extends Error {}
