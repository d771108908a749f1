import { describe, expect, it } from 'vitest';
import { DEFAULT_VOLATILITY_RULES as RULES } from '../../src/domain/rules.ts';
import { cents } from '../../src/domain/units.ts';
import {
  advanceVolatility,
  annualOfSigma,
  initialVolatility,
  quantiseSigma,
  sigmaOfAnnual,
  sigmaOfStep,
  sigmaPerSqrtSecond,
  type VolatilityState,
} from '../../src/domain/volatility.ts';
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
  it('quotes the prior before the first tick', () => {
    expect(annual(initialVolatility(RULES))).toBeCloseTo(RULES.priorAnnual, 12);
  });

  it.each([0.2, 0.4, 0.9, 2])('finds the volatility of a Gaussian path: %d', (truth) => {
    const { state } = walk(fresh(), truth, 3_600, normalSource(7));
    expect(annual(state) / truth).toBeGreaterThan(0.85);
    expect(annual(state) / truth).toBeLessThan(1.2);
  });

  it('rises fast and falls slowly', () => {
    const next = normalSource(11);
    const calm = walk(fresh(), 0.3, 1_800, next);
    const wild = walk(calm, 1.5, 120, next);
    expect(annual(wild.state)).toBeGreaterThan(1);
    const calmAgain = walk(wild, 0.3, 120, next);
    expect(annual(calmAgain.state)).toBeGreaterThan(0.6);
  });

  it('stays within floor and cap', () => {
    expect(annual(walk(fresh(), 0, 7_200, normalSource(1)).state)).toBeCloseTo(RULES.floorAnnual, 12);
    expect(annual(walk(fresh(), 20, 600, normalSource(1)).state)).toBeCloseTo(RULES.capAnnual, 12);
  });

  it('counts a jump as a bounded one', () => {
    const before = walk(fresh(), 0.4, 600, normalSource(3));
    const jumped = walk({ ...before, price: before.price * 1.05 }, 0.4, 1, normalSource(4));
    const gain = 1 - 2 ** (-1 / RULES.fastHalfLifeSeconds);
    const most = Math.sqrt(1 + gain * (RULES.jumpDeviationsMax ** 2 - 1));
    expect(annual(jumped.state)).toBeGreaterThan(annual(before.state));
    expect(annual(jumped.state) / annual(before.state)).toBeLessThan(most + 0.01);
  });

  it('takes no return over a gap, and keeps what it knew', () => {
    const before = walk(fresh(), 0.4, 600, normalSource(5));
    const afterMs = before.atMs + RULES.maxGapMs + 1;
    const after = advanceVolatility(before.state, { atMs: afterMs, priceCents: cents(20_000_000) });
    expect(sigmaPerSqrtSecond(after)).toBe(sigmaPerSqrtSecond(before.state));
    expect(after.anchor).toEqual({ atMs: afterMs, priceCents: 20_000_000 });
    const flat = advanceVolatility(after, { atMs: afterMs + 1_000, priceCents: cents(20_000_000) });
    expect(flat.fastVariance).toBeLessThan(after.fastVariance);
  });

  it('divides by the time a return really took', () => {
    const state = initialVolatility(RULES);
    const first = advanceVolatility(state, { atMs: START_MS, priceCents: cents(10_000_000) });
    const sigma = sigmaOfAnnual(RULES.priorAnnual);
    const price = cents(Math.round(10_000_000 * Math.exp(sigma * Math.sqrt(1.9))));
    const second = advanceVolatility(first, { atMs: START_MS + 1_900, priceCents: price });
    expect(second.observedSeconds).toBe(1.9);
    expect(annual(second)).toBeCloseTo(RULES.priorAnnual, 3);
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
