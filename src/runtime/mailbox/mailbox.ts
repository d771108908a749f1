/**
 * The mailbox port: durable, ordered, bounded, at least once. Two implementations, Redis streams and memory,
 * pass one contract suite (test/contract/mailbox.contract.ts).
 *
 * Guarantees
 * - Letters come in the order they were posted. A letter not acked before its reader ended is delivered again
 *   to the next reader, before any new one, oldest first and one at a time, with `attempt` counted up: a
 *   poison letter is met alone, and letters of one key are never overtaken by later ones of that key.
 * - Control letters go before ordinary ones, in their own order, and have room of their own.
 * - A letter marked `once` is taken once, however often it is posted, while the mailbox remembers its id: the
 *   newest POSTED_IDS_MAX ids. Whoever posts it again is told it was posted.
 * - A delayed letter is held outside its mailbox until it is due, then takes its place at the end; what does
 *   not fit stays held, in due order. The reading end moves it, so it comes whoever ended meanwhile. It is
 *   never early. It is late by a few ms; if it was to be held for less than LOOK_EVERY_MS and was posted from
 *   another thread, by up to LOOK_EVERY_MS; while its mailbox is full, until there is room.
 * - A letter given up on leaves its place: what follows goes on, and a replay comes back at the end.
 *
 * Not promised: that a posted letter survives the loss of the store, ids included. Whoever must be sure
 * re-sends, and every handler is idempotent.
 */
import type { Envelope } from '../../protocol/envelope.ts';
import type { SendResult } from '../actor.ts';

export interface Delivery {
  /** The store's own id of this letter, used to ack it. */
  readonly deliveryId: string;
  readonly envelope: Envelope;
  /** 1 on first delivery. */
  readonly attempt: number;
  /** Of all letters an earlier reader left unacked and unforgiven, this one it was given last. */
  readonly isSuspect: boolean;
}

/** The reading end; one reader per mailbox at a time. Once closed it changes nothing any more. */
export interface Mailbox {
  /** Waits for at least one letter; at most `countMax` of each kind. Empty only once closed. */
  take(countMax: number): Promise<readonly Delivery[]>;
  /** Acks and deletes. Unknown ids are ignored. */
  ack(deliveryIds: readonly string[]): Promise<void>;
  /**
   * These letters did no harm: their attempts are counted anew, and they are not suspect. Delivered again,
   * they come as attempt 2, because an actor may need to know that they are not new.
   */
  forgive(deliveryIds: readonly string[]): Promise<void>;
  /** Moves a letter to the dead letters with its error, and acks it. */
  bury(delivery: Delivery, error: string, atMs: number): Promise<void>;
  /** Waits for at least one reply to this actor's asks. Empty only once closed. */
  takeReplies(): Promise<readonly Envelope[]>;
  /** Letters posted and not yet acked, of both kinds; those held until they are due do not count. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

/** `restarting`: the actor is down and coming back, the letter is not in its mailbox. */
export type AskPostResult = SendResult | 'restarting';

/** The posting end and the way to open a mailbox. */
export interface PostOffice {
  /** Never throws. `full` means the letter was refused and is not in the mailbox. */
  post(to: string, envelope: Envelope): Promise<SendResult>;
  /** As `post`, for a letter whose sender waits: refused at once if the actor is known to be down. */
  postAsk(to: string, envelope: Envelope): Promise<AskPostResult>;
  /**
   * As `post`, in `dueInMs`; `full` when as many are held as a mailbox takes. Under an id that is held
   * already, or was posted `once`, it changes nothing and is `posted`.
   */
  postLater(to: string, envelope: Envelope, dueInMs: number): Promise<SendResult>;
  /** True: it was held, and will not come. False: it is not held (any more), or that is not known. */
  cancelLater(to: string, id: string): Promise<boolean>;
  /** Replies are best effort: whoever waits has a deadline. */
  postReply(to: string, envelope: Envelope): Promise<void>;
  open(name: string): Promise<Mailbox>;
}

/** Letters a mailbox holds, unacked included, before it refuses the sender; as many are held back for it. */
export const MAILBOX_LETTERS_MAX = 10_000;
/** Control letters on top of them. */
export const CONTROL_LETTERS_MAX = 1_000;
/** How often the reading end looks for due letters that it does not know of. */
export const LOOK_EVERY_MS = 1_000;
/** Ids of `once` letters a mailbox remembers; the oldest go first. */
export const POSTED_IDS_MAX = 10_000;
/** Replies kept for a reader that is slow; a new reader does not get those of the one before. */
export const REPLIES_MAX = 10_000;
