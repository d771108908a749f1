/**
 * The HistoryWriter's SQLite file, opened read-only. In WAL mode a reader never blocks the writer.
 *
 * The file may not exist yet, or have no tables yet, when the Resolver starts for the first time; until then
 * the log is empty, and every read looks again.
 */
import { existsSync } from 'node:fs';
import { type IndexTick, SYMBOL, type TickQuality } from '../../domain/tick.ts';
import { cents } from '../../domain/units.ts';
import { openSqlite, type SqliteDatabase, type SqliteStatement } from '../../runtime/index.ts';
import type { TickLogReader } from './tick-log-reader.ts';

/** Versions of the tick log's schema this reader understands. Only counted: nothing is migrated read-only. */
const TICK_LOG_MIGRATIONS: readonly string[] = [
  '0001: owned by the HistoryWriter',
  '0002: likewise',
  '0003: likewise',
  '0004: likewise',
];

interface TickRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly price_cents: number;
  readonly quality: string;
  readonly venues: number;
  readonly venue_mask: number;
  readonly composition_jump: number;
}

interface OpenLog {
  readonly db: SqliteDatabase;
  readonly last: SqliteStatement<[], TickRow>;
  readonly readAfter: SqliteStatement<[number, number], TickRow>;
}

export class SqliteTickLogReader implements TickLogReader {
  readonly #path: string;
  #log: OpenLog | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async last(): Promise<IndexTick | undefined> {
    const row = this.#open()?.last.get();
    return row && tickOfRow(row);
  }

  async readAfter(seq: number, limit: number): Promise<readonly IndexTick[]> {
    return this.#open()?.readAfter.all(seq, limit).map(tickOfRow) ?? [];
  }

  async close(): Promise<void> {
    this.#log?.db.close();
    this.#log = undefined;
  }

  #open(): OpenLog | undefined {
    this.#log ??= openLog(this.#path);
    return this.#log;
  }
}

function openLog(path: string): OpenLog | undefined {
  if (!existsSync(path)) return undefined;
  const db = openSqlite({ path, readonly: true, migrations: TICK_LOG_MIGRATIONS });
  if (db.pragma('user_version', { simple: true }) === 0) {
    db.close();
    return undefined;
  }
  const columns = 'seq, at_ms, price_cents, quality, venues, venue_mask, composition_jump';
  return {
    db,
    last: db.prepare(`SELECT ${columns} FROM ticks ORDER BY seq DESC LIMIT 1`),
    readAfter: db.prepare(`SELECT ${columns} FROM ticks WHERE seq > ? ORDER BY seq LIMIT ?`),
  };
}

const tickOfRow = (row: TickRow): IndexTick => ({
  symbol: SYMBOL,
  seq: row.seq,
  atMs: row.at_ms,
  priceCents: cents(row.price_cents),
  quality: row.quality as TickQuality,
  venues: row.venues,
  venueMask: row.venue_mask,
  compositionJump: row.composition_jump === 1,
});
