/**
 * The chain in the tick log's own file. Checkpoints are signed when they are made; one that was made without
 * a key (an import) is signed when it is first asked for, which is as good: it never changes.
 */

import { TICKS_PER_PROOF_MAX } from '../../domain/proof/proof.ts';
import { hexOf } from '../../domain/proof/proof-bytes.ts';
import { type SignedCheckpoint, statementDigests } from '../../domain/proof/signed-statements.ts';
import { canonicalTick, chainStep, closesMinute } from '../../domain/proof/tick-chain.ts';
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { type SqliteDatabase, StartRefusedError } from '../../runtime/index.ts';
import { keccak256, sha256 } from '../../runtime/secp256k1.ts';
import type { ChainHead, ChainLinks, CheckpointKey, LinksRefusal, TickChain } from './tick-chain.ts';

export const TICK_CHAIN_MIGRATION = `
  CREATE TABLE chain (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 9007199254740991),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
  ) STRICT;
  INSERT INTO chain (id, seq, hash) VALUES (1, 0, zeroblob(32));
  CREATE TRIGGER chain_goes_forward BEFORE UPDATE ON chain
    WHEN NEW.seq < OLD.seq OR NEW.seq > (SELECT coalesce(max(seq), 0) FROM ticks)
    BEGIN SELECT RAISE(ABORT, 'tick chain: it goes back, or ahead of the log'); END;
  CREATE TABLE checkpoints (
    seq INTEGER PRIMARY KEY CHECK (seq BETWEEN 1 AND 9007199254740991),
    at_ms INTEGER NOT NULL UNIQUE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    signer TEXT,
    signature TEXT,
    CHECK ((signer IS NULL) = (signature IS NULL))
  ) STRICT;
  CREATE TRIGGER checkpoints_never_change BEFORE UPDATE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'tick chain: a checkpoint never changes'); END;
  CREATE TRIGGER checkpoints_never_go BEFORE DELETE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'tick chain: a checkpoint never goes'); END;`;

interface Place {
  readonly seq: number;
  readonly hash: Uint8Array;
}
interface CheckpointRow extends Place {
  readonly at_ms: number;
  readonly signer: string | null;
  readonly signature: string | null;
}

/** What the chain reads of the log it belongs to. */
export interface ChainedLog {
  at(seq: number): IndexTick | undefined;
  after(seq: number, limit: number): IndexTick[];
}

const CHECKED_PER_READ = 5_000;
const digests = statementDigests({ keccak256 });

export class SqliteTickChain implements TickChain {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #log: ChainedLog;
  readonly #key: CheckpointKey | undefined;
  readonly #catchUp: (limit: number) => void;

