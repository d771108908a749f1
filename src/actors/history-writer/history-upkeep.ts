/**
 * Keeps the price history equal to the last seven days of the tick log, in whole frames, and reads from it
 * where it is. A failure of the history never reaches the caller: the log alone answers then.
 *
 * How it stays honest: the history only ever grows at its two ends, so it is one unbroken run of ticks; every
 * change and every read says where that run begins and ends, and the log knows where it should. A run that is
 * too short (evicted, flushed, written while Redis was away) is made longer by `step`, newest first, a few
 * frames at a time; one that is not the log's, or is damaged, is cleared. Frames are made from the log only.
 */
import type { IndexTick } from '../../domain/tick.ts';
import { PRICE_HISTORY_MS } from '../../protocol/redis-keys.ts';
import type { Logger, Metrics } from '../../runtime/index.ts';
import { frameStartSeq, HistoryDamaged, type HistoryExtent, type PriceHistory } from './price-history.ts';
import type { TickLog, TickRange } from './tick-log.ts';

export interface HistoryUpkeepOptions {
  readonly tickLog: TickLog;
  readonly history: PriceHistory;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Frames moved from the log to the history in one step. Default: about 10 ms of work. */
  readonly framesPerStep?: number;
  /** How far back the history reaches, up to one frame further. Default: seven days. */
  readonly spanMs?: number;
}

/** What `step` leaves to do: the run grows on, the history cannot be reached, nothing. */
export type UpkeepState = 'behind' | 'away' | 'complete';

const FRAMES_PER_STEP_DEFAULT = 5;

export class HistoryUpkeep {
  readonly #options: Required<HistoryUpkeepOptions>;
  #state: UpkeepState = 'behind';
  /** Newest seq the history is known to hold; undefined until a step found out. */
  #toSeq: number | undefined;

  constructor(options: HistoryUpkeepOptions) {
    this.#options = { framesPerStep: FRAMES_PER_STEP_DEFAULT, spanMs: PRICE_HISTORY_MS, ...options };
  }

  get state(): UpkeepState {
    return this.#state;
  }

