/**
 * Letters given up on: kept with what they caused, to be read, brought back or dropped by a person
 * (`touchline dead`). Two implementations pass the mailbox contract suite.
 *
 * A letter may be brought back REPLAYS_MAX times; one that dies again after that is in quarantine: it can be
 * read and dropped, never replayed. The count travels in the envelope, so it outlives every restart.
 */
import type { Envelope } from '../../protocol/envelope.ts';

export interface DeadLetter {
  /** The store's own id of this entry; another after each death. */
  readonly id: string;
  readonly actor: string;
  readonly envelope: Envelope;
  /** What ended the actor when it last handled this letter. */
  readonly error: string;
  readonly attempts: number;
  /** When it was given up, ms since the Unix epoch. */
  readonly atMs: number;
}

/** `full`: the mailbox has no room; the letter stays where it is. */
export type ReplayResult = 'replayed' | 'quarantined' | 'full' | 'unknown';

export interface DeadLetters {
  /** Actors that have dead letters, sorted. */
  actors(): Promise<readonly string[]>;
  /** Oldest first. */
  list(actor: string): Promise<readonly DeadLetter[]>;
  /** Posts the letter again, at the end of its mailbox, and takes it off the list: one step. */
  replay(actor: string, id: string): Promise<ReplayResult>;
  /** False if there was no such letter. */
  drop(actor: string, id: string): Promise<boolean>;
}

/** Dead letters kept per actor; the oldest go first. */
export const DEAD_LETTERS_MAX = 1_000;
export const REPLAYS_MAX = 3;

export const isQuarantined = ({ envelope }: DeadLetter): boolean => (envelope.replays ?? 0) >= REPLAYS_MAX;

/** What a replay posts: nobody waits for it any more, so it does not expire, and it comes though it came. */
export function replayedEnvelope({ envelope }: DeadLetter): Envelope {
  const { expiresAtMs: _expires, once: _once, ...rest } = envelope;
  return { ...rest, replays: (envelope.replays ?? 0) + 1 };
}
