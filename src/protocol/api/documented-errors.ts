/**
 * Which errors what may be refused with, where no table of routes says so: placing, and the frames of the
 * WebSocket. Documented as it stands here, and produced by the conformance tests.
 */
import type { ErrorCode } from '../errors.ts';
import type { ClientFrame } from './frames.ts';

/** Why a bet may be refused by its key, by the rate, or at its executing tick; in the order of checks. */
export const PLACING_ERRORS: readonly ErrorCode[] = [
  'IDEMPOTENCY_CONFLICT',
  'RATE_LIMITED',
  'PAUSED',
  'SELF_PAUSED',
  'FEED_DEGRADED',
  'COLUMN_LOCKED',
  'CELL_DISABLED',
  'STAKE_OUT_OF_RANGE',
  'SELF_LIMIT',
  'DUPLICATE_CELL',
  'INSUFFICIENT_BALANCE',
  'USER_CAP',
  'CELL_CAP',
  'COLUMN_CAP',
  'HOUSE_CAP',
  'QUOTE_MOVED',
  'EXECUTION_TOO_LATE',
];

/** Of frames whose answer comes from somebody else. */
const WAITING_ERRORS = ['MAILBOX_FULL', 'INTERNAL', 'ACTOR_RESTARTING'] as const;
const ASKING_ERRORS = [...WAITING_ERRORS, 'OUTCOME_UNKNOWN'] as const;

/** Of each op; any of them, and what is no frame at all, may also meet UNREAD_FRAME_ERRORS. */
export const FRAME_ERRORS: Readonly<Record<ClientFrame['op'], readonly ErrorCode[]>> = {
  subscribe: ['MALFORMED', 'UNAUTHENTICATED'],
  unsubscribe: ['MALFORMED'],
  auth: ['MALFORMED', 'UNAUTHENTICATED', 'TOO_MANY_CONNECTIONS', ...WAITING_ERRORS],
  place: ['MALFORMED', 'UNAUTHENTICATED', ...PLACING_ERRORS, ...ASKING_ERRORS],
  'place-batch': ['MALFORMED', 'UNAUTHENTICATED', 'RATE_LIMITED', ...ASKING_ERRORS],
  quote: ['MALFORMED', 'NO_PRICE', ...ASKING_ERRORS],
  account: ['MALFORMED', 'UNAUTHENTICATED', 'NOT_FOUND', ...ASKING_ERRORS],
  bets: ['MALFORMED', 'UNAUTHENTICATED', ...ASKING_ERRORS],
  ping: ['MALFORMED'],
};

/** Of a frame that was not looked into: the answer names no `op`. */
export const UNREAD_FRAME_ERRORS: readonly ErrorCode[] = ['MALFORMED', 'RATE_LIMITED'];
