/**
 * The outbox: events that follow a commit, and reach their readers even if the process dies in between.
 *
 *   transaction ──► OutboxLog (SQLite) ──OutboxRelay──► OutboxStream (Redis) ──OutboxReader──► each reader
 *
 * A writer appends entries to its log inside its own transaction, numbered 1, 2, 3 … without a hole. The
 * relay puts them on a stream under these numbers. A stream refuses a number it has had, so whatever was
 * relayed twice is there once, and where the stream ends says what is still to be relayed: nothing else is
 * remembered. A stream that vanished is seeded anew from the log.
 *
 * Guarantees, with one writer at a time: every reader gets each entry once, in order; an entry it cannot get
 * any more (it was away for longer than entries are kept) is told as a gap, never skipped in silence.
 * Not promised: that events survive the loss of the log; that a reader that starts at the end hears old ones.
 */

export interface OutboxEntry {
  /** 1 for the log's first entry, then dense. */
  readonly seq: number;
  /** Its events, by `encodeRows`. An event is known by its entry's number and its place in it. */
  readonly body: Uint8Array;
}

/** Where a log or a stream ends; `seq` 0 before the first entry. */
export interface OutboxHead {
  /** Which log it is: another database, or an older copy of the same one, is another log. */
  readonly log: string;
  readonly seq: number;
}

export type OutboxStreamEntry = OutboxEntry & { readonly log: string };

/** The durable side, as the relay reads it. */
export interface OutboxLog {
  head(): Promise<OutboxHead>;
  /** Kept entries after `seq`, oldest first, at most `limit`. The newest entry is always kept. */
  after(seq: number, limit: number): Promise<readonly OutboxEntry[]>;
  /** Makes this another log from now on, because readers know more of the old one than it does itself. */
  renew(): Promise<void>;
}

/** The stream's side; any call may reject, and then it may or may not have had its effect. */
export interface OutboxStream {
  /** Undefined while there is no stream. */
  head(): Promise<OutboxHead | undefined>;
  /**
   * Adds those of the entries that are new, if they belong to this log and leave no hole; else nothing.
   * Returns where the stream ends now.
   */
  append(log: string, entries: readonly OutboxEntry[]): Promise<OutboxHead | undefined>;
  /** Replaces the whole stream at once. Without entries, a stream that is empty and ready. */
  seed(log: string, entries: readonly OutboxEntry[]): Promise<void>;
  /** Entries after `seq`. Waits for some, and may give up and return none. */
  read(seq: number, countMax: number): Promise<readonly OutboxStreamEntry[]>;
  /** Ends reads that wait. */
  close(): Promise<void>;
}

/** Events in one entry; more become more entries. Bounds what one entry weighs: 35 KB of account events. */
export const EVENTS_PER_ENTRY_MAX = 100;
/** Entries a log keeps, and a stream. At one turn per 100 ms, each with events, three minutes of them. */
export const ENTRIES_KEPT = 2_000;
/** Entries per command. */
export const ENTRIES_PER_CALL_MAX = 64;
/** A vanished stream begins with these many of the newest: who is further behind is told of a gap. */
export const SEED_ENTRIES_MAX = 256;
