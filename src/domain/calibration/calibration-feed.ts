/**
 * Watches the price line tick by tick for the calibration: notes the moments whose cells are followed up,
 * tells it what each column did, and has the table renewed on time.
 *
 * Invariants: depends on ticks alone, in order; a column with a feed gap or a jump of the index's composition
 * inside it is left out. The extremes of a column are those of the line, clipped at its borders.
 */
import type { MarketRules } from '../rules.ts';
import type { IndexTick } from '../tick.ts';
import type { VolatilityForecast } from '../volatility-forecast.ts';
import { Calibration, type CalibrationSnapshot, type CellWitness } from './calibration.ts';
import type { CalibrationTable } from './calibration-table.ts';

export interface CalibrationFeedSnapshot {
  readonly calibration: CalibrationSnapshot;
  readonly window: ColumnWindow | null;
}

interface ColumnWindow {
  readonly opensAtMs: number;
  readonly lowestCents: number;
  readonly highestCents: number;
}

type LinePoint = Pick<IndexTick, 'atMs' | 'priceCents'> & { readonly compositionJump?: boolean };

export class CalibrationFeed {
  readonly #rules: MarketRules;
  readonly #calibration: Calibration;
  readonly #witness: CellWitness | undefined;
  #window: ColumnWindow | null;

  constructor(
    rules: MarketRules,
    prior: readonly number[],
    snapshot?: CalibrationFeedSnapshot,
    witness?: CellWitness,
  ) {
    this.#rules = rules;
    this.#calibration = new Calibration(rules, prior, snapshot?.calibration);
    this.#window = snapshot?.window ?? null;
    this.#witness = witness;
  }

  get table(): CalibrationTable {
    return this.#calibration.table;
  }

  snapshot(): CalibrationFeedSnapshot {
    return { calibration: this.#calibration.snapshot(), window: this.#window };
  }

  /** `forecast` and `rowHeightCents` as of `tick`; what is quoted at `tick` is quoted after this. */
  advance(
    previous: LinePoint | undefined,
    tick: LinePoint,
    forecast: VolatilityForecast,
    rowHeightCents: number,
  ): void {
    if (previous) this.#follow(previous, tick);
    const { sampleMs, publishMs } = this.#rules.calibration;
    const passes = (spanMs: number): boolean =>
      previous === undefined || Math.floor(tick.atMs / spanMs) > Math.floor(previous.atMs / spanMs);
    if (previous && passes(publishMs)) this.#calibration.publish();
    if (passes(sampleMs)) {
      const { atMs, priceCents } = tick;
      this.#calibration.observe({ atMs, priceCents, rowHeightCents, ...forecast });
    }
  }

  #follow(previous: LinePoint, tick: LinePoint): void {
    const { columnMs, maxGapMs } = this.#rules;
    if (tick.atMs - previous.atMs > maxGapMs || tick.compositionJump === true) {
      this.#voidColumns(previous.atMs, tick.atMs);
      return;
    }
    let borderMs = Math.ceil(previous.atMs / columnMs) * columnMs;
    // A line that begins exactly on a border begins its column; otherwise that tick has been counted.
    if (borderMs === previous.atMs && this.#window !== null) borderMs += columnMs;
    for (; borderMs <= tick.atMs; borderMs += columnMs) {
      const fraction = (borderMs - previous.atMs) / (tick.atMs - previous.atMs);
      const borderCents = previous.priceCents + fraction * (tick.priceCents - previous.priceCents);
      this.#close(borderMs, borderCents);
      this.#window = { opensAtMs: borderMs, lowestCents: borderCents, highestCents: borderCents };
    }
    if (this.#window) this.#window = widened(this.#window, tick.priceCents);
  }

  /** The columns that a stretch of the line touches; beyond the horizon nothing was offered. */
  #voidColumns(fromMs: number, toMs: number): void {
    const { columnMs, horizonMs } = this.#rules;
    const lastMs = Math.min(toMs, fromMs + horizonMs);
    const firstMs = this.#window?.opensAtMs ?? Math.floor(fromMs / columnMs) * columnMs;
    for (let opensAtMs = firstMs; opensAtMs <= lastMs; opensAtMs += columnMs) {
      const nothing = { lowestCents: 0, highestCents: 0, closeCents: 0, isVoid: true };
      this.#calibration.settle({ ...nothing, opensAtMs, closesAtMs: opensAtMs + columnMs }, this.#witness);
    }
    this.#window = null;
  }

  #close(closesAtMs: number, closeCents: number): void {
    if (this.#window === null) return;
    const seen = widened(this.#window, closeCents);
    this.#calibration.settle({ ...seen, closesAtMs, closeCents, isVoid: false }, this.#witness);
  }
}

const widened = (window: ColumnWindow, priceCents: number): ColumnWindow => ({
  ...window,
  lowestCents: Math.min(window.lowestCents, priceCents),
  highestCents: Math.max(window.highestCents, priceCents),
});
