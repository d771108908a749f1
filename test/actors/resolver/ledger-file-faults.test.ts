/** The ledger's file in trouble: cut, flipped, torn, overwritten, locked by somebody else, or out of room. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerBatch } from '../../../src/actors/resolver/ledger-store.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { micros } from '../../../src/domain/units.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { betOn, cellAt, cellSettled, WALLET } from '../../support/market.ts';
import { startRig } from '../../support/resolver-rig.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-faults-'));
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true }));

const bet = betOn(cellAt());
const decided = { decidedSeq: 3, decidedAtMs: bet.acceptedAtMs + 1 };
/** One commit each: funded and opened, staked, settled. The cursor says how many there were. */
const BATCHES: readonly LedgerBatch[] = (
  [
    [
      { type: 'HouseFunded', amountMicros: micros(100_000_000) },
      { type: 'AccountOpened', wallet: WALLET, grantMicros: micros(5_000_000) },
    ],
    [{ type: 'BetAccepted', bet }],
    [cellSettled({ outcome: 'won', ...decided }, bet)],
  ] as const
).map((events, index) => ({
  booked: events.map((event) => ({ event, tickSeq: index + 1 })),
  answers: [],
  cursorSeq: index + 1,
}));

/** All of them in the log of writes alone, the tables already in the file. */
async function write(): Promise<SqliteLedgerStore> {
  const db = openLedgerDatabase(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const store = new SqliteLedgerStore(db);
  for (const batch of BATCHES) await store.commit(batch);
  return store;
}

/** What a start finds in that copy: how many commits, and whether the books add up. */
async function found(copy: string): Promise<{ commits: number; sums: number[]; check: unknown }> {
  const db = openLedgerDatabase(copy);
  const store = new SqliteLedgerStore(db);
  const [{ cursorSeq }, { sumMicros, escrowMicros, bets }] = [await store.load(), await store.totals()];
  const check = db.pragma('integrity_check', { simple: true });
  await store.close();
  return { commits: cursorSeq, sums: [sumMicros, escrowMicros - bets.open * bet.payoutMicros], check };
}

describe('a ledger after a power cut', () => {
  it('whose log of writes is cut at every 509th byte holds a prefix of what was committed', async () => {
    const store = await write();
    const walBytes = statSync(`${path}-wal`).size;
    const commits: number[] = [];
    for (let bytes = 0; bytes <= walBytes + 508; bytes += 509) {
      const copy = join(dir, `cut-${bytes}.sqlite`);
      cpSync(path, copy);
      cpSync(`${path}-wal`, `${copy}-wal`);
      truncateSync(`${copy}-wal`, Math.min(bytes, walBytes));
      const { commits: left, sums, check } = await found(copy);
      expect({ bytes, sums, check }).toEqual({ bytes, sums: [0, 0], check: 'ok' });
      commits.push(left);
      for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
    }
    expect(commits).toEqual(commits.toSorted((a, b) => a - b));
    expect(new Set(commits)).toEqual(new Set([0, 1, 2, 3]));
    await store.close();
  });

  it('with a flipped bit in its log of writes holds what was committed before it', async () => {
    const store = await write();
    const wal = readFileSync(`${path}-wal`);
    const commits = new Set<number>();
    for (let at = 24; at < wal.length; at += 8_191) {
      const copy = join(dir, `flip-${at}.sqlite`);
      cpSync(path, copy);
      const flipped = Buffer.from(wal);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      writeFileSync(`${copy}-wal`, flipped);
      const { commits: left, sums, check } = await found(copy);
      expect({ at, sums, check }).toEqual({ at, sums: [0, 0], check: 'ok' });
      commits.add(left);
    }
    expect([...commits].every((count) => count < BATCHES.length)).toBe(true);
    await store.close();
  });
});

describe('a damaged ledger', () => {
  beforeEach(async () => (await write()).close());

  it.each([
    ['a header of zeros', (file: Buffer) => file.fill(0, 0, 100)],
    ['a header of something else', (file: Buffer) => file.fill('x', 0, 16)],
    ['half of its pages missing', (file: Buffer) => file.subarray(0, file.length / 2)],
    ['torn pages', (file: Buffer) => file.fill(0xa5, 4_096 + 512)],
  ])('with %s is refused, and left as it is', async (_what, damage) => {
    const damaged = Buffer.from(damage(readFileSync(path)));
    writeFileSync(path, damaged);
    const open = async (): Promise<unknown> => new SqliteLedgerStore(openLedgerDatabase(path)).load();
    await expect(open()).rejects.toMatchObject({ code: /^SQLITE_(NOTADB|CORRUPT)/ });
    expect(readFileSync(path).equals(damaged)).toBe(true);
  });
});

describe('a commit', () => {
  it('that another writer keeps out fails as a whole, and goes through once it is gone', async () => {
    const outside = openLedgerDatabase(path);
    const db = openLedgerDatabase(path);
    expect(db.pragma('busy_timeout', { simple: true })).toBe(5_000);
    db.pragma('busy_timeout = 50');
    const store = new SqliteLedgerStore(db);
    outside.exec('BEGIN IMMEDIATE');
    await expect(store.commit(BATCHES[0] as LedgerBatch)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    expect(await store.load()).toMatchObject({ isNew: true, cursorSeq: 0 });
    outside.exec('ROLLBACK');
    await store.commit(BATCHES[0] as LedgerBatch);
    expect(await store.load()).toMatchObject({ isNew: false, cursorSeq: 1 });
    outside.close();
    await store.close();
  });
});

describe('a disk without room', () => {
  it('answers no bet that it cannot keep; with room again each request is one bet', async () => {
    const rig = await startRig();
    const wallets = Array.from({ length: 40 }, (_, n) => `0x${String(n).padStart(40, '0')}`);
    for (const wallet of wallets) await rig.openAccount(wallet);
    // Of pages that are free inside the file, none is left.
    rig.database.exec('VACUUM');
    const pagesMax = Number(rig.database.pragma('max_page_count', { simple: true }));
    // Not one page more: SQLite itself says that the disk is full.
    rig.database.pragma(`max_page_count = ${Number(rig.database.pragma('page_count', { simple: true }))}`);
    const answers: Promise<unknown>[] = [];
    let answered = 0;
    for (const wallet of wallets) {
      const { answer } = await rig.send(rig.body({ wallet }));
      answers.push(answer.then(() => (answered += 1)));
      await rig.tick();
      if (rig.system.isCrashed(RESOLVER.name)) break;
    }
    expect(rig.system.crashes.at(-1)?.error).toMatchObject({ code: 'SQLITE_FULL' });
    expect(answered).toBe(answers.length - 1);
    expect(await rig.store.totals()).toMatchObject({ sumMicros: 0, bets: { open: answered } });

    rig.database.pragma(`max_page_count = ${pagesMax}`);
    await rig.restart();
    await rig.ticks(2);
    await Promise.all(answers);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: answers.length } });
    rig.system.expectNoDeadLetters();
  });
});
