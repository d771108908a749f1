/**
 * What a sign-in message must say. Every field of EIP-4361 is compared with the policy here; the library only
 * parses, because its own `verify` skips what it is not given and never looks at chain, URI, version or age.
 *
 * A message passes only as the exact text the parsed fields render to: no second spelling, no line more.
 * The nonce and the signature are not looked at here.
 */
import { SiweMessage } from 'siwe';
import { signInMessage } from '../../protocol/api/sign-in-message.ts';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../../protocol/limits.ts';
import { type ParsedMessage, parsePlainMessage } from './plain-sign-in-message.ts';

export interface SignInPolicy {
  /**
   * Where the page is served, e.g. `https://touchline.example` or `http://localhost:8080`. A message's domain
   * must be the host (with port) of one of them, and its URI must lie under that same one.
   */
  readonly origins: readonly string[];
  /** EIP-155 chain ids a message may name. */
  readonly chainIds: readonly number[];
  /** The one sentence the user agrees to, character by character. */
  readonly statement: string;
}

/** Stable values of `details.reason` of SIGN_IN_REFUSED. */
export type SignInRefusal =
  | 'FORMAT'
  | 'SIZE'
  | 'SCHEME'
  | 'DOMAIN'
  | 'URI'
  | 'ADDRESS'
  | 'STATEMENT'
  | 'VERSION'
  | 'CHAIN_ID'
  | 'ISSUED_AT'
  | 'EXPIRATION'
  | 'EXPIRED'
  | 'NOT_BEFORE'
  | 'REQUEST_ID'
  | 'RESOURCES'
  | 'SIGNATURE';

export interface SignInClaims {
  /** Lower-case hex. */
  readonly wallet: string;
  readonly nonce: string;
  /** EIP-155. */
  readonly chainId: number;
  readonly expiresAtMs: number;
}

export type SignInCheck =
  | { readonly ok: true; readonly claims: SignInClaims }
  | { readonly ok: false; readonly reason: SignInRefusal };

export const SIGN_IN_AGE_MS_MAX = 5 * 60_000;
/** How far a client's clock may be ahead. */
export const SIGN_IN_AHEAD_MS_MAX = 30_000;
export const SIGN_IN_LIFE_MS_MAX = 10 * 60_000;

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export function checkSignInMessage(policy: SignInPolicy, message: unknown, nowMs: number): SignInCheck {
  if (typeof message !== 'string') return refusal('FORMAT');
  if (message.length > SIGN_IN_MESSAGE_LENGTH_MAX) return refusal('SIZE');
  const parsed = parseSignInMessage(message);
  if (typeof parsed === 'string') return refusal(parsed);
  const reason = fieldRefusal(policy, parsed) ?? timeRefusal(parsed, nowMs);
  if (reason) return refusal(reason);
  const expiresAtMs = Date.parse(parsed.expirationTime ?? '');
  const { address, nonce, chainId } = parsed;
  return { ok: true, claims: { wallet: address.toLowerCase(), nonce, chainId, expiresAtMs } };
}

/** Throws, with the exact reason, on a policy that would let anyone in, or nobody. */
export function assertSignInPolicy(policy: SignInPolicy, nowMs: number): void {
  const { origins, chainIds, statement } = policy;
  if (!Array.isArray(origins) || origins.length === 0) throw badPolicy('origins is empty');
  if (!Array.isArray(chainIds) || chainIds.length === 0) throw badPolicy('chainIds is empty');
  if (typeof statement !== 'string' || statement === '') throw badPolicy('statement is empty');
  for (const origin of origins) assertOrigin(origin);
  for (const chainId of chainIds) {
    if (!Number.isSafeInteger(chainId) || chainId <= 0)
      throw badPolicy(`chainIds has ${chainId}, not a chain id`);
  }
  for (const origin of origins) assertSatisfiable(policy, origin, nowMs);
}

