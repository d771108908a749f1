/**
 * One reader of an outbox stream: every entry once, in order, or a word that some were missed.
 *
 * Its position is a log and a number in it, so a stream that vanished and was seeded anew changes nothing for
 * a reader that is ahead of it. What cannot be got any more is told by `onGap`, before what follows it.
 * Handlers are synchronous; one that throws ends this reader and is told to `fail`.
 */
import { decodeRows } from '../../protocol/codec.ts';
import { type Clock, delay } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import {
  ENTRIES_PER_CALL_MAX,
  type OutboxHead,
  type OutboxStream,
  type OutboxStreamEntry,
} from './outbox.ts';

/**
 * `trimmed`: entries are gone that were not read; `another-log`: the writer has another database;
 * `away`: at the start there was no stream to begin with; `unreadable`: an entry holds no rows.
 */
export type OutboxGapReason = 'trimmed' | 'another-log' | 'away' | 'unreadable';

export interface OutboxGap {
  readonly reason: OutboxGapReason;
  /** The last entry before the gap; 0 if there was none. */
  readonly afterSeq: number;
  /** Reading goes on behind this one. */
  readonly upToSeq: number;
}

export interface OutboxReaderOptions<E> {
  readonly stream: OutboxStream;
  /** `end`: only what comes from now on. A number: what comes after that entry. */
  readonly from: 'end' | number;
  /** The events of one entry, in order. */
  readonly onEvents: (events: readonly E[], at: OutboxHead) => void;
  /** With `from: 'end'`: up to so many entries before the end are told as well, before `start` resolves. */
  readonly recentEntriesMax?: number;
  readonly onGap: (gap: OutboxGap) => void;
  readonly fail: (error: Error) => void;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

interface Position {
  /** Unknown until the first entry, if reading began at a number. */
  readonly log: string | undefined;
  readonly seq: number;
}

const RETRY_DELAY_MS = 50;

export class OutboxReader<E> {
  readonly #options: OutboxReaderOptions<E>;
  #position: Position | undefined;
  #isClosed = false;

  constructor(options: OutboxReaderOptions<E>) {
    this.#options = options;
    const { from } = options;
    if (from !== 'end') this.#position = { log: undefined, seq: from };
  }

  /** Resolves when everything committed from now on will be heard of, as events or as a gap. */
  async start(): Promise<void> {
    if (!this.#position) {
      const head = await this.#options.stream.head().catch(() => undefined);
      if (head) await this.#tellRecent(head);
      this.#position = head;
    }
    void this.#run();
  }

  /** Where reading is; undefined while there was no stream to begin with. */
  get position(): OutboxHead | undefined {
    const { log, seq } = this.#position ?? {};
    return log === undefined || seq === undefined ? undefined : { log, seq };
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    const { clock, metrics, fail } = this.#options;
    while (!this.#isClosed) {
      let news: readonly OutboxStreamEntry[];
      try {
        news = await this.#read();
      } catch {
        if (this.#isClosed) return;
        metrics.count('outbox_read_errors_total');
        await delay(clock, RETRY_DELAY_MS);
        continue;
      }
      try {
        for (const entry of news) if (!this.#isClosed) this.#take(entry);
      } catch (error) {
        this.close();
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** A courtesy: who cannot have them does without. */
  async #tellRecent({ log, seq: upToSeq }: OutboxHead): Promise<void> {
    const { stream, onEvents, recentEntriesMax = 0 } = this.#options;
    let at = Math.max(0, upToSeq - recentEntriesMax);
    while (at < upToSeq) {
      const entries = await stream.read(at, ENTRIES_PER_CALL_MAX).catch(() => []);
      if (entries.length === 0) return;
      for (const entry of entries) {
        at = entry.seq;
        const events = entry.log === log && at <= upToSeq ? this.#decode(entry.body) : undefined;
        if (events) onEvents(events, { log, seq: at });
      }
    }
  }

  async #read(): Promise<readonly OutboxStreamEntry[]> {
    const { stream, clock } = this.#options;
    const position = this.#position;
    const news = position ? await stream.read(position.seq, ENTRIES_PER_CALL_MAX) : [];
    if (news.length > 0) return news;
    // Silence: there is nothing new, or it is another log, whose numbers we have passed.
    const head = this.#isClosed ? undefined : await stream.head();
    if (!head) {
      if (!position && !this.#isClosed) await delay(clock, RETRY_DELAY_MS);
    } else if (!position) {
      this.#jump('away', head);
    } else if (position.log !== undefined && position.log !== head.log) {
      this.#jump('another-log', head);
    }
    return [];
  }

  #take({ log, seq, body }: OutboxStreamEntry): void {
    const before = this.#position ?? { log, seq: 0 };
    if (before.log !== undefined && before.log !== log) this.#jump('another-log', { log, seq: seq - 1 });
    else if (seq <= before.seq) return;
    else if (seq > before.seq + 1) this.#jump('trimmed', { log, seq: seq - 1 });
    this.#position = { log, seq };
    const events = this.#decode(body);
    if (events) this.#options.onEvents(events, { log, seq });
    else this.#tellGap({ reason: 'unreadable', afterSeq: seq - 1, upToSeq: seq });
  }

  #jump(reason: OutboxGapReason, to: Position): void {
    const afterSeq = this.#position?.seq ?? 0;
    this.#position = to;
    this.#tellGap({ reason, afterSeq, upToSeq: to.seq });
  }

  #tellGap(gap: OutboxGap): void {
    this.#options.metrics.count('outbox_gaps_total', { reason: gap.reason });
    this.#options.onGap(gap);
  }

  #decode(body: Uint8Array): readonly E[] | undefined {
    try {
      return decodeRows(body) as readonly E[];
    } catch {
      return undefined;
    }
  }
}
