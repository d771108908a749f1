/**
 * The one registry of error codes. A code, once published, keeps its meaning for ever and is never reused;
 * docs/errors.md lists exactly this set. `retryable` says whether the same request, unchanged and under the
 * same
 * idempotency key, may succeed later: nothing was decided yet. A refused bet was decided, for ever; trying
 * again is another bet under another key. Only `code`, `message` and `details` ever reach a client.
 */
interface ErrorRow {
  readonly status: number;
  readonly retryable: boolean;
  readonly message: string;
}

export const ERRORS = {
  // Requests that are wrong in themselves.
  MALFORMED: row(400, false, 'The request does not have the documented shape.'),
  NOT_FOUND: row(404, false, 'There is nothing at this address.'),
  METHOD_NOT_ALLOWED: row(405, false, 'This address does not answer that method.'),
  PAYLOAD_TOO_LARGE: row(413, false, 'The request body is larger than the limit.'),
  IDEMPOTENCY_KEY_REQUIRED: row(400, false, 'Placing a bet needs an Idempotency-Key header.'),
  ORIGIN_REFUSED: row(403, false, 'Pages of this origin may not connect here.'),
  IDEMPOTENCY_CONFLICT: row(422, false, 'This idempotency key was used before with another body.'),

  // Who you are.
  UNAUTHENTICATED: row(401, false, 'Sign in first: the session is missing, expired or ended.'),
  SIGN_IN_REFUSED: row(
    401,
    false,
    'The sign-in message or its signature was refused; details.reason says why.',
  ),
  NONCE_UNKNOWN: row(401, false, 'The nonce is unknown, expired or already used; ask for a new one.'),
  RATE_LIMITED: row(429, true, 'Too many bets or requests; wait and try again.'),

  // Placing a bet: business refusals, in the order in which they are checked.
  PAUSED: row(409, false, 'Placing bets is paused.'),
  SELF_PAUSED: row(409, false, 'This wallet paused itself; details.untilMs says until when.'),
  FEED_DEGRADED: row(409, false, 'The price feed is not healthy enough to take bets.'),
  COLUMN_LOCKED: row(409, false, 'The column opens too soon, or has opened already.'),
  CELL_DISABLED: row(409, false, 'This cell takes no bets; details.reason says why.'),
  STAKE_OUT_OF_RANGE: row(422, false, 'The stake is outside the limits.'),
  SELF_LIMIT: row(409, false, 'The stake breaks a limit this wallet set for itself.'),
  DUPLICATE_CELL: row(409, false, 'This wallet already has a bet on this cell: one per cell and kind.'),
  INSUFFICIENT_BALANCE: row(402, false, 'The balance does not cover the stake.'),
  USER_CAP: row(409, false, 'The open bets of this wallet reach its limit.'),
  CELL_CAP: row(409, false, 'The exposure on this cell reaches its limit.'),
  COLUMN_CAP: row(409, false, 'The exposure on this column reaches its limit.'),
  HOUSE_CAP: row(409, false, 'The exposure of the house reaches its limit.'),
  QUOTE_MOVED: row(
    409,
    false,
    'The multiplier at execution was below minMultiplier; details has the new one.',
  ),
  EXECUTION_TOO_LATE: row(409, false, 'The bet could not be executed in time and was not placed.'),

  // Proofs of settlement.
  PROOF_PENDING: row(503, true, 'There is no proof yet; try again when the bet has settled.'),
  PROOF_UNAVAILABLE: row(409, false, 'No recorded ticks prove this; details.reason says why.'),

  // The machinery.
  MAILBOX_FULL: row(503, true, 'The system is at its limit; wait and try again.'),
  ACTOR_RESTARTING: row(503, true, 'A part of the system is restarting; try again.'),
  OUTCOME_UNKNOWN: row(503, true, 'No answer in time. Repeat with the same idempotency key: it is safe.'),
  NO_PRICE: row(503, true, 'There is no current price.'),
  TOO_MANY_CONNECTIONS: row(503, true, 'No more connections can be opened now; details may say why.'),
  INTERNAL: row(500, true, 'Something broke on our side. Nothing was booked by this request.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** What a client sees: `{ error: { code, message, retryable, details? } }`. */
export interface PublicError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: ErrorDetails;
}

/** A business answer: refusals are values, never exceptions. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: PublicError };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });

export function refused(
  code: ErrorCode,
  details?: ErrorDetails,
): { readonly ok: false; readonly error: PublicError } {
  return { ok: false, error: publicError(code, details) };
}

export function publicError(code: ErrorCode, details?: ErrorDetails): PublicError {
  const { message, retryable } = ERRORS[code];
  return details ? { code, message, retryable, details } : { code, message, retryable };
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

function row(status: number, retryable: boolean, message: string): ErrorRow {
  return { status, retryable, message };
}
