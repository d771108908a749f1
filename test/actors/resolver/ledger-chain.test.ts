/** The chain over what a ledger committed: what extends it, what does not, and that old ledgers get one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerReplay } from '../../../src/actors/resolver/ledger-replay.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { refused } from '../../../src/protocol/errors.ts';
import { WALLET } from '../../support/market.ts';
import { LedgerFile } from './ledger-file.ts';

let file: LedgerFile;
beforeEach(async () => {
  file = new LedgerFile();
  await file.fill();
});
afterEach(() => file.remove());

describe('the chain of a ledger', () => {
  it('is extended by a refusal alone, an operator alone, a limit alone; not by a cursor alone', async () => {
    const store = new SqliteLedgerStore(openLedgerDatabase(file.path));
    const key = { wallet: WALLET, idempotencyKey: 'k', fingerprint: 'f'.repeat(64) };
    const about = { atMs: 1, tickSeq: 1, actor: 'ann', target: '', reason: 'because', bets: 0 };
    const limits = { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: 5 };
    const seqs: number[] = [];
    for (const change of [
      {},
      { answers: [{ ...key, answer: refused('PAUSED') }] },
      { actions: [{ ...about, id: 'a', action: 'pause' as const }] },
      { limits: [{ wallet: WALLET, atMs: 1, limits: { now: limits, next: limits, fromMs: 1 } }] },
    ]) {
      await store.commit({ booked: [], answers: [], cursorSeq: 100, ...change });
      seqs.push(store.books.head().commitSeq);
    }
    expect(seqs).toEqual([4, 5, 6, 7]);
    expect(store.books.readBack().step(1_000)).toEqual({ isCaughtUp: true, problems: [] });
    await store.close();
    expect(file.audit().ok).toBe(true);
  });

  it('goes on across lives, and a commit that fails leaves it as it was', async () => {
    const store = new SqliteLedgerStore(openLedgerDatabase(file.path));
    const before = store.books.head();
    await expect(
      store.commit(file.batch([{ type: 'HouseFunded', amountMicros: 5 as never }])),
    ).rejects.toThrow();
    expect(store.books.head()).toEqual(before);
    await store.close();
    expect(await file.write()).toEqual(before);
  });

  it('is the same read in steps of any size, and picks up what is committed meanwhile', async () => {
    const db = openLedgerDatabase(file.path);
    for (const rows of [1, 2, 3, 7, 100]) {
      const replay = new LedgerReplay(db);
      const problems: string[] = [];
      for (let isCaughtUp = false; !isCaughtUp; ) {
        const step = replay.step(rows);
        problems.push(...step.problems);
        isCaughtUp = step.isCaughtUp;
      }
      expect([problems, replay.verifiedSeq, replay.rows]).toEqual([[], 4, 14]);
    }
    db.close();
  });

  it('of a ledger that had none begins with all of it in one commit', async () => {
    file.spoil('DELETE FROM commits');
    const head = await file.write();
    expect(head).toMatchObject({ commitSeq: 1, transferSeq: 14 });
    expect(file.audit().ok).toBe(true);
    expect(await file.write()).toEqual(head);
  });
});
