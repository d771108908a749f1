import { describe, expect, it } from 'vitest';
import { DEFAULT_VOLATILITY_RULES as RULES } from '../../src/domain/rules.ts';
import { cents } from '../../src/domain/units.ts';
import {
  advanceVolatility,
  advanceWithBar,
  annualOfSigma,
  initialVolatility,
  quantiseSigma,
  sigmaOfAnnual,
  sigmaOfStep,
  type VolatilityState,
} from '../../src/domain/volatility.ts';
import {
  forecastOf,
  quantiseRegime,
  regimeOfStep,
  sigmaPerSqrtSecond,
} from '../../src/domain/volatility-forecast.ts';
import { normalSource } from './pricing/normal-source.ts';

const START_MS = 1_700_000_000_000;

interface Walk {
  readonly state: VolatilityState;
  readonly atMs: number;
  readonly price: number;
}

/** Walks ticks of 100 ms of a Gaussian price with the annual volatility. */
function walk(from: Walk, annual: number, seconds: number, next: () => number): Walk {
  let { state, atMs, price } = from;
  for (let i = 0; i < seconds * 10; i++) {
    atMs += 100;
    price *= Math.exp(sigmaOfAnnual(annual) * Math.sqrt(0.1) * next());
    state = advanceVolatility(state, { atMs, priceCents: cents(Math.round(price)) });
  }
  return { state, atMs, price };
}

const fresh = (): Walk => ({ state: initialVolatility(RULES), atMs: START_MS, price: 10_000_000 });
const annual = (state: VolatilityState): number => annualOfSigma(sigmaPerSqrtSecond(state));

describe('volatility', () => {
  it('quotes near the prior before the first tick, with nothing unusual about it', () => {
    const { regime } = forecastOf(initialVolatility(RULES));
    expect(annual(initialVolatility(RULES)) / RULES.priorAnnual).toBeGreaterThan(0.75);
    expect(annual(initialVolatility(RULES)) / RULES.priorAnnual).toBeLessThan(1.35);
    expect(Math.abs(regime)).toBeLessThan(0.6);
  });

  it.each([0.2, 0.4, 0.9, 2])('finds the volatility of a Gaussian path: %d', (truth) => {
    const { state } = walk(fresh(), truth, 3_600, normalSource(7));
    expect(annualOfSigma(Math.sqrt(state.variances[3] ?? 0)) / truth).toBeCloseTo(1, 0);
    // The forecast leans towards what was usual when it was fitted.
    expect(annual(state) / truth).toBeGreaterThan(0.75);
    expect(annual(state) / truth).toBeLessThan(1.35);
  });

  it('rises fast and falls slowly, and tells the regime', () => {
    const next = normalSource(11);
    const calm = walk(fresh(), 0.3, 1_800, next);
    const wild = walk(calm, 1.5, 180, next);
    expect(annual(wild.state)).toBeGreaterThan(0.6);
    expect(forecastOf(wild.state).regime).toBeGreaterThan(forecastOf(calm.state).regime + 0.5);
    const calmAgain = walk(wild, 0.3, 120, next);
    expect(annual(calmAgain.state)).toBeGreaterThan(0.35);
  });

  it('stays within floor and cap', () => {
    const tight = { ...RULES, floorAnnual: 0.3, capAnnual: 0.5 };
    const from = { ...fresh(), state: initialVolatility(tight) };
    expect(annual(walk(from, 0.05, 3_600, normalSource(1)).state)).toBeCloseTo(0.3, 12);
    expect(annual(walk(from, 2, 3_600, normalSource(1)).state)).toBeCloseTo(0.5, 12);
    expect(annual(walk(fresh(), 0, 7_200, normalSource(1)).state)).toBeGreaterThanOrEqual(
      RULES.floorAnnual - 1e-12,
    );
  });

  it('counts a jump as a bounded one', () => {
    const before = walk(fresh(), 0.4, 600, normalSource(3));
    const jumped = walk({ ...before, price: before.price * 1.05 }, 0.4, 1, normalSource(4));
    const reference = before.state.variances[RULES.jumpReference] ?? 0;
    RULES.halfLivesSeconds.forEach((halfLife, i) => {
      const gain = Math.max(1 / (RULES.priorWeightSeconds + 600), 1 - 2 ** (-1 / halfLife));
      const grown = (jumped.state.variances[i] ?? 0) - (before.state.variances[i] ?? 0);
      expect(grown).toBeGreaterThan(0);
      expect(grown).toBeLessThan(1.1 * gain * RULES.tickJumpRatioMax * reference);
    });
  });

  it('takes no return over a gap, and keeps what it knew', () => {
    const before = walk(fresh(), 0.4, 600, normalSource(5));
    const afterMs = before.atMs + RULES.maxGapMs + 1;
    const after = advanceVolatility(before.state, { atMs: afterMs, priceCents: cents(20_000_000) });
    expect(after.variances).toEqual(before.state.variances);
    expect(after.anchor).toEqual({ atMs: afterMs, priceCents: 20_000_000 });
    const flat = advanceVolatility(after, { atMs: afterMs + 1_000, priceCents: cents(20_000_000) });
    expect(flat.variances[0]).toBeLessThan(after.variances[0] ?? 0);
  });

  it('divides by the time a return really took', () => {
    const state = initialVolatility(RULES);
    const first = advanceVolatility(state, { atMs: START_MS, priceCents: cents(10_000_000) });
    const sigma = sigmaOfAnnual(RULES.priorAnnual);
    const price = cents(Math.round(10_000_000 * Math.exp(sigma * Math.sqrt(1.9))));
    const second = advanceVolatility(first, { atMs: START_MS + 1_900, priceCents: price });
    expect(second.observedSeconds).toBe(1.9);
    for (const variance of second.variances) expect(Math.sqrt(variance) / sigma).toBeCloseTo(1, 3);
  });

  it('ignores a tick that is not later, and never changes a state it was given', () => {
    const first = advanceVolatility(initialVolatility(RULES), { atMs: START_MS, priceCents: cents(1_000) });
    const frozen = Object.freeze(first);
    expect(advanceVolatility(frozen, { atMs: START_MS, priceCents: cents(2_000) })).toBe(frozen);
    expect(advanceVolatility(frozen, { atMs: START_MS + 100, priceCents: cents(2_000) })).not.toBe(frozen);
  });

  it('survives JSON', () => {
    const { state } = walk(fresh(), 0.4, 30, normalSource(6));
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    const start = initialVolatility(RULES);
    expect(JSON.parse(JSON.stringify(start))).toEqual(start);
  });
});