  /** The ticks are in the log; adds them here if they join on. If not, a later step takes them from there. */
  async recorded(ticks: readonly IndexTick[]): Promise<void> {
    const [first] = ticks;
    if (!first || this.#toSeq !== first.seq - 1) return;
    await this.#attempt(async (history) => {
      const appended = await history.append(ticks);
      this.#judge((await this.#seal(history, appended)) ?? appended);
      await this.#prune(history, appended);
    });
  }

  /** One bounded piece of work towards `complete`. */
  async step(): Promise<UpkeepState> {
    await this.#attempt(async (history) => {
      const extent = await this.#ownExtent(history);
      const grown = await this.#grow(history, extent);
      this.#judge(grown ?? extent);
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

  /** Adds a few frames at the end that lags, the newer one first. Undefined if neither does. */
  async #grow(history: PriceHistory, extent: HistoryExtent | undefined): Promise<HistoryExtent | undefined> {
    const { tickLog } = this.#options;
    const { last } = tickLog.head();
    if (!last) return undefined;
    if (!extent) return this.#begin(history, last);
    const newer = tickLog.after(extent.toSeq, this.#chunkTicks(history));
    if (newer.length > 0) {
      const appended = await history.append(newer);
      return (await this.#seal(history, appended)) ?? appended;
    }
    return (await this.#seal(history, extent)) ?? this.#growBack(history, extent, last);
  }

  /** The newest frame, or as much of it as there is. */
  async #begin(history: PriceHistory, last: IndexTick): Promise<HistoryExtent> {
    const startSeq = frameStartSeq(last.seq, history.frameTicks);
    return this.#put(history, this.#options.tickLog.after(startSeq - 1, history.frameTicks));
  }

  /** Up to the start of its oldest frame, which may have lost ticks, then whole frames. */
  async #growBack(
    history: PriceHistory,
    { fromSeq }: HistoryExtent,
    last: IndexTick,
  ): Promise<HistoryExtent | undefined> {
    const { tickLog } = this.#options;
    const startSeq = frameStartSeq(fromSeq, history.frameTicks);
    if (startSeq < fromSeq) return history.append(tickLog.after(startSeq - 1, fromSeq - startSeq));
    const backToSeq = Math.max(this.#horizonSeq(last), fromSeq - this.#chunkTicks(history));
    if (backToSeq >= fromSeq) return undefined;
    return this.#put(history, tickLog.after(backToSeq - 1, fromSeq - backToSeq));
  }

  async #put(history: PriceHistory, ticks: readonly IndexTick[]): Promise<HistoryExtent> {
    this.#options.metrics.count('history_rehydrated_ticks_total', {}, ticks.length);
    return ticks.length % history.frameTicks === 0 ? history.seal(ticks) : history.append(ticks);
  }

  /** Packs what is whole of the single ticks. Undefined if nothing is. */
  async #seal(history: PriceHistory, extent: HistoryExtent): Promise<HistoryExtent | undefined> {
    const frames = Math.floor((extent.toSeq - extent.sealedToSeq) / history.frameTicks);
    const startSeq = extent.sealedToSeq + 1;
    if (!extent.isComplete || frames === 0) return undefined;
    if (startSeq !== frameStartSeq(startSeq, history.frameTicks)) return undefined;
    const ticks = this.#options.tickLog.after(extent.sealedToSeq, frames * history.frameTicks);
    this.#options.metrics.count('history_frames_sealed_total', {}, frames);
    return history.seal(ticks);
  }

  /** Compares what the history holds with what the log says it should. */
  #judge(extent: HistoryExtent | undefined): void {
    const { tickLog, history } = this.#options;
    const { last } = tickLog.head();
    if (!last) {
      this.#toSeq = 0;
      this.#state = extent ? 'behind' : 'complete';
      return;
    }
    this.#toSeq = extent?.isComplete ? extent.toSeq : undefined;
    const isWhole =
      extent?.isComplete === true &&
      extent.toSeq === last.seq &&
      extent.fromSeq <= this.#horizonSeq(last) &&
      extent.toSeq - extent.sealedToSeq < history.frameTicks;
    this.#state = isWhole ? 'complete' : 'behind';
  }

  #covers(extent: HistoryExtent, range: TickRange): boolean {
    const isUpToDate = extent.toSeq === this.#options.tickLog.head().last?.seq;
    return extent.isComplete && isUpToDate && (extent.fromMs <= range.fromMs || extent.fromSeq === 1);
  }

  /** Whole frames, once a frame. */
  async #prune(history: PriceHistory, extent: HistoryExtent): Promise<void> {
    const { tickLog } = this.#options;
    const { last } = tickLog.head();
    const horizonSeq = last ? this.#horizonSeq(last) : 0;
    if (extent.fromSeq >= horizonSeq) return;
    const horizon = tickLog.at(horizonSeq);
    if (horizon) await history.prune(horizon.atMs);
  }

  /** The first seq of the oldest frame that belongs in the history: some of its ticks are young enough. */
  #horizonSeq(last: IndexTick): number {
    const { tickLog, history, spanMs } = this.#options;
    const oldest = tickLog.firstSince(last.atMs - spanMs) ?? last;
    return frameStartSeq(oldest.seq, history.frameTicks);
  }

  #chunkTicks(history: PriceHistory): number {
    return this.#options.framesPerStep * history.frameTicks;
  }

  async #attempt<R>(work: (history: PriceHistory) => Promise<R>): Promise<R | undefined> {
    const { history, log, metrics } = this.#options;
    try {
      return await work(history);
    } catch (error) {
      this.#toSeq = undefined;
      if (error instanceof HistoryDamaged) {
        log.warn({ err: error }, 'the price history is damaged: cleared');
        metrics.count('history_damaged_total');
        this.#state = 'behind';
        await this.#attempt(() => history.clear());
        return undefined;
      }
      if (this.#state !== 'away') log.warn({ err: error }, 'the price history is away');
      metrics.count('history_failures_total');
      this.#state = 'away';
      return undefined;
    }
  }
}
