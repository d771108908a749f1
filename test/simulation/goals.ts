/**
 * What must happen sometimes: a simulation that never gets there tests less than it seems to. A run of many
 * seeds fails if one of these was not reached.
 */
import { FAULT_CLASSES } from './plan.ts';

const answers = [
  'MALFORMED',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'IDEMPOTENCY_KEY_REQUIRED',
  'ORIGIN_REFUSED',
  'IDEMPOTENCY_CONFLICT',
  'UNAUTHENTICATED',
  'SIGN_IN_REFUSED',
  'NONCE_UNKNOWN',
  'RATE_LIMITED',
  'PAUSED',
  'FEED_DEGRADED',
  'COLUMN_LOCKED',
  'CELL_DISABLED',
  'STAKE_OUT_OF_RANGE',
  'DUPLICATE_CELL',
  'INSUFFICIENT_BALANCE',
  'USER_CAP',
  'CELL_CAP',
  'COLUMN_CAP',
  'HOUSE_CAP',
  'QUOTE_MOVED',
  'EXECUTION_TOO_LATE',
  'MAILBOX_FULL',
  'ACTOR_RESTARTING',
  'OUTCOME_UNKNOWN',
  'NO_PRICE',
  'TOO_MANY_CONNECTIONS',
].map((code) => `answer ${code}`);

const details = [
  'TOO_LIKELY',
  'TOO_UNLIKELY',
  'TOO_FAR',
  'ROW_TOO_THIN',
  'ROW',
  'COLUMN',
  'bet',
  'walletOpen',
].map((reason) => `because ${reason}`);

const outcomes = ['bet won', 'bet lost', 'void FEED_GAP', 'void FEED_DEGRADED'];

const machinery = [
  'commit failed',
  'dead letter',
  'killed by the supervisor',
  'mailbox recreated',
  'process restarted',
  'redelivery',
  'restarting answered at once',
  'supervisor gave up',
  ...['history-writer', 'resolver', 'session-guard', 'price-feed', 'broadcaster'].map(
    (actor) => `restarted ${actor}`,
  ),
];

const clients = [
  'bet answered again with the stored answer',
  'bet found after an unknown outcome',
  'dead session refused',
  'forged session refused',
  'connection lost',
  'account event pushed',
  'signed out by push',
  'socket closed 4400',
  'socket closed 4508',
];

/** Counted by the product itself: `metric name{labels}`. */
const metrics = [
  'feed_instants_skipped_total no_price',
  'feed_instants_skipped_total instant_passed',
  'feed_ticks_resent_total',
  'history_letters_refused_total hole',
  'history_letters_refused_total malformed',
  'history_letters_refused_total older_epoch',
  'history_letters_refused_total out_of_order',
  'history_rehydrated_ticks_total',
  'history_failures_total',
  'resolver_answers_repeated_total',
  'resolver_broken_invariants_total',
  'resolver_tick_holes_total',
  'ws_pushes_conflated_total price',
  'ws_pushes_conflated_total grid',
  'session_store_unavailable_total',
].map((name) => `metric ${name}`);

export const GOALS: readonly string[] = [
  ...answers,
  ...details,
  ...outcomes,
  ...machinery,
  ...clients,
  ...metrics,
  ...FAULT_CLASSES.map((fault) => `fault ${fault}`),
];

const KNOWN = new Set(GOALS);

/** What one seed, or a whole run, has reached. */
export class ReachedGoals {
  readonly #reached = new Set<string>();

  reach(goal: string): void {
    if (KNOWN.has(goal)) this.#reached.add(goal);
  }

  list(): string[] {
    return [...this.#reached];
  }

  missing(): string[] {
    return GOALS.filter((goal) => !this.#reached.has(goal));
  }
}
