/**
 * The tick log as an auditor reads it: read-only, from the first tick to the last, in pieces, with the newest
 * stretch kept in memory. Its own statements: what writes the log is not asked how to read it.
 */
import { type IndexTick, SYMBOL, type TickQuality } from '../../domain/tick.ts';
import { cents } from '../../domain/units.ts';
import { openSqlite, type SqliteDatabase } from '../../runtime/index.ts';

export interface CheckpointRow {
  readonly seq: number;
  readonly atMs: number;
  readonly hash: Uint8Array;
  readonly signer: string | null;
  readonly signature: string | null;
}

interface TickRow extends Omit<IndexTick, 'symbol' | 'compositionJump' | 'quality'> {
  readonly quality: string;
  readonly jump: number;
}

/** Minutes of ticks: longer than any window, so that settlements rarely need to look back. */
const KEPT_TICKS = 20_000;
const TICKS_PER_READ = 20_000;

export class RecordedTicks {
  readonly #db: SqliteDatabase;
  readonly #sql: ReturnType<typeof prepare>;
  /** Consecutive, oldest first. */
  #kept: IndexTick[] = [];

  constructor(path: string) {
    this.#db = openSqlite({ path, readonly: true, migrations: 'any' });
    // One view of the log for the whole audit, whatever is recorded meanwhile.
    this.#db.exec('BEGIN');
    this.#sql = prepare(this.#db);
  }

  get lastSeq(): number {
    return this.#sql.last.get()?.seq ?? 0;
  }

  /** Where the chain stands; undefined for a log that never had one. */
  chainHead(): { readonly seq: number; readonly hash: Uint8Array } | undefined {
    const hasChain = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'chain'").get();
    if (!hasChain) return undefined;
    return this.#db.prepare<[], { seq: number; hash: Uint8Array }>('SELECT seq, hash FROM chain').get();
  }

  checkpoints(): CheckpointRow[] {
    if (!this.chainHead()) return [];
    const columns = 'seq, at_ms AS atMs, hash, signer, signature';
    return this.#db.prepare<[], CheckpointRow>(`SELECT ${columns} FROM checkpoints ORDER BY seq`).all();
  }

  /** All of them, piece by piece. */
  *pieces(): Generator<readonly IndexTick[], void, undefined> {
    for (let seq = 0; ; ) {
      const ticks = this.#sql.after.all(seq, TICKS_PER_READ).map(tickOf);
      const last = ticks.at(-1);
      if (!last) return;
      seq = last.seq;
      this.#kept = [...this.#kept.slice(-KEPT_TICKS), ...ticks];
      yield ticks;
    }
  }

  /**
   * Ticks of fromSeq … toSeq as far as a settlement looks at them: from the last one at or before
   * `opensAtMs`. Fewer than asked for if they are not recorded.
   */
  stretch(fromSeq: number, toSeq: number, opensAtMs: number): readonly IndexTick[] {
    const baseSeq = this.#kept[0]?.seq ?? Number.POSITIVE_INFINITY;
    if (fromSeq < baseSeq) {
      const ticks = this.#sql.between.all(fromSeq, toSeq).map(tickOf);
      return ticks.slice(lastNotAfter(ticks, 0, ticks.length - 1, opensAtMs));
    }
    const from = fromSeq - baseSeq;
    const to = Math.min(toSeq - baseSeq, this.#kept.length - 1);
    return this.#kept.slice(lastNotAfter(this.#kept, from, to, opensAtMs), to + 1);
  }

  at(seq: number): IndexTick | undefined {
    const baseSeq = this.#kept[0]?.seq ?? Number.POSITIVE_INFINITY;
    if (seq >= baseSeq) return this.#kept[seq - baseSeq];
    return this.#sql.between.all(seq, seq).map(tickOf)[0];
  }

  close(): void {
    this.#db.close();
  }
}

/** The last index from `from` to `to` with atMs ≤ `atMs`; `from` if there is none. */
function lastNotAfter(ticks: readonly IndexTick[], from: number, to: number, atMs: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ticks[middle]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function prepare(db: SqliteDatabase) {
  const select =
    'SELECT seq, at_ms AS atMs, price_cents AS priceCents, quality, venues, venue_mask AS venueMask, ' +
    'composition_jump AS jump FROM ticks';
  return {
    last: db.prepare<[], { seq: number }>('SELECT seq FROM ticks ORDER BY seq DESC LIMIT 1'),
    after: db.prepare<[number, number], TickRow>(`${select} WHERE seq > ? ORDER BY seq LIMIT ?`),
    between: db.prepare<[number, number], TickRow>(`${select} WHERE seq BETWEEN ? AND ? ORDER BY seq`),
  };
}

const tickOf = ({ jump, quality, priceCents, ...row }: TickRow): IndexTick => ({
  symbol: SYMBOL,
  ...row,
  priceCents: cents(priceCents),
  quality: quality as TickQuality,
  compositionJump: jump === 1,
});
