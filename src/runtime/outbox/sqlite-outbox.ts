/** The outbox's log in two tables of its writer's database, so that one transaction covers both. */
import { readFileSync } from 'node:fs';
import { borrowRows } from '../../protocol/codec.ts';
import type { SqliteDatabase } from '../sqlite/sqlite-database.ts';
import {
  ENTRIES_KEPT,
  EVENTS_PER_ENTRY_MAX,
  type OutboxEntry,
  type OutboxHead,
  type OutboxLog,
} from './outbox.ts';

/** One migration for the writer's database. */
export const OUTBOX_MIGRATION: string = readFileSync(new URL('./schema/outbox.sql', import.meta.url), 'utf8');

export class SqliteOutbox implements OutboxLog {
  readonly #db: SqliteDatabase;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #entriesKept: number;

  /** `entriesKept`: at least 1. */
  constructor(db: SqliteDatabase, entriesKept: number = ENTRIES_KEPT) {
    this.#db = db;
    this.#sql = prepare(db);
    this.#entriesKept = entriesKept;
  }

  /**
   * Inside the caller's transaction: with it, the events are durable, or never happened. `weightOf`: for how
   * many events one stands.
   */
  append<E>(events: readonly E[], weightOf: (event: E) => number = () => 1): void {
    if (!this.#db.inTransaction) throw new Error('an outbox is written in the transaction it tells of');
    if (events.length === 0) return;
    let entry: E[] = [];
    let weight = 0;
    for (const event of events) {
      const more = weightOf(event);
      if (weight + more > EVENTS_PER_ENTRY_MAX && entry.length > 0) {
        this.#sql.insert.run(borrowRows(entry));
        [entry, weight] = [[], 0];
      }
      entry.push(event);
      weight += more;
    }
    this.#sql.insert.run(borrowRows(entry));
    this.#sql.prune.run(this.#entriesKept);
  }

  async head(): Promise<OutboxHead> {
    const head = this.#sql.head.get();
    if (!head) throw new Error('the outbox has no log');
    return head;
  }

  async after(seq: number, limit: number): Promise<readonly OutboxEntry[]> {
    return this.#sql.after.all(seq, limit);
  }

  async renew(): Promise<void> {
    this.#sql.renew.run();
  }
}

const prepare = (db: SqliteDatabase) => ({
  insert: db.prepare<[Uint8Array]>(
    'INSERT INTO outbox (seq, body) SELECT coalesce(max(seq), 0) + 1, ? FROM outbox',
  ),
  prune: db.prepare<[number]>('DELETE FROM outbox WHERE seq <= (SELECT max(seq) FROM outbox) - ?'),
  head: db.prepare<[], OutboxHead>(
    'SELECT name AS log, (SELECT coalesce(max(seq), 0) FROM outbox) AS seq FROM outbox_log',
  ),
  after: db.prepare<[number, number], OutboxEntry>(
    'SELECT seq, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?',
  ),
  renew: db.prepare<[]>('UPDATE outbox_log SET name = lower(hex(randomblob(8)))'),
});
