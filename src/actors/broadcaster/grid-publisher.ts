/**
 * Pushes a new grid twice a second of tick time: on the first tick of every GRID_INTERVAL_MS. One at a time:
 * while a grid waits for a slow cache, the ticks in between ask for none.
 */
import type { GridView } from '../../protocol/api/frames.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { GridService } from './grid-service.ts';
import type { MarketView } from './market-view.ts';

export const GRID_INTERVAL_MS = 500;

interface GridPublisherOptions {
  readonly market: MarketView;
  readonly grids: GridService;
  readonly context: Pick<ActorContext, 'log' | 'metrics'>;
  readonly publish: (grid: GridView) => void;
}

export class GridPublisher {
  readonly #options: GridPublisherOptions;
  #publishedInterval = -1;
  #isMaking = false;

  constructor(options: GridPublisherOptions) {
    this.#options = options;
  }

  /** There is a new tick. */
  tick(): void {
    const { tick, state } = this.#options.market;
    if (!tick || !state || this.#isMaking) return;
    const interval = Math.floor(tick.atMs / GRID_INTERVAL_MS);
    if (interval <= this.#publishedInterval) return;
    this.#publishedInterval = interval;
    this.#isMaking = true;
    this.#options.grids
      .view(tick, state)
      .then(this.#options.publish)
      .catch((error: unknown) => {
        this.#options.context.metrics.count('grid_failures_total');
        this.#options.context.log.error({ err: error }, 'no grid');
      })
      .finally(() => {
        this.#isMaking = false;
      });
  }
}
