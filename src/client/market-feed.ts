/** The price line and the grid, live: each channel is subscribed to while somebody loops over it. */

import type { ChannelName, GridView, Position } from '../protocol/api/frames.ts';
import { LiveHub, type LiveOptions } from './live-hub.ts';
import type { Subscription } from './socket-events.ts';
import { type LiveTick, type PushedTick, skipTick, TickFollower } from './tick-follower.ts';

export interface MarketFeedOptions {
  readonly subscribe: (channel: ChannelName) => void;
  readonly unsubscribe: (channel: ChannelName) => void;
}

/** A minute of ticks. */
const TICKS_KEPT_MAX = 600;

export class MarketFeed {
  readonly #ticks: LiveHub<LiveTick>;
  readonly #grids: LiveHub<GridView>;
  #follower = new TickFollower();
  #grid: GridView | undefined;

  constructor({ subscribe, unsubscribe }: MarketFeedOptions) {
    this.#ticks = new LiveHub({
      queueMax: TICKS_KEPT_MAX,
      skip: skipTick,
      started: () => subscribe('price'),
      stopped: () => {
        // Nobody misses what nobody listens to.
        this.#follower = new TickFollower();
        unsubscribe('price');
      },
    });
    this.#grids = new LiveHub({
      queueMax: 1,
      skip: (_, newer) => newer,
      started: () => subscribe('grid'),
      stopped: () => {
        this.#grid = undefined;
        unsubscribe('grid');
      },
    });
  }

  prices(options: LiveOptions): AsyncIterableIterator<LiveTick, undefined> {
    return this.#ticks.open(options);
  }

  grids(options: LiveOptions): AsyncIterableIterator<GridView, undefined> {
    return this.#grids.open(options, this.#grid ? [this.#grid] : []);
  }

  positionOf(channel: ChannelName): Position | undefined {
    return channel === 'price' ? this.#follower.position : undefined;
  }

  subscribed({ channels, position, recovered }: Subscription): void {
    if (position && channels.includes('price'))
      this.#follower.subscribed({ epoch: position.epoch, recovered });
  }

  tickPushed(tick: PushedTick): void {
    const next = this.#follower.follow(tick);
    if (next) this.#ticks.publish(next);
  }

  gridPushed(grid: GridView): void {
    this.#grid = grid;
    this.#grids.publish(grid);
  }

  fail(error: unknown): void {
    this.#ticks.fail(error);
    this.#grids.fail(error);
  }

  close(): void {
    this.#ticks.end();
    this.#grids.end();
  }
}
