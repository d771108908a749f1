/**
 * Keeps the price history equal to the last seven days of the tick log, or to as many ticks as Redis can hold
 * beside everything else, and reads from it where it is. A failure of the history never reaches the caller:
 * the log alone answers then.
 *
 * How it stays honest: the history only ever grows at its two ends, so it is one unbroken run of ticks; every
 * append and every read says where that run begins and ends, and the log knows where it should. A run that
 * is too short (evicted, flushed, written while Redis was away) is made longer by `step`, newest first, one
 * chunk at a time; a run that is not the log's (another log, a foreign member) is cleared.
 */
import type { IndexTick } from '../../domain/tick.ts';
import { PRICE_HISTORY_MS } from '../../protocol/redis-keys.ts';
import type { Clock, Logger, Metrics } from '../../runtime/index.ts';
import type { HistoryExtent, PriceHistory } from './price-history.ts';
import type { TickLog, TickRange } from './tick-log.ts';

export interface HistoryUpkeepOptions {
  readonly tickLog: TickLog;
  readonly history: PriceHistory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Ticks moved from the log to the history in one step. */
  readonly chunkTicks: number;
  /** Ticks the history holds at most; older ones are read from the log. */
  readonly ticksMax?: number;
}

/** What `step` leaves to do: the run grows on, the history cannot be reached, nothing. */
export type UpkeepState = 'behind' | 'away' | 'complete';

/**
 * A member of the sorted set costs 138 bytes (measured): this many take 166 MB, a third of Redis. Seven days
 * at 10 Hz would take 836 MB, and eviction would begin with mailboxes and sessions.
 */
const TICKS_MAX_DEFAULT = 1_200_000;
const PRUNE_INTERVAL_MS = 1_000;
/** One prune removes at most this much time: a week of ticks at once would block Redis for a second. */
const PRUNE_SPAN_MS = 10 * 60 * 1_000;

export class HistoryUpkeep {
  readonly #options: HistoryUpkeepOptions;
  #state: UpkeepState = 'behind';
  /** Newest seq the history is known to hold; undefined until a step found out. */
  #toSeq: number | undefined;
  #nextPruneMs = 0;

  constructor(options: HistoryUpkeepOptions) {
    this.#options = options;
  }

  get state(): UpkeepState {
    return this.#state;
  }

  /** The ticks are in the log; adds them here if they join on. If not, a later step takes them from there. */
  async recorded(ticks: readonly IndexTick[]): Promise<void> {
    const [first] = ticks;
    if (!first || this.#toSeq !== first.seq - 1) return;
    await this.#attempt(async (history) => {
      const extent = await history.append(ticks);
      this.#judge(extent);
      await this.#pruneSometimes(history, extent);
    });
  }

  /** One bounded piece of work towards `complete`. */
  async step(): Promise<UpkeepState> {
    await this.#attempt(async (history) => {
      const extent = await this.#ownExtent(history);
      const grown = await this.#grow(history, extent);
      if (grown) this.#judge(grown);
      else this.#judge(extent);
    });
    return this.#state;
  }

  /** From the history if it holds the whole range, else from the log. */
  async read(range: TickRange): Promise<IndexTick[]> {
    const { tickLog, metrics } = this.#options;
    if (this.#state !== 'away') {
      const found = await this.#attempt(async (history) => {
        const { ticks, extent } = await history.range(range);
        this.#judge(extent);
        return extent && this.#covers(extent, range) ? [...ticks] : undefined;
      });
      metrics.count('history_reads_total', { from: found ? 'redis' : 'sqlite' });
      if (found) return found;
    }
    return tickLog.range(range);
  }

  /** The extent, or undefined after clearing what is no unbroken run of the log's own ticks. */
  async #ownExtent(history: PriceHistory): Promise<HistoryExtent | undefined> {
    const extent = await history.extent();
    if (!extent) return undefined;
    if (extent.isComplete && this.#options.tickLog.at(extent.toSeq)?.atMs === extent.toMs) return extent;
    this.#options.log.warn({ extent }, 'the price history is not of this tick log: cleared');
    await history.clear();
    return undefined;
  }

  /** Adds one chunk at the end that lags, the newer one first. Undefined if neither does. */
  async #grow(history: PriceHistory, extent: HistoryExtent | undefined): Promise<HistoryExtent | undefined> {
    const { tickLog, chunkTicks, metrics } = this.#options;
    const { last } = tickLog.head();
    if (!last) return undefined;
    const newer = extent ? tickLog.after(extent.toSeq, chunkTicks) : [];
    if (newer.length > 0) return history.append(newer);
    const older = tickLog.before(extent?.fromSeq ?? last.seq + 1, this.#horizonMs(last), chunkTicks);
    if (older.length === 0) return undefined;
    metrics.count('history_rehydrated_ticks_total', {}, older.length);
    return history.rehydrate(older);
  }

  /** Compares what the history holds with what the log says it should. */
  #judge(extent: HistoryExtent | undefined): void {
    const { tickLog } = this.#options;
    const { last } = tickLog.head();
    if (!last) {
      this.#toSeq = 0;
      this.#state = extent ? 'behind' : 'complete';
      return;
    }
    this.#toSeq = extent?.isComplete ? extent.toSeq : undefined;
    const oldest = tickLog.firstSince(this.#horizonMs(last));
    const reachesBack = extent !== undefined && extent.fromSeq <= (oldest?.seq ?? last.seq);
    this.#state = extent?.isComplete && extent.toSeq === last.seq && reachesBack ? 'complete' : 'behind';
  }

  #covers(extent: HistoryExtent, range: TickRange): boolean {
    const isUpToDate = extent.toSeq === this.#options.tickLog.head().last?.seq;
    return extent.isComplete && isUpToDate && (extent.fromMs <= range.fromMs || extent.fromSeq === 1);
  }

  async #pruneSometimes(history: PriceHistory, extent: HistoryExtent): Promise<void> {
    const { clock, tickLog } = this.#options;
    const { last } = tickLog.head();
    if (!last) return;
    const horizonMs = this.#horizonMs(last);
    if (extent.fromMs >= horizonMs || clock.monotonicMs() < this.#nextPruneMs) return;
    this.#nextPruneMs = clock.monotonicMs() + PRUNE_INTERVAL_MS;
    await history.prune(Math.min(horizonMs, extent.fromMs + PRUNE_SPAN_MS));
  }

  /** Ticks before this moment do not belong in the history. */
  #horizonMs(last: IndexTick): number {
    const { tickLog, ticksMax = TICKS_MAX_DEFAULT } = this.#options;
    const bySize = tickLog.at(last.seq - ticksMax + 1)?.atMs ?? 0;
    return Math.max(bySize, last.atMs - PRICE_HISTORY_MS);
  }

  async #attempt<R>(work: (history: PriceHistory) => Promise<R>): Promise<R | undefined> {
    try {
      return await work(this.#options.history);
    } catch (error) {
      if (this.#state !== 'away') this.#options.log.warn({ err: error }, 'the price history is away');
      this.#options.metrics.count('history_failures_total');
      this.#state = 'away';
      this.#toSeq = undefined;
      return undefined;
    }
  }
}