describe('volatility from bars', () => {
  const bar = (i: number, prices: [number, number, number, number]) => {
    const [open, high, low, close] = prices;
    return { opensAtMs: i * 60_000, closesAtMs: (i + 1) * 60_000, open, high, low, close };
  };

  it('finds the volatility of a Gaussian path cut into bars', () => {
    const next = normalSource(21);
    const sigma = sigmaOfAnnual(0.8);
    let state = initialVolatility(RULES);
    let price = 50_000;
    for (let i = 1; i <= 600; i += 1) {
      const path = [price];
      for (let s = 0; s < 600; s += 1) {
        price *= Math.exp(sigma * Math.sqrt(0.1) * next());
        path.push(price);
      }
      state = advanceWithBar(state, bar(i, [path[0] ?? 0, Math.max(...path), Math.min(...path), price]));
    }
    const ratio = annualOfSigma(Math.sqrt(state.variances[4] ?? 0)) / 0.8;
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.05);
  });

  it('takes the step from the last close, but not over a gap', () => {
    const still = advanceWithBar(initialVolatility(RULES), bar(10, [100, 100, 100, 100]));
    const stepped = advanceWithBar(still, bar(11, [101, 101, 101, 101]));
    const afterGap = advanceWithBar(still, bar(12, [101, 101, 101, 101]));
    expect(stepped.variances[0]).toBeGreaterThan(still.variances[0] ?? 0);
    expect(afterGap.variances[0]).toBeLessThan(still.variances[0] ?? 0);
  });

  it('ignores a bar that is not later', () => {
    const state = advanceWithBar(initialVolatility(RULES), bar(10, [100, 101, 99, 100]));
    expect(advanceWithBar(state, bar(10, [100, 200, 50, 100]))).toBe(state);
  });
});

describe('the raster of regimes', () => {
  it('is within half a step', () => {
    for (let regime = -3; regime < 2; regime += 0.017) {
      expect(Math.abs(regimeOfStep(quantiseRegime(regime)) - regime)).toBeLessThanOrEqual(0.0500001);
    }
  });
});

describe('the raster of volatilities', () => {
  it('is within half a percent, and stable', () => {
    for (let a = RULES.floorAnnual; a <= RULES.capAnnual; a *= 1.0037) {
      const sigma = sigmaOfAnnual(a);
      const step = quantiseSigma(sigma);
      expect(step).toBeGreaterThan(0);
      expect(Math.abs(sigmaOfStep(step) / sigma - 1)).toBeLessThan(0.00501);
      expect(quantiseSigma(sigmaOfStep(step))).toBe(step);
    }
  });
});
