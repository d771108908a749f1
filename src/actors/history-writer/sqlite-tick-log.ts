/**
 * The tick log as a SQLite file (or `:memory:`, with the same statements). The schema itself refuses what
 * would break the log: a hole, a time that goes back, a changed or deleted tick.
 *
 * Other threads may open the file read-only at any time: it is in WAL mode, they see committed ticks only.
 */
import { existsSync } from 'node:fs';
import type { Candle } from '../../domain/candle.ts';
import { type IndexTick, SYMBOL, type TickQuality } from '../../domain/tick.ts';
import { cents } from '../../domain/units.ts';
import { failpoint, openSqlite, type SqliteDatabase } from '../../runtime/index.ts';
import { MINUTE_CANDLES_MIGRATION, MinuteCandles } from './minute-candles.ts';
import { SqliteTickChain, TICK_CHAIN_MIGRATION } from './sqlite-tick-chain.ts';
import type { CheckpointKey } from './tick-chain.ts';
import type { LogEntry, LogHead, TickLog, TickRange } from './tick-log.ts';

/** Statements that bring version n of the file to n + 1; never edited once released. */
export const TICK_LOG_MIGRATIONS = [
  `CREATE TABLE ticks (
     seq INTEGER PRIMARY KEY CHECK (seq BETWEEN 1 AND 9007199254740991),
     at_ms INTEGER NOT NULL UNIQUE CHECK (at_ms BETWEEN 1 AND 9007199254740991),
     price_cents INTEGER NOT NULL CHECK (price_cents BETWEEN 1 AND 9007199254740991),
     quality TEXT NOT NULL CHECK (quality IN ('ok', 'degraded')),
     venues INTEGER NOT NULL CHECK (venues BETWEEN 1 AND 1000),
     epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 9007199254740991)
   ) STRICT;
   CREATE TABLE feed (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     epoch INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 9007199254740991)
   ) STRICT;
   INSERT INTO feed (id, epoch) VALUES (1, 0);
   CREATE TRIGGER ticks_are_dense BEFORE INSERT ON ticks
     WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ticks)
     BEGIN SELECT RAISE(ABORT, 'tick log: seq is not the next one'); END;
   CREATE TRIGGER ticks_go_forward BEFORE INSERT ON ticks
     WHEN EXISTS (SELECT 1 FROM ticks WHERE seq = NEW.seq - 1 AND (at_ms >= NEW.at_ms OR epoch > NEW.epoch))
     BEGIN SELECT RAISE(ABORT, 'tick log: time or epoch goes back'); END;
   CREATE TRIGGER ticks_never_change BEFORE UPDATE ON ticks
     BEGIN SELECT RAISE(ABORT, 'tick log: a recorded tick never changes'); END;
   CREATE TRIGGER ticks_never_go BEFORE DELETE ON ticks
     BEGIN SELECT RAISE(ABORT, 'tick log: a recorded tick never goes'); END;
   CREATE TRIGGER epochs_go_forward BEFORE UPDATE ON feed
     WHEN NEW.epoch < OLD.epoch
     BEGIN SELECT RAISE(ABORT, 'tick log: the epoch goes back'); END;`,
  // Every tick before this stood on one venue.
  `ALTER TABLE ticks ADD COLUMN venue_mask INTEGER NOT NULL DEFAULT 1
     CHECK (venue_mask BETWEEN 1 AND 1073741823);
   ALTER TABLE ticks ADD COLUMN composition_jump INTEGER NOT NULL DEFAULT 0
     CHECK (composition_jump IN (0, 1));`,
  MINUTE_CANDLES_MIGRATION,
  TICK_CHAIN_MIGRATION,
] as const;

interface TickRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly price_cents: number;
  readonly quality: TickQuality;
  readonly venues: number;
  readonly venue_mask: number;
  readonly composition_jump: number;
}

interface InsertedTick extends Omit<IndexTick, 'compositionJump'> {
  readonly compositionJump: number;
  readonly epoch: number;
}

/**
 * Opens or creates the log at `path`; `:memory:` for a log that lives as long as the object. Without a key,
 * checkpoints are made and wait for somebody's signature.
 */
export function openSqliteTickLog(path: string, key?: CheckpointKey): TickLog {
  return new SqliteTickLog(openSqlite({ path, migrations: TICK_LOG_MIGRATIONS }), key);
}

/**
 * Throws StartRefusedError if the log at `path` is not what was chained. Changes nothing: a log that is not
 * there, or of an older schema, is looked at by its writer.
 */