  constructor(db: SqliteDatabase, log: ChainedLog, key: CheckpointKey | undefined) {
    this.#sql = prepare(db);
    this.#log = log;
    this.#key = key;
    this.#catchUp = db.transaction((limit: number) => {
      const { seq } = this.#place();
      this.extend(this.#log.at(seq) ?? null, this.#log.after(seq, limit));
    }).immediate;
  }

  head(): ChainHead {
    const { seq, hash } = this.#place();
    return { seq, hash: hexOf(hash) };
  }

  /** In the transaction that writes `ticks`, which follow `last`; does nothing while the chain is behind. */
  extend(last: IndexTick | null, ticks: readonly IndexTick[]): void {
    const place = this.#place();
    const [first] = ticks;
    if (!first || place.seq !== first.seq - 1) return;
    let { seq, hash } = place;
    let before = last;
    for (const tick of ticks) {
      if (before && closesMinute(before, tick)) this.#close(before, hash);
      hash = chainStep(hash, canonicalTick(tick), sha256);
      seq = tick.seq;
      before = tick;
    }
    this.#sql.moveHead.run(seq, hash);
  }

  catchUp(limit: number): number {
    const lastSeq = this.#sql.lastTick.get()?.seq ?? 0;
    if (this.#place().seq < lastSeq) this.#catchUp(limit);
    return lastSeq - this.#place().seq;
  }

  /** From the last checkpoint but one, so that a whole minute is behind a signature. */
  check(): void {
    const head = this.#place();
    const [newest, older] = this.#sql.newest.all(2);
    const start: Place = older ?? { seq: 0, hash: new Uint8Array(head.hash.length) };
    let { seq, hash } = start;
    while (seq < head.seq) {
      const ticks = this.#log.after(seq, Math.min(CHECKED_PER_READ, head.seq - seq));
      if (ticks.length === 0) throw broken(`ticks after ${seq} are gone; ${head.seq} were chained`);
      for (const tick of ticks) {
        hash = chainStep(hash, canonicalTick(tick), sha256);
        seq = tick.seq;
        if (seq === newest?.seq && hexOf(hash) !== hexOf(newest.hash))
          throw broken(`ticks up to the checkpoint at ${seq} are not the ones that were chained`);
      }
    }
    if (hexOf(hash) !== hexOf(head.hash))
      throw broken(`ticks up to ${head.seq} are not the ones that were chained`);
  }

  links(fromSeq: number, toSeq: number): ChainLinks | LinksRefusal {
    const before = this.#sql.before.get(fromSeq);
    const after = this.#sql.after.get(toSeq) ?? this.#headAsCheckpoint(toSeq);
    if (!after) return 'pending';
    const count = after.seq - (before?.seq ?? 0);
    if (count > TICKS_PER_PROOF_MAX) return 'too-long';
    const signedAfter = this.#signedNow(after);
    const signedBefore = before ? this.#signedNow(before) : null;
    if (!signedAfter || signedBefore === undefined) return 'unsigned';
    const ticks = this.#log.after(before?.seq ?? 0, count).map(canonicalTick);
    return { before: signedBefore, ticks, after: signedAfter };
  }

  checkpoints(fromMs: number, limit: number): SignedCheckpoint[] {
    return this.#sql.since.all(fromMs, limit).flatMap((row) => this.#signed(row) ?? []);
  }

  #place(): Place {
    const place = this.#sql.head.get();
    if (!place) throw broken('it has no head');
    return place;
  }

  #close({ seq, atMs }: IndexTick, hash: Uint8Array): void {
    const row = { seq, at_ms: atMs, hash, signer: null, signature: null };
    const signed = this.#key && this.#signed(row);
    this.#sql.insert.run(seq, atMs, hash, signed?.signer ?? null, signed?.signature ?? null);
  }

  /** A place like any other, in a minute that has not ended. */
  #headAsCheckpoint(toSeq: number): CheckpointRow | undefined {
    const { seq, hash } = this.#place();
    const last = seq < toSeq ? undefined : this.#log.at(seq);
    return last && { seq, at_ms: last.atMs, hash, signer: null, signature: null };
  }

  /** By the key of now, also what another key signed before: all of a proof has one signer. */
  #signedNow(row: CheckpointRow): SignedCheckpoint | undefined {
    const isOurs = this.#key === undefined || this.#key.address === row.signer;
    return this.#signed(isOurs ? row : { ...row, signer: null, signature: null });
  }

  #signed({ seq, at_ms: atMs, hash, signer, signature }: CheckpointRow): SignedCheckpoint | undefined {
    const checkpoint = { symbol: SYMBOL, seq, atMs, hash: hexOf(hash) };
    if (signer !== null && signature !== null) return { ...checkpoint, signer, signature };
    if (!this.#key) return undefined;
    const { address } = this.#key;
    return { ...checkpoint, signer: address, signature: this.#key.sign(digests.checkpoint(checkpoint)) };
  }
}

const broken = (found: string): StartRefusedError =>
  new StartRefusedError('TICK_CHAIN_BROKEN', `the tick log was changed behind its chain: ${found}`);

function prepare(db: SqliteDatabase) {
  const select = 'SELECT seq, at_ms, hash, signer, signature FROM checkpoints';
  return {
    head: db.prepare<[], Place>('SELECT seq, hash FROM chain WHERE id = 1'),
    moveHead: db.prepare<[number, Uint8Array]>('UPDATE chain SET seq = ?, hash = ? WHERE id = 1'),
    lastTick: db.prepare<[], { seq: number }>('SELECT seq FROM ticks ORDER BY seq DESC LIMIT 1'),
    insert: db.prepare<[number, number, Uint8Array, string | null, string | null]>(
      'INSERT INTO checkpoints (seq, at_ms, hash, signer, signature) VALUES (?, ?, ?, ?, ?)',
    ),
    newest: db.prepare<[number], CheckpointRow>(`${select} ORDER BY seq DESC LIMIT ?`),
    before: db.prepare<[number], CheckpointRow>(`${select} WHERE seq < ? ORDER BY seq DESC LIMIT 1`),
    after: db.prepare<[number], CheckpointRow>(`${select} WHERE seq >= ? ORDER BY seq LIMIT 1`),
    since: db.prepare<[number, number], CheckpointRow>(`${select} WHERE at_ms >= ? ORDER BY at_ms LIMIT ?`),
  };
}
