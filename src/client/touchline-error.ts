/**
 * The one error the client throws. What the server refused keeps the server's code; what never reached an
 * answer has a code of its own, because then the effect of the request is not known.
 */
import { ERRORS, type ErrorCode, type ErrorDetails, isErrorCode } from '../protocol/errors.ts';

/** Codes that only the client gives. */
export const CLIENT_ERRORS = {
  NETWORK_FAILED: { retryable: true, message: 'The server could not be reached.' },
  TIMED_OUT: { retryable: true, message: 'No answer in time.' },
  BAD_ANSWER: { retryable: false, message: 'The answer does not have the documented shape.' },
  CONNECTION_CLOSED: { retryable: true, message: 'The connection was closed before the answer came.' },
  QUEUE_OVERFLOW: { retryable: false, message: 'A loop fell too far behind what must not be skipped.' },
} as const;
export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** Codes of a newer server pass through as they are. */
export type TouchlineErrorCode = ErrorCode | ClientErrorCode | (string & Record<never, never>);

export class TouchlineError extends Error {
  readonly code: TouchlineErrorCode;
  /** HTTP status, 0 where there was no HTTP answer. */
  readonly status: number;
  /** Whether the same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly details: ErrorDetails;
  /** What the server asked to wait before the next try. */
  readonly retryAfterMs: number;

  constructor(fields: {
    code: TouchlineErrorCode;
    message: string;
    status?: number;
    retryable: boolean;
    details?: ErrorDetails;
    retryAfterMs?: number;
    cause?: unknown;
  }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'TouchlineError';
    this.code = fields.code;
    this.status = fields.status ?? 0;
    this.retryable = fields.retryable;
    this.details = fields.details ?? {};
    this.retryAfterMs = fields.retryAfterMs ?? 0;
  }

  /** The same error with more details. */
  with(details: ErrorDetails): TouchlineError {
    return new TouchlineError({
      ...this,
      message: this.message,
      details: { ...this.details, ...details },
      cause: this,
    });
  }
}

export function clientError(code: ClientErrorCode, details?: ErrorDetails, cause?: unknown): TouchlineError {
  return new TouchlineError({ code, ...CLIENT_ERRORS[code], ...(details && { details }), cause });
}

/** From `{ code, message, retryable, details? }`; anything else is BAD_ANSWER. */
export function errorFromWire(error: unknown, status = 0, retryAfterMs = 0): TouchlineError {
  if (!isRecord(error) || typeof error['code'] !== 'string') return badAnswer(status);
  const { code, message, retryable, details } = error;
  const known = isErrorCode(code) ? ERRORS[code] : undefined;
  const told = isRecord(details) ? Number(details['retryAfterSeconds'] ?? 0) * 1_000 : 0;
  return new TouchlineError({
    code,
    message: typeof message === 'string' ? message : (known?.message ?? code),
    status: status === 0 ? (known?.status ?? 0) : status,
    retryable: typeof retryable === 'boolean' ? retryable : (known?.retryable ?? false),
    ...(isRecord(details) && { details: details as ErrorDetails }),
    retryAfterMs: Math.max(retryAfterMs, told || 0),
  });
}

/** A broken answer of the 5xx kind came from something in between and may pass. */
export function badAnswer(status: number): TouchlineError {
  const { message } = CLIENT_ERRORS.BAD_ANSWER;
  return new TouchlineError({ code: 'BAD_ANSWER', message, status, retryable: status >= 500 });
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