/** What EIP-4361 says of a text: its fields, or why it is no message. */
export const parseSignInMessage = (message: string): ParsedMessage | SignInRefusal =>
  parsePlainMessage(message) ?? parse(message);

/** Parses once, and only what renders back to the same text. */
function parse(message: string): SiweMessage | SignInRefusal {
  let parsed: SiweMessage;
  try {
    parsed = new SiweMessage(message);
  } catch (error) {
    return grammarRefusal(error);
  }
  return parsed.prepareMessage() === message ? parsed : 'FORMAT';
}

/** The grammar itself refuses these two; the library says so only in words. Everything else is FORMAT. */
function grammarRefusal(error: unknown): SignInRefusal {
  const words = error instanceof Error ? error.message : '';
  if (words.includes('invalid EIP-55 address')) return 'ADDRESS';
  return words.includes('invalid version') ? 'VERSION' : 'FORMAT';
}

function fieldRefusal(policy: SignInPolicy, parsed: ParsedMessage): SignInRefusal | undefined {
  if (parsed.scheme !== undefined) return 'SCHEME';
  const origin = policy.origins.find((candidate) => new URL(candidate).host === parsed.domain);
  if (origin === undefined) return 'DOMAIN';
  if (parsed.uri !== origin && !parsed.uri.startsWith(`${origin}/`)) return 'URI';
  if (parsed.statement !== policy.statement) return 'STATEMENT';
  if (parsed.version !== '1') return 'VERSION';
  if (!policy.chainIds.includes(parsed.chainId)) return 'CHAIN_ID';
  if (parsed.requestId !== undefined) return 'REQUEST_ID';
  if (parsed.resources !== undefined) return 'RESOURCES';
  return undefined;
}

/** Written so that a time that cannot be read (NaN) fails its comparison and refuses. */
function timeRefusal(parsed: ParsedMessage, nowMs: number): SignInRefusal | undefined {
  const issuedAtMs = Date.parse(parsed.issuedAt ?? '');
  if (!(issuedAtMs >= nowMs - SIGN_IN_AGE_MS_MAX && issuedAtMs <= nowMs + SIGN_IN_AHEAD_MS_MAX))
    return 'ISSUED_AT';
  const expiresAtMs = Date.parse(parsed.expirationTime ?? '');
  if (!(expiresAtMs > issuedAtMs && expiresAtMs <= issuedAtMs + SIGN_IN_LIFE_MS_MAX)) return 'EXPIRATION';
  if (!(expiresAtMs > nowMs)) return 'EXPIRED';
  if (parsed.notBefore !== undefined && !(Date.parse(parsed.notBefore) <= nowMs)) return 'NOT_BEFORE';
  return undefined;
}

function assertOrigin(origin: string): void {
  const url = URL.parse(origin);
  if (!url) throw badPolicy(`origin ${JSON.stringify(origin)} is not a URL`);
  if (url.origin !== origin)
    throw badPolicy(`origin ${JSON.stringify(origin)} must be written ${JSON.stringify(url.origin)}`);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
  if (!secure) throw badPolicy(`origin ${origin} must be https (http is for loopback only)`);
}

/** A policy no message can meet (a statement outside the grammar, say) is found at boot, not by a user. */
function assertSatisfiable(policy: SignInPolicy, origin: string, nowMs: number): void {
  const sample = signInMessage({
    domain: new URL(origin).host,
    address: '0x0000000000000000000000000000000000000000',
    statement: policy.statement,
    uri: origin,
    chainId: policy.chainIds[0] ?? 0,
    nonce: '0'.repeat(32),
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + SIGN_IN_LIFE_MS_MAX,
  });
  const check = checkSignInMessage(policy, sample, nowMs);
  if (!check.ok) throw badPolicy(`no message can meet it for origin ${origin}: ${check.reason}`);
}

const refusal = (reason: SignInRefusal): SignInCheck => ({ ok: false, reason });
const badPolicy = (problem: string): Error => new Error(`sign-in policy: ${problem}`);
