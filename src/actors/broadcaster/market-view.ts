/**
 * What this broadcaster knows of the market: the newest tick and the newest market state, from signals. It is
 * a view: late by a hop, repaired by the next signal, and nothing is decided by it.
 *
 * Invariant: neither the tick nor the state goes back in time. Time decides, not `seq`: a market that began
 * anew on an empty log counts from 1 again, and must not be waited out.
 */
import type { IndexTick } from '../../domain/tick.ts';
import type { StatusAnswer } from '../../protocol/api/http.ts';
import type { FeedState, MarketState } from '../../protocol/signals.ts';

/** It comes every second; an older one says nothing of now. */
const FEED_STATE_MS_MAX = 5_000;

export class MarketView {
  readonly #maxGapMs: number;
  #tick: IndexTick | undefined;
  #state: MarketState | undefined;
  #feedState: FeedState | undefined;

  /** A newest tick older than `maxGapMs` means that the feed is down. */
  constructor(maxGapMs: number) {
    this.#maxGapMs = maxGapMs;
  }

  get tick(): IndexTick | undefined {
    return this.#tick;
  }

  get state(): MarketState | undefined {
    return this.#state;
  }

  /** Sequence number of the newest tick; 0 before the first. */
  get seq(): number {
    return this.#tick?.seq ?? 0;
  }

  /** False, and no change, for a tick that is not newer than the one known. */
  takeTick(tick: IndexTick): boolean {
    if (this.#tick && tick.atMs <= this.#tick.atMs) return false;
    this.#tick = tick;
    return true;
  }

  takeState(state: MarketState): void {
    if (this.#state && state.atMs < this.#state.atMs) return;
    this.#state = state;
  }

  takeFeedState(state: FeedState): void {
    this.#feedState = state;
  }

  feed(nowMs: number): StatusAnswer['feed'] {
    const tick = this.#tick;
    const known = this.#feedState;
    const venues = known && nowMs - known.atMs <= FEED_STATE_MS_MAX ? { venues: known.venues } : {};
    if (!tick) return { state: 'down', seq: 0, atMs: 0, ...venues };
    const isDown = nowMs - tick.atMs > this.#maxGapMs;
    return { state: isDown ? 'down' : tick.quality, seq: tick.seq, atMs: tick.atMs, ...venues };
  }
}
