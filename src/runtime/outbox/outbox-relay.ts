/**
 * Puts a log's entries on its stream, in order. It remembers nothing that must survive: where the stream ends
 * says what it lacks, and numbers the stream has had are refused by it.
 *
 * Never waited for and never throws. While the stream is away, each `kick` and `check` is one more try; a try
 * sends ENTRIES_PER_CALL_MAX entries at a time, at most CALLS_MAX times.
 */
import { failpoint } from '../failpoint.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import {
  ENTRIES_PER_CALL_MAX,
  type OutboxHead,
  type OutboxLog,
  type OutboxStream,
  SEED_ENTRIES_MAX,
} from './outbox.ts';

export interface OutboxRelayOptions {
  readonly outbox: OutboxLog;
  readonly stream: OutboxStream;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const CALLS_MAX = 64;

export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  /** Where the stream ended when it was last seen; undefined if that must be looked up. */
  #streamHead: OutboxHead | undefined;
  #isRunning = false;
  #isWanted = false;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
  }

  /** Something was committed. */
  kick(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Looks whether the stream still is what it was: call it now and then. */
  check(): void {
    if (!this.#isRunning) this.#streamHead = undefined;
    this.kick();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#catchUp();
      }
    } catch {
      this.#streamHead = undefined;
      this.#options.metrics.count('outbox_relay_failures_total');
    } finally {
      this.#isRunning = false;
    }
  }

  async #catchUp(): Promise<void> {
    const { outbox, stream } = this.#options;
    for (let calls = 0; calls < CALLS_MAX; calls += 1) {
      // First the stream: what is on it was committed before, so a log that ends earlier has gone back.
      const there = this.#streamHead ?? (await stream.head());
      const here = await outbox.head();
      if (there === undefined || there.log !== here.log || there.seq > here.seq) {
        await this.#seed(here, there);
        continue;
      }
      this.#streamHead = there;
      if (there.seq === here.seq) return;
      const entries = await outbox.after(there.seq, ENTRIES_PER_CALL_MAX);
      if (entries[0]?.seq !== there.seq + 1) {
        await this.#seed(here, there);
        continue;
      }
      this.#streamHead = await stream.append(here.log, entries);
      failpoint('outbox.relayed');
    }
  }

  async #seed(here: OutboxHead, there: OutboxHead | undefined): Promise<void> {
    const { outbox, stream, metrics, log } = this.#options;
    const isBehindItself = there?.log === here.log && there.seq > here.seq;
    if (isBehindItself) await outbox.renew();
    const { log: name } = isBehindItself ? await outbox.head() : here;
    const entries = await outbox.after(Math.max(0, here.seq - SEED_ENTRIES_MAX), SEED_ENTRIES_MAX);
    await stream.seed(name, entries);
    this.#streamHead = { log: name, seq: entries.at(-1)?.seq ?? 0 };
    const why = there === undefined ? 'missing' : isBehindItself ? 'log went back' : 'another log or too old';
    metrics.count('outbox_seeded_total', { why: why.replaceAll(' ', '_') });
    log.info({ why, entries: entries.length, seq: here.seq }, 'outbox stream seeded from its log');
  }
}
