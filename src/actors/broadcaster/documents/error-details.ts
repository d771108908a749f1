/** What `details` of an error say, for /docs. docs/errors.md has the same, word for word (test). */
import { type CellShapeError, COLUMN_LENGTHS_MS, ROW_HEIGHTS_CENTS } from '../../../domain/cell.ts';
import type { CellDisabledReason } from '../../../domain/pricing/odds.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../../../protocol/limits.ts';

const listed = (numbers: readonly number[]): string => numbers.join(', ');
const LENGTHS_SECONDS = listed(COLUMN_LENGTHS_MS.map((lengthMs) => lengthMs / 1_000));
const HEIGHTS_USD = listed(ROW_HEIGHTS_CENTS.map((heightCents) => heightCents / 100));

/** In the order of the codes. */
export const ERROR_DETAILS: Readonly<Partial<Record<ErrorCode, string>>> = {
  MALFORMED:
    '`field`: the first that is wrong: a path (`bets.0.bet.stakeMicros`), a parameter or a header; empty: ' +
    'body or frame as a whole',
  ORIGIN_REFUSED: '`field`, under a cookie: the header that is missing or wrong',
  UNAUTHENTICATED: '`field`: `since`, of a `subscribe` that came before any `auth`',
  SIGN_IN_REFUSED: '`reason`: what is wrong with the message; see below',
  RATE_LIMITED: '`retryAfterSeconds`; of frames on the socket `framesPerSecond`, the most there may be',
  PAUSED: '`reason`: `OPERATOR` or `LEDGER_CHECK`',
  SELF_PAUSED: '`untilMs`: when the pause ends, index-tick time',
  CELL_DISABLED: '`reason`: why the cell takes no bets; see below',
  STAKE_OUT_OF_RANGE: '`minStakeMicros`, `maxStakeMicros`: the limits',
  SELF_LIMIT: '`limit`: `stake` or `loss`; `maxMicros`: the limit',
  USER_CAP: '`cap`: `bet`, `walletOpen` or `walletMinute`',
  HOUSE_CAP: '`cap`: `minute`, `total` or `bankroll`',
  QUOTE_MOVED: '`multiplier`: what the cell paid at execution; `seq`, `atMs`, `priceCents`: of that tick',
  PROOF_PENDING: '`retryAfterSeconds`',
  PROOF_UNAVAILABLE: '`reason`: `OPERATOR` (an operator voided the bet, no tick did), `too-long`, `unsigned`',
};

/** `details.reason` of SIGN_IN_REFUSED, by the SessionGuard (test). */
export const SIGN_IN_REASONS = {
  FORMAT: 'not an EIP-4361 message, to the letter',
  SIZE: `longer than ${SIGN_IN_MESSAGE_LENGTH_MAX} characters`,
  SCHEME: 'the domain has a scheme before it',
  DOMAIN: 'not `signIn.domain` of `GET /v1/status`',
  URI: 'not `signIn.uri`, nor anything under it',
  ADDRESS: 'the address is not in EIP-55 mixed case',
  STATEMENT: 'not `signIn.statement`, character by character',
  VERSION: 'not 1',
  CHAIN_ID: 'none of `signIn.chainIds`; of a wallet that is a contract: a chain where it cannot be asked',
  ISSUED_AT: '`Issued At` is more than 5 minutes ago, or more than 30 seconds ahead',
  EXPIRATION: '`Expiration Time` is missing, not after `Issued At`, or more than 10 minutes after it',
  EXPIRED: '`Expiration Time` has passed',
  NOT_BEFORE: '`Not Before` has not come',
  REQUEST_ID: 'there may be no `Request ID`',
  RESOURCES: 'there may be no `Resources`',
  SIGNATURE: 'not by this address over this very message',
} as const;

/** `details.reason` of CELL_DISABLED. */
export const CELL_DISABLED_REASONS: Readonly<Record<CellShapeError | CellDisabledReason, string>> = {
  SYMBOL: 'another symbol than that of the market',
  TIMES: 'it does not close after it opens',
  COLUMN: `its length is none of ${LENGTHS_SECONDS} s, or it does not open at a multiple of it`,
  PRICES: 'its edges make no band, or one is open (null) where none may be',
  ROW:
    `its height is none of ${HEIGHTS_USD} USD, or its lower edge no multiple of it; with one open edge: ` +
    'the other is no multiple of 1 USD',
  TOO_FAR: 'the column opens later than `horizonMs` (`GET /v1/status`) from now',
  ROW_TOO_THIN: 'the line could jump over the row between two ticks',
  TOO_UNLIKELY: 'the chance is too small',
  TOO_LIKELY: 'the chance is too great: the multiplier for this stake would be next to nothing',
};
