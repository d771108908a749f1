/**
 * Looks after the ledger while it is written: compares it with its anchored heads at the start, keeps the
 * anchor up to date, and reads back what was committed, from the first transfer, a bounded piece at a time.
 *
 * The first word of something wrong stays: this life takes no bets any more. Settlements and reads go on.
 * The anchor is written beside the turns and at most once a second; one that could not be written is tried
 * again, and holds nobody up.
 */
import type { ActorContext } from '../../runtime/index.ts';
import type { LedgerAnchor } from './ledger-anchor.ts';
import type { LedgerHead } from './ledger-chain.ts';
import { refuseOlderThan } from './ledger-guard.ts';
import type { LedgerBooks } from './ledger-store.ts';

export interface LedgerWatchOptions {
  readonly books: LedgerBooks;
  readonly anchor: LedgerAnchor;
  /** Of no weight if it is gone, or belongs to another ledger. */
  readonly anchorCopy: LedgerAnchor | undefined;
  readonly context: Pick<ActorContext, 'clock' | 'log' | 'metrics'>;
}

const ANCHOR_INTERVAL_MS = 1_000;
const SUM_INTERVAL_MS = 60_000;
const HEAD_LOG_INTERVAL_MS = 60 * 60 * 1_000;
/** About 2 ms of reading. */
const ROWS_PER_LOOK = 1_000;
/** At the start, before the first bet: the newest state of a small ledger, whole. */
const ROWS_AT_START = 20_000;

export class LedgerWatch {
  readonly #options: LedgerWatchOptions;
  readonly #reader: ReturnType<LedgerBooks['readBack']>;
  #anchored: LedgerHead | undefined;
  #writing: Promise<void> | undefined;
  #anchorAtMs = Number.NEGATIVE_INFINITY;
  #sumAtMs = Number.NEGATIVE_INFINITY;
  #logAtMs = Number.NEGATIVE_INFINITY;
  #isBroken = false;

  constructor(options: LedgerWatchOptions) {
    this.#options = options;
    this.#reader = options.books.readBack();
  }

  /** True from the first thing on that was found wrong. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Rejects with StartRefusedError if an anchor knows more than the ledger. */
  async start(): Promise<void> {
    const { books, anchor, anchorCopy } = this.#options;
    const anchored = await anchor.read();
    if (anchored) refuseOlderThan(anchored, books);
    const copied = await anchorCopy?.read();
    if (copied?.ledgerId === books.head().ledgerId) refuseOlderThan(copied, books);
    this.#anchored = anchored;
    this.#read(ROWS_AT_START);
  }

  /** One more look; call it between turns. */
  look(): void {
    const { books, context } = this.#options;
    const nowMs = context.clock.monotonicMs();
    this.#read(ROWS_PER_LOOK);
    if (nowMs - this.#sumAtMs >= SUM_INTERVAL_MS) {
      this.#sumAtMs = nowMs;
      const sumMicros = books.sumMicros();
      if (sumMicros !== 0) this.#found([`the ledger sums to ${sumMicros}`]);
    }
    if (nowMs - this.#logAtMs >= HEAD_LOG_INTERVAL_MS) {
      this.#logAtMs = nowMs;
      context.log.info({ ...books.head() }, 'head of the ledger');
    }
    if (nowMs - this.#anchorAtMs < ANCHOR_INTERVAL_MS || this.#writing) return;
    this.#anchorAtMs = nowMs;
    void this.#writeAnchor();
  }

  /** The last head is anchored when this resolves, unless that cannot be written. */
  async stop(): Promise<void> {
    await this.#writing;
    await this.#writeAnchor();
  }

  #read(rowsMax: number): void {
    const startedMs = this.#options.context.clock.monotonicMs();
    this.#found(this.#reader.step(rowsMax).problems);
    const { metrics, clock } = this.#options.context;
    metrics.observeSeconds('resolver_ledger_check_seconds', (clock.monotonicMs() - startedMs) / 1_000);
  }

  #found(problems: readonly string[]): void {
    if (problems.length === 0) return;
    const { metrics, log } = this.#options.context;
    metrics.count('resolver_ledger_problems_total', {}, problems.length);
    if (!this.#isBroken)
      log.fatal(
        { incident: 'LEDGER_CHECK_FAILED', problems: problems.slice(0, 10) },
        'the ledger is wrong: taking no bets',
      );
    this.#isBroken = true;
  }

  async #writeAnchor(): Promise<void> {
    const { books, anchor, anchorCopy, context } = this.#options;
    const head = books.head();
    // What is known to be wrong must not become what the next start is compared with.
    if (this.#isBroken || head.hash === this.#anchored?.hash) return;
    this.#writing = (async () => {
      try {
        await anchor.write(head);
        this.#anchored = head;
        await anchorCopy?.write(head);
      } catch {
        context.metrics.count('resolver_anchor_failures_total');
      }
    })();
    await this.#writing;
    this.#writing = undefined;
  }
}
