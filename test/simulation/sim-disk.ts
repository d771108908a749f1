/**
 * The two SQLite databases: real ones, in memory, which outlive every process as files do. What is committed
 * stays; a commit may fail (disk full) and a life may end right before or after one.
 */
import type { TickLog } from '../../src/actors/history-writer/tick-log.ts';
import type { LedgerStore } from '../../src/actors/resolver/ledger-store.ts';
import type { TickLogReader } from '../../src/actors/resolver/tick-log-reader.ts';
import { micros } from '../../src/domain/units.ts';
import type { Faults } from './faults.ts';
import { Injected, type Life } from './life.ts';

export interface DiskWatch {
  readonly ticksCommitted: () => void;
  readonly ledgerCommitted: () => void;
  readonly ledgerLoaded: (isMisread: boolean) => void;
  readonly reached: (goal: string) => void;
}

export class SimDisk {
  readonly #faults: Faults;
  readonly #watch: DiskWatch;
  isFull = false;

  constructor(faults: Faults, watch: DiskWatch) {
    this.#faults = faults;
    this.#watch = watch;
  }

  tickLog(log: TickLog, life: Life): TickLog {
    return {
      chain: log.chain,
      head: () => log.head(),
      commit: (batch) => {
        this.#faults.crossingNow(life, 'ticks.commit');
        this.#assertRoom('ticks');
        log.commit(batch);
        this.#watch.ticksCommitted();
        this.#faults.crossingNow(life, 'ticks.commit done');
      },
      range: (range) => log.range(range),
      at: (seq) => log.at(seq),
      firstSince: (sinceMs) => log.firstSince(sinceMs),
      after: (seq, limit) => log.after(seq, limit),
      before: (seq, sinceMs, limit) => log.before(seq, sinceMs, limit),
      minuteCandles: (fromMs, toMs) => log.minuteCandles(fromMs, toMs),
      close: () => {},
    };
  }

  tickLogReader(log: TickLog, life: Life): TickLogReader {
    return {
      last: () => this.#step(life, 'ticks.read', () => log.head().last ?? undefined),
      readAfter: (seq, limit) => this.#step(life, 'ticks.read', () => log.after(seq, limit)),
      close: async () => {},
    };
  }

  ledger(store: LedgerStore, life: Life): LedgerStore {
    const step = <T>(label: string, work: () => Promise<T>): Promise<T> => this.#step(life, label, work);
    return {
      outbox: {
        head: () => step('outbox.read', () => store.outbox.head()),
        after: (seq, limit) => step('outbox.read', () => store.outbox.after(seq, limit)),
        renew: () => step('outbox.renew', () => store.outbox.renew()),
      },
      books: store.books,
      load: () =>
        step('ledger.load', async () => {
          const snapshot = await store.load();
          const isMisread = !snapshot.isNew && this.#faults.strikes('ledger-misread', 'house');
          this.#watch.ledgerLoaded(isMisread);
          if (!isMisread) return snapshot;
          const balances = snapshot.balances.map(
            ([name, held]) => [name, name === 'house' ? micros(held + 1) : held] as const,
          );
          return { ...snapshot, balances };
        }),
      commit: (batch) =>
        step('ledger.commit', async () => {
          this.#assertRoom('ledger');
          await store.commit(batch);
          this.#watch.ledgerCommitted();
        }),
      findAnswers: (keys) => step('ledger.read', () => store.findAnswers(keys)),
      findBet: (wallet, betId) => step('ledger.read', () => store.findBet(wallet, betId)),
      listBets: (query) => step('ledger.read', () => store.listBets(query)),
      totals: () => step('ledger.read', () => store.totals()),
      findAction: (id) => step('ledger.read', () => store.findAction(id)),
      listActions: (limit) => step('ledger.read', () => store.listActions(limit)),
      settledSince: (wallet, sinceMs) => step('ledger.read', () => store.settledSince(wallet, sinceMs)),
      close: async () => {},
    };
  }

  #step<T>(life: Life, label: string, work: () => Promise<T> | T): Promise<T> {
    const run = async (): Promise<T> => {
      this.#faults.crossingNow(life, label);
      const result = await work();
      this.#faults.crossingNow(life, `${label} done`);
      return result;
    };
    return life.guard(run());
  }

  #assertRoom(what: string): void {
    const isFull = this.isFull || this.#faults.strikes('commit-fails', what);
    if (!isFull) return;
    this.#watch.reached('commit failed');
    throw new Injected('injected: disk full');
  }
}
