/** The real store with another way to commit: to count, to fail, to die. Everything else passes through. */
import type { LedgerBatch, LedgerStore } from '../../src/actors/resolver/ledger-store.ts';

export const withCommit = (
  store: LedgerStore,
  commit: (store: LedgerStore, batch: LedgerBatch) => Promise<void>,
): LedgerStore => ({
  outbox: store.outbox,
  books: store.books,
  load: () => store.load(),
  commit: (batch) => commit(store, batch),
  findAnswers: (keys) => store.findAnswers(keys),
  findBet: (wallet, betId) => store.findBet(wallet, betId),
  listBets: (query) => store.listBets(query),
  totals: () => store.totals(),
  findAction: (id) => store.findAction(id),
  listActions: (limit) => store.listActions(limit),
  settledSince: (wallet, sinceMs) => store.settledSince(wallet, sinceMs),
  close: () => store.close(),
});

export type CommitFault = 'before' | 'after';

/** A store whose commits can be made to fail, before or after they took effect. */
export class FaultyCommits {
  fault: CommitFault | undefined;

  readonly wrap = (store: LedgerStore): LedgerStore =>
    withCommit(store, async (real, batch) => {
      const { fault } = this;
      if (fault === 'before') throw new Error('database or disk is full');
      await real.commit(batch);
      if (fault === 'after') throw new Error('killed after the commit');
    });
}
