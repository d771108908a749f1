/**
 * What travels between actors. A letter is what the sender means; the envelope is what the mailbox needs.
 * An address ties a mailbox name to the letters it takes and the replies it gives, so that `send` and `ask`
 * are checked by the compiler across threads and processes.
 */
export interface Letter<T extends string = string, B = unknown> {
  readonly type: T;
  readonly body: B;
}

export interface Envelope {
  /** Unique per letter; a redelivered or re-sent letter keeps it. */
  readonly id: string;
  readonly type: string;
  /** Mailbox name of the sender. */
  readonly from: string;
  /** Where the answer goes; present on asks. */
  readonly replyTo?: string;
  /** On a reply: the id of the ask it answers. */
  readonly correlationId?: string;
  /** Sender's wall clock, ms since the Unix epoch; of a delayed letter, when it is due. */
  readonly sentAtMs: number;
  readonly body: unknown;
  /** W3C trace context, carried through unread, and passed on to letters sent while handling this one. */
  readonly trace?: string;
  /** What the letter is about, e.g. one account. Letters of one key are handled in the order of posting. */
  readonly key?: string;
  /** The sender may send this id again: the mailbox takes it once while it remembers the id. */
  readonly once?: true;
  /** Passes a full mailbox and is delivered before ordinary letters. */
  readonly control?: true;
  /** On an ask: the wall-clock instant after which nobody waits for the answer. */
  readonly expiresAtMs?: number;
  /** How often this letter was brought back from the dead letters. */
  readonly replays?: number;
}

/** A letter as an actor receives it. `attempt` is 1 on first delivery. */
export type Received<L extends Letter> = L & {
  readonly id: string;
  readonly from: string;
  readonly replyTo?: string;
  readonly sentAtMs: number;
  readonly attempt: number;
  readonly key?: string;
  readonly trace?: string;
  readonly expiresAtMs?: number;
};

declare const letters: unique symbol;
declare const replies: unique symbol;
export interface Address<L extends Letter = Letter, R = unknown> {
  readonly name: string;
  readonly [letters]?: L;
  readonly [replies]?: R;
}

/** `R` maps a letter type to its reply; types without an entry can be sent but not asked. */
export const address = <L extends Letter, R = Record<never, never>>(name: string): Address<L, R> => ({
  name,
});

declare const signal: unique symbol;
/** A pub/sub channel that carries signals of type `S` and nothing else. */
export interface Channel<S> {
  readonly name: string;
  readonly [signal]?: S;
}
