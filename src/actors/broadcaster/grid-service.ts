/**
 * The displayed grid of the newest tick: relative multipliers from memory, else from the shared cache, else
 * computed; then placed where the price and the time are.
 *
 * Invariants: a cache that is away, slow or full of rubbish costs time, never a grid; concurrent asks for the
 * same parameters share one piece of work. Non-goals: no bet is ever priced from a grid.
 */
import type { CalibrationTable } from '../../domain/calibration/calibration-table.ts';
import {
  computeRelativeGrid,
  type GridParams,
  gridCacheKey,
  gridParams,
  placeGrid,
  type RelativeGrid,
} from '../../domain/grid.ts';
import type { MarketRules } from '../../domain/rules.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { formatMultiplier } from '../../domain/units.ts';
import type { GridView } from '../../protocol/api/frames.ts';
import type { MarketState } from '../../protocol/signals.ts';
import type { Metrics } from '../../runtime/index.ts';
import type { GridCache } from './grid-cache.ts';

/** About as many as a five-minute life of the shared entries can produce at two grids a second. */
const REMEMBERED_MAX = 512;

export class GridService {
  readonly #cache: GridCache;
  readonly #rules: MarketRules;
  readonly #metrics: Pick<Metrics, 'count'>;
  readonly #remembered = new Map<string, Promise<RelativeGrid>>();
  #newest:
    | { readonly tick: IndexTick; readonly state: MarketState; readonly view: Promise<GridView> }
    | undefined;

  constructor(cache: GridCache, rules: MarketRules, metrics: Pick<Metrics, 'count'>) {
    this.#cache = cache;
    this.#rules = rules;
    this.#metrics = metrics;
  }

  /** One object for one moment, however many ask. */
  view(tick: IndexTick, state: MarketState): Promise<GridView> {
    if (this.#newest?.tick === tick && this.#newest.state === state) return this.#newest.view;
    const newest = { tick, state, view: this.#place(tick, state) };
    this.#newest = newest;
    newest.view.catch(() => {
      if (this.#newest === newest) this.#newest = undefined;
    });
    return newest.view;
  }

  async #place(tick: IndexTick, state: MarketState): Promise<GridView> {
    const { priceCents, atMs, seq } = tick;
    const { sigmaPerSqrtSecond, regime, calibration, rowHeightCents } = state;
    const moment = { priceCents, atMs, sigmaPerSqrtSecond, regime, calibration, rowHeightCents };
    const params = gridParams(moment, this.#rules);
    const relative = await this.#relative(params, calibration);
    const { columns, rows, columnMs, multipliers } = placeGrid(relative, params, moment, this.#rules);
    return {
      atMs,
      seq,
      priceCents,
      columnMs,
      rowHeightCents,
      columns,
      rows,
      multipliers: multipliers.map((column) =>
        column.map((cell) => (cell === null ? null : formatMultiplier(cell))),
      ),
      rulesVersion: params.rulesVersion,
    };
  }

  #relative(params: GridParams, calibration: CalibrationTable): Promise<RelativeGrid> {
    const key = gridCacheKey(params);
    const known = this.#remembered.get(key);
    if (known) return known;
    const grid = this.#find(key, params, calibration);
    this.#remember(key, grid);
    return grid;
  }

  async #find(key: string, params: GridParams, calibration: CalibrationTable): Promise<RelativeGrid> {
    const cached = await this.#cache.get(key).catch(() => undefined);
    const fits = cached?.length === params.columns && cached.every((column) => column.length === params.rows);
    this.#metrics.count('grid_cache_reads_total', { result: fits ? 'hit' : 'miss' });
    if (cached && fits) return cached;
    const grid = computeRelativeGrid(params, calibration, this.#rules);
    this.#cache.put(key, grid).catch(() => this.#metrics.count('grid_cache_write_failures_total'));
    return grid;
  }

  /** Least recently made goes first; a grid that failed to compute is not kept. */
  #remember(key: string, grid: Promise<RelativeGrid>): void {
    this.#remembered.set(key, grid);
    grid.catch(() => this.#remembered.delete(key));
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > REMEMBERED_MAX && !oldest.done) this.#remembered.delete(oldest.value);
  }
}
