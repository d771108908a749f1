/**
 * Players who take only the best-looking cell of each grid, by a volatility of their own. If one of them
 * comes out ahead, the odds can be farmed.
 *
 * Each has another opinion: a Gaussian with the average variance of 2 min, 10 min, 1 h or 1 day, one with
 * the product's forecast, the product's mixture without its correction; the last one takes the highest
 * multiplier there is. They bet one unit where their opinion says they gain, and see nothing of the future.
 */
import type { FollowedCell } from '../../domain/calibration/calibration.ts';
import { approach, type TouchWindow, touchWindow } from '../../domain/pricing/touch-probability.ts';
import { HUNDREDTHS_PER_ONE } from '../../domain/units.ts';
import type { VolatilityState } from '../../domain/volatility.ts';
import { forecastOf } from '../../domain/volatility-forecast.ts';

const AVERAGES: readonly (readonly [string, number])[] = [
  ['ewma2m', 120],
  ['ewma10m', 600],
  ['ewma1h', 3_600],
  ['ewma1d', 86_400],
];
export const ADVERSARIES: readonly string[] = [
  ...AVERAGES.map(([name]) => name),
  'forecast',
  'uncorrected',
  'longest',
];

interface Pick {
  score: number;
  multiplier: number;
  isHit: boolean;
}

/** One grid: what each adversary would take, until all of its columns are known. */
interface Grid {
  readonly sigmas: readonly number[];
  readonly picks: (Pick | undefined)[];
}

export interface AdversaryBet {
  readonly adversary: string;
  readonly atMs: number;
  readonly multiplier: number;
  readonly isHit: boolean;
}

export class Adversaries {
  readonly #horizonMs: number;
  readonly #grids = new Map<number, Grid>();
  readonly #onBet: (bet: AdversaryBet) => void;
  #sigmas: readonly number[] = [];
  #window: { readonly key: number; readonly window: TouchWindow } | undefined;

  constructor(horizonMs: number, onBet: (bet: AdversaryBet) => void) {
    this.#horizonMs = horizonMs;
    this.#onBet = onBet;
  }

  /** The state as of the next moment that is offered. */
  look(state: VolatilityState): void {
    const { halfLivesSeconds } = state.rules;
    const averages = AVERAGES.map(([, halfLife]) =>
      Math.sqrt(state.variances[halfLivesSeconds.indexOf(halfLife)] ?? 0),
    );
    this.#sigmas = [...averages, forecastOf(state).sigmaPerSqrtSecond];
  }

  /** The moment just offered. */
  enter(atMs: number): void {
    this.#grids.set(atMs, { sigmas: this.#sigmas, picks: [] });
  }

  /** A cell of the grid; columns come in the order of time, so a pick is final after the last. */
  consider({ moment, priced, outcome, lowCents, uncorrected, quote, isHit }: FollowedCell): void {
    const grid = this.#grids.get(moment.atMs);
    if (!grid || quote.status !== 'open' || outcome.isVoid) return;
    const multiplier = quote.multiplier / HUNDREDTHS_PER_ONE;
    const opensInMs = outcome.opensAtMs - moment.atMs;
    const low = Math.log(lowCents / moment.priceCents);
    const high = Math.log((lowCents + moment.rowHeightCents) / moment.priceCents);
    const closesIn = (outcome.closesAtMs - moment.atMs) / 1_000;
    const window = this.#windowOf(opensInMs / 1_000, closesIn, priced.tickMs / 1_000);
    const scores = grid.sigmas.map((sigma) => {
      const chance = approach(high / sigma, window) + approach(-low / sigma, window) - 1;
      return chance * multiplier;
    });
    scores.push(uncorrected * multiplier, 1 + multiplier);
    scores.forEach((score, which) => {
      const best = grid.picks[which];
      if (score > (best?.score ?? 1)) grid.picks[which] = { score, multiplier, isHit };
    });
  }

  /** Books the picks of grids whose last column closed before `atMs`. */
  bookUntil(atMs: number): void {
    for (const [offeredAtMs, { picks }] of this.#grids) {
      if (offeredAtMs + this.#horizonMs >= atMs) return;
      this.#grids.delete(offeredAtMs);
      picks.forEach((pick, which) => {
        if (!pick) return;
        const { multiplier, isHit } = pick;
        this.#onBet({ adversary: ADVERSARIES[which] ?? '', atMs: offeredAtMs, multiplier, isHit });
      });
    }
  }

  #windowOf(opensIn: number, closesIn: number, tickSeconds: number): TouchWindow {
    const key = opensIn * 1e6 + closesIn;
    if (this.#window?.key !== key)
      this.#window = { key, window: touchWindow(opensIn, closesIn, tickSeconds) };
    return this.#window.window;
  }
}
