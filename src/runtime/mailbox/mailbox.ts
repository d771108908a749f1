/**
 * The mailbox port: durable, ordered, bounded, at least once. Two implementations, Redis streams and memory,
 * pass one contract suite (test/contract/mailbox.contract.ts).
 *
 * Guarantees: letters come in the order they were posted; a letter not acked before its reader ended is
 * delivered again to the next reader, first and one at a time, with `attempt` counted up, so that a poison
 * letter is met alone. Not promised: that a posted letter survives the loss of the store. Whoever must be
 * sure re-sends, and every handler is idempotent.
 */
import type { Envelope } from '../../protocol/envelope.ts';
import type { SendResult } from '../actor.ts';

export interface Delivery {
  /** The store's own id of this letter, used to ack it. */
  readonly deliveryId: string;
  readonly envelope: Envelope;
  /** 1 on first delivery. */
  readonly attempt: number;
}

/** The reading end; one reader per mailbox at a time. */
export interface Mailbox {
  /** Waits for at least one letter; at most `countMax`. Empty only once closed. */
  take(countMax: number): Promise<readonly Delivery[]>;
  /** Acks and deletes. Unknown ids are ignored. */
  ack(deliveryIds: readonly string[]): Promise<void>;
  /** Moves a letter to the dead letters with its error, and acks it. */
  bury(delivery: Delivery, error: string): Promise<void>;
  /** Waits for at least one reply to this actor's asks. Empty only once closed. */
  takeReplies(): Promise<readonly Envelope[]>;
  /** Letters posted and not yet acked. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

/** The posting end and the way to open a mailbox. */
export interface PostOffice {
  /** Never throws. `full` means the letter was refused and is not in the mailbox. */
  post(to: string, envelope: Envelope): Promise<SendResult>;
  /** Replies are best effort: whoever waits has a deadline. */
  postReply(to: string, envelope: Envelope): Promise<void>;
  open(name: string): Promise<Mailbox>;
}

/** Letters a mailbox holds, unacked included, before it refuses the sender. */
export const MAILBOX_LETTERS_MAX = 10_000;
/** Replies kept for a reader that is slow or away. */
export const REPLIES_MAX = 10_000;
/** Dead letters kept per actor; the oldest go first. */
export const DEAD_LETTERS_MAX = 1_000;
