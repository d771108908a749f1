/** Letters the SessionGuard takes. */

import { type Address, address, type Letter } from '../envelope.ts';
import type { Outcome } from '../errors.ts';

export type IssueNonce = Letter<'IssueNonce', Record<never, never>>;
/** The EIP-4361 message exactly as signed, and the 65-byte signature in hex with 0x. */
export type SignIn = Letter<'SignIn', { readonly message: string; readonly signature: string }>;
export type SignOut = Letter<'SignOut', { readonly token: string }>;

/** `token` is shown once and never stored; `wallet` is lower-case hex. */
export interface SessionView {
  readonly token: string;
  readonly wallet: string;
  readonly expiresAtMs: number;
}

export type SessionGuardLetter = IssueNonce | SignIn | SignOut;
export interface SessionGuardReplies {
  readonly IssueNonce: Outcome<{ readonly nonce: string; readonly expiresAtMs: number }>;
  readonly SignIn: Outcome<SessionView>;
  readonly SignOut: Outcome<{ readonly wallet: string }>;
}

export const SESSION_GUARD: Address<SessionGuardLetter, SessionGuardReplies> = address('session-guard');
