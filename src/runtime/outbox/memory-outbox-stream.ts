/** An outbox stream in memory, one for its writer and all its readers: for tests and the simulator. */
import {
  ENTRIES_KEPT,
  type OutboxEntry,
  type OutboxHead,
  type OutboxStream,
  type OutboxStreamEntry,
} from './outbox.ts';

export class MemoryOutboxStream implements OutboxStream {
  readonly #entriesMax: number;
  #log: string | undefined;
  #entries: readonly OutboxStreamEntry[] = [];
  #waiting: (() => void)[] = [];

  constructor(entriesMax: number = ENTRIES_KEPT) {
    this.#entriesMax = entriesMax;
  }

  get length(): number {
    return this.#entries.length;
  }

  async head(): Promise<OutboxHead | undefined> {
    return this.#log === undefined ? undefined : { log: this.#log, seq: this.#entries.at(-1)?.seq ?? 0 };
  }

  async append(log: string, entries: readonly OutboxEntry[]): Promise<OutboxHead | undefined> {
    const head = await this.head();
    const first = entries[0]?.seq ?? 0;
    if (!head || head.log !== log || first > head.seq + 1) return head;
    this.#put([...this.#entries, ...entries.filter(({ seq }) => seq > head.seq).map(entryOf(log))]);
    return this.head();
  }

  async seed(log: string, entries: readonly OutboxEntry[]): Promise<void> {
    this.#log = log;
    this.#put(entries.map(entryOf(log)));
  }

  async read(seq: number, countMax: number): Promise<readonly OutboxStreamEntry[]> {
    const found = this.#after(seq, countMax);
    if (found.length > 0) return found;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#after(seq, countMax);
  }

  /** As an eviction or FLUSHALL does. */
  vanish(): void {
    this.#log = undefined;
    this.#put([]);
  }

  async close(): Promise<void> {
    this.#wake();
  }

  #after(afterSeq: number, countMax: number): readonly OutboxStreamEntry[] {
    return this.#entries.filter(({ seq }) => seq > afterSeq).slice(0, countMax);
  }

  #put(entries: readonly OutboxStreamEntry[]): void {
    this.#entries = entries.slice(-this.#entriesMax);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const entryOf =
  (log: string) =>
  ({ seq, body }: OutboxEntry): OutboxStreamEntry => ({ log, seq, body });
