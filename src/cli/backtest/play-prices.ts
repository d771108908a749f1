/**
 * Plays bars or ticks through the product's own volatility, calibration and pricing, one at a time. Nothing
 * here looks ahead: a bar or tick is known when it is over, and cells are offered only after that.
 */
import type { Calibration, CellWitness } from '../../domain/calibration/calibration.ts';
import { CalibrationFeed } from '../../domain/calibration/calibration-feed.ts';
import { chooseRowHeight } from '../../domain/grid.ts';
import type { MarketRules } from '../../domain/rules.ts';
import { cents } from '../../domain/units.ts';
import {
  advanceVolatility,
  advanceWithBar,
  initialVolatility,
  type PriceBar,
  type VolatilityState,
} from '../../domain/volatility.ts';
import { forecastOf } from '../../domain/volatility-forecast.ts';
import type { RecordedTick } from './price-file.ts';

export interface PlayOptions {
  /** Whether the correction is renewed; a fit only counts. */
  readonly publishes?: boolean;
  readonly witness?: CellWitness;
  /** Called before the cells of a moment are offered. */
  readonly onMoment?: (state: VolatilityState) => void;
  /** Progress, 0 to 1: called now and then. */
  readonly onPlayed?: (fraction: number) => void;
}

const CENTS_PER_UNIT = 100;
const PROGRESS_EVERY = 1_000;

/** Columns are whole numbers of bars; cells are offered at the end of each bar that ends with a column. */
export function playBars(
  rules: MarketRules,
  calibration: Calibration,
  bars: readonly PriceBar[],
  options: PlayOptions,
): void {
  const { publishes = true, witness, onMoment, onPlayed } = options;
  const columns = new BarColumns(rules.columnMs);
  let volatility = initialVolatility(rules.volatility);
  let rowHeightCents: number | undefined;
  bars.forEach((bar, i) => {
    for (const outcome of columns.closedBy(bar, rules.horizonMs)) calibration.settle(outcome, witness);
    volatility = advanceWithBar(volatility, bar);
    if (bar.closesAtMs % rules.columnMs === 0) {
      const priceCents = cents(Math.round(bar.close * CENTS_PER_UNIT));
      const forecast = forecastOf(volatility);
      rowHeightCents = chooseRowHeight({ priceCents, ...forecast }, rules, rowHeightCents);
      if (publishes) calibration.publish();
      onMoment?.(volatility);
      calibration.observe({ atMs: bar.closesAtMs, priceCents, rowHeightCents, ...forecast });
    }
    if ((i + 1) % PROGRESS_EVERY === 0) onPlayed?.((i + 1) / bars.length);
  });
  onPlayed?.(1);
}

/** Puts bars together to columns; a column that misses a bar is void. */
class BarColumns {
  readonly #columnMs: number;
  #opensAtMs = -1;
  #coveredMs = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = 0;

  constructor(columnMs: number) {
    this.#columnMs = columnMs;
  }

  /** The columns that are over with this bar; ones without any bar are void, up to the horizon. */
  closedBy(bar: PriceBar, horizonMs: number) {
    const opensAtMs = Math.floor(bar.opensAtMs / this.#columnMs) * this.#columnMs;
    const outcomes = [];
    if (this.#opensAtMs >= 0 && opensAtMs > this.#opensAtMs) {
      const untilMs = Math.min(opensAtMs, this.#opensAtMs + horizonMs + this.#columnMs);
      for (let at = this.#opensAtMs; at < untilMs; at += this.#columnMs) outcomes.push(this.#voided(at));
    }
    if (opensAtMs !== this.#opensAtMs) this.#begin(opensAtMs);
    this.#coveredMs += bar.closesAtMs - bar.opensAtMs;
    this.#lowest = Math.min(this.#lowest, bar.low);
    this.#highest = Math.max(this.#highest, bar.high);
    if (bar.closesAtMs !== opensAtMs + this.#columnMs) return outcomes;
    outcomes.push(
      this.#coveredMs === this.#columnMs
        ? {
            ...this.#voided(opensAtMs),
            lowestCents: this.#lowest * CENTS_PER_UNIT,
            highestCents: this.#highest * CENTS_PER_UNIT,
            closeCents: bar.close * CENTS_PER_UNIT,
            isVoid: false,
          }
        : this.#voided(opensAtMs),
    );
    this.#begin(opensAtMs + this.#columnMs);
    return outcomes;
  }

  #begin(opensAtMs: number): void {
    this.#opensAtMs = opensAtMs;
    this.#coveredMs = 0;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = 0;
  }

  #voided(opensAtMs: number) {
    const nothing = { lowestCents: 0, highestCents: 0, closeCents: 0, isVoid: true };
    return { ...nothing, opensAtMs, closesAtMs: opensAtMs + this.#columnMs };
  }
}

export function playTicks(
  rules: MarketRules,
  prior: readonly number[],
  ticks: readonly RecordedTick[],
  options: PlayOptions,
): void {
  const { witness, onMoment, onPlayed } = options;
  const feed = new CalibrationFeed(rules, prior, undefined, witness);
  let volatility = initialVolatility(rules.volatility);
  let rowHeightCents: number | undefined;
  let previous: { atMs: number; priceCents: ReturnType<typeof cents> } | undefined;
  ticks.forEach(({ atMs, priceCents }, i) => {
    const tick = { atMs, priceCents: cents(priceCents) };
    volatility = advanceVolatility(volatility, tick);
    const forecast = forecastOf(volatility);
    rowHeightCents = chooseRowHeight({ priceCents: tick.priceCents, ...forecast }, rules, rowHeightCents);
    onMoment?.(volatility);
    feed.advance(previous, tick, forecast, rowHeightCents);
    previous = tick;
    if ((i + 1) % PROGRESS_EVERY === 0) onPlayed?.((i + 1) / ticks.length);
  });
  onPlayed?.(1);
}