export function refuseChangedTickLog(path: string): void {
  if (!existsSync(path)) return;
  const db = openSqlite({ path, readonly: true, migrations: 'any' });
  try {
    const version = db.pragma('user_version', { simple: true });
    if (version === TICK_LOG_MIGRATIONS.length) new SqliteTickLog(db, undefined).chain.check();
  } finally {
    db.close();
  }
}

class SqliteTickLog implements TickLog {
  readonly chain: SqliteTickChain;
  readonly #db: SqliteDatabase;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #candles: MinuteCandles;
  readonly #commit: (epoch: number, entries: readonly LogEntry[]) => void;

  constructor(db: SqliteDatabase, key: CheckpointKey | undefined) {
    this.#db = db;
    this.#statements = prepare(db);
    this.chain = new SqliteTickChain(db, this, key);
    this.#candles = new MinuteCandles(db);
    const write = db.transaction((epoch: number, entries: readonly LogEntry[]) => {
      const { last } = this.head();
      for (const entry of entries) this.#insert(entry);
      const ticks = entries.map(({ tick }) => tick);
      this.#candles.add(last, ticks);
      this.chain.extend(last, ticks);
      this.#statements.setEpoch.run(epoch);
      failpoint('ticks.written');
    });
    this.#commit = (epoch, entries) => {
      write.immediate(epoch, entries);
      failpoint('ticks.committed');
    };
  }

  head(): LogHead {
    const row = this.#statements.last.get();
    return { epoch: this.#statements.epoch.get()?.epoch ?? 0, last: row ? tickOf(row) : null };
  }

  commit(batch: { readonly epoch: number; readonly entries: readonly LogEntry[] }): void {
    this.#commit(batch.epoch, batch.entries);
  }

  range({ fromMs, toMs, limit }: TickRange): IndexTick[] {
    return this.#statements.range.all(fromMs, toMs, limit).map(tickOf);
  }

  at(seq: number): IndexTick | undefined {
    const row = this.#statements.at.get(seq);
    return row && tickOf(row);
  }

  firstSince(sinceMs: number): IndexTick | undefined {
    const row = this.#statements.firstSince.get(sinceMs);
    return row && tickOf(row);
  }

  after(seq: number, limit: number): IndexTick[] {
    return this.#statements.after.all(seq, limit).map(tickOf);
  }

  before(seq: number, sinceMs: number, limit: number): IndexTick[] {
    return this.#statements.before.all(seq, sinceMs, limit).map(tickOf).reverse();
  }

  minuteCandles(fromMs: number, toMs: number): Candle[] {
    return this.#candles.read(fromMs, toMs);
  }

  close(): void {
    this.#db.close();
  }

  #insert({ epoch, tick }: LogEntry): void {
    this.#statements.insert.run({ ...tick, compositionJump: tick.compositionJump ? 1 : 0, epoch });
  }
}

function prepare(db: SqliteDatabase) {
  const select = 'SELECT seq, at_ms, price_cents, quality, venues, venue_mask, composition_jump FROM ticks';
  return {
    epoch: db.prepare<[], { epoch: number }>('SELECT epoch FROM feed WHERE id = 1'),
    setEpoch: db.prepare<[number]>('UPDATE feed SET epoch = ? WHERE id = 1'),
    insert: db.prepare<[InsertedTick]>(
      `INSERT INTO ticks (seq, at_ms, price_cents, quality, venues, venue_mask, composition_jump, epoch)
       VALUES (:seq, :atMs, :priceCents, :quality, :venues, :venueMask, :compositionJump, :epoch)`,
    ),
    last: db.prepare<[], TickRow>(`${select} ORDER BY seq DESC LIMIT 1`),
    at: db.prepare<[number], TickRow>(`${select} WHERE seq = ?`),
    range: db.prepare<[number, number, number], TickRow>(
      `${select} WHERE at_ms BETWEEN ? AND ? ORDER BY at_ms LIMIT ?`,
    ),
    firstSince: db.prepare<[number], TickRow>(`${select} WHERE at_ms >= ? ORDER BY at_ms LIMIT 1`),
    after: db.prepare<[number, number], TickRow>(`${select} WHERE seq > ? ORDER BY seq LIMIT ?`),
    before: db.prepare<[number, number, number], TickRow>(
      `${select} WHERE seq < ? AND at_ms >= ? ORDER BY seq DESC LIMIT ?`,
    ),
  };
}

const tickOf = (row: TickRow): IndexTick => ({
  symbol: SYMBOL,
  seq: row.seq,
  atMs: row.at_ms,
  priceCents: cents(row.price_cents),
  quality: row.quality,
  venues: row.venues,
  venueMask: row.venue_mask,
  compositionJump: row.composition_jump === 1,
});
