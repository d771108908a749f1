/**
 * What must happen sometimes: a simulation that never gets there tests less than it seems to. A run of many
 * seeds fails if one of these was not reached.
 */
import { ERRORS } from '../../src/protocol/errors.ts';
import { FORGERIES } from './forgeries.ts';
import { FAULT_CLASSES } from './plan.ts';

/** INTERNAL is a violation wherever it is met. */
const answers = Object.keys(ERRORS)
  .filter((code) => code !== 'INTERNAL')
  .map((code) => `answer ${code}`);

const details = [
  'TOO_LIKELY',
  'TOO_UNLIKELY',
  'TOO_FAR',
  'ROW_TOO_THIN',
  'TIMES',
  'COLUMN',
  'PRICES',
  'ROW',
  'bet',
  'walletOpen',
  'walletMinute',
  'minute',
  'total',
  ...FORGERIES,
].map((reason) => `because ${reason}`);

const outcomes = [
  ...['touch', 'no_touch', 'inside', 'outside'].flatMap((kind) => [
    `${kind} won`,
    `${kind} lost`,
    `${kind} void`,
  ]),
  ...['bet won', 'bet lost', 'void FEED_GAP', 'void FEED_DEGRADED', 'void COMPOSITION_JUMP', 'void OPERATOR'],
];

const machinery = [
  'commit failed',
  'dead letter',
  ...['replayed', 'quarantined', 'dropped'].map((end) => `dead letter ${end}`),
  ...['came', 'refused', 'taken back'].map((end) => `delayed letter ${end}`),
  'killed by the supervisor',
  'mailbox recreated',
  'process drained',
  'process restarted',
  'redelivery',
  'refused by the memory guard',
  'restarting answered at once',
  'supervisor gave up',
  ...['history-writer', 'resolver', 'session-guard', 'price-feed', 'broadcaster'].map(
    (actor) => `restarted ${actor}`,
  ),
];

const clients = [
  'bet answered again with the stored answer',
  'bet decided over HTTP after an unknown outcome',
  'bet decided over a socket after an unknown outcome',
  'bet decided over a batch after an unknown outcome',
  'bet placed in a batch',
  'bet retried over HTTP after the other way',
  'bet retried over a socket after the other way',
  'bet retried over a batch after the other way',
  'dead session refused',
  'dead session refused on a socket',
  'forged session refused',
  'connection lost',
  'account event pushed',
  'proof verified',
  'receipt under a shared signature',
  'signed out by push',
  'socket closed 4400',
  'socket closed 4508',
  'socket closed 4512',
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
  'history_frames_sealed_total',
  'history_failures_total',
  'resolver_answers_repeated_total',
  'resolver_broken_invariants_total',
  'resolver_commits_within_tick_total',
  'resolver_tick_holes_total',
  'outbox_gaps_total trimmed',
  'outbox_gaps_total away',
  'outbox_relay_failures_total',
  'outbox_seeded_total missing',
  'redis_memory_trims_total',
  'redis_memory_unknown_total',
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
