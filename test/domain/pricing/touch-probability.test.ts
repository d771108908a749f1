import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { normalCdf } from '../../../src/domain/pricing/normal-cdf.ts';
import {
  type TickedTouchInput,
  touchProbability,
  touchProbabilityContinuous,
  touchProbabilityOfLogBand,
  touchWindow,
} from '../../../src/domain/pricing/touch-probability.ts';
import { segmentMeetsCell } from '../../../src/domain/tick-path.ts';
import { cents } from '../../../src/domain/units.ts';
import { sigmaOfAnnual } from '../../../src/domain/volatility.ts';
import { bivariateNormalCdf } from './bivariate-normal.ts';
import { normalSource } from './normal-source.ts';

const AT_100K = { priceCents: 10_000_000, sigmaPerSqrtSecond: sigmaOfAnnual(0.5) };
const TABLE_CELL = {
  priceCents: 10_000_000,
  sigmaPerSqrtSecond: sigmaOfAnnual(0.6),
  lowCents: 10_002_000,
  highCents: 10_003_000,
  opensInSeconds: 10,
  closesInSeconds: 15,
};

describe('touchProbabilityContinuous', () => {
  test.each([
    [100_020, 100_030, 5, 10, 0.3999769688],
    [99_990, 100_000, 5, 10, 0.6195162258],
    [99_995, 100_005, 10, 15, 0.502409792],
    [100_050, 100_060, 10, 15, 0.1270535219],
    [99_900, 99_910, 20, 25, 0.0355327596],
    [100_200, 100_210, 30, 35, 0.0001382699],
  ])('golden: %d to %d USD, %d to %d s', (low, high, opensInSeconds, closesInSeconds, expected) => {
    const band = { lowCents: low * 100, highCents: high * 100, opensInSeconds, closesInSeconds };
    expect(Math.abs(touchProbabilityContinuous({ ...AT_100K, ...band }) - expected)).toBeLessThan(1e-9);
  });

  it('is certain inside a window that is open, and one-touch outside of it', () => {
    const window = { opensInSeconds: 0, closesInSeconds: 10 };
    const inside = { lowCents: 9_999_000, highCents: 10_000_000 };
    expect(touchProbabilityContinuous({ ...AT_100K, ...inside, ...window })).toBe(1);
    const outside = { lowCents: 10_003_000, highCents: 10_004_000 };
    const nearing = touchProbabilityContinuous({
      ...AT_100K,
      ...outside,
      opensInSeconds: 1e-9,
      closesInSeconds: 10,
    });
    const oneTouch = touchProbabilityContinuous({ ...AT_100K, ...outside, ...window });
    const reflection = 2 * (1 - normalCdfOf(Math.log(1.0003) / (AT_100K.sigmaPerSqrtSecond * Math.sqrt(10))));
    expect(oneTouch).toBeCloseTo(reflection, 10);
    expect(nearing).toBeCloseTo(oneTouch, 6);
  });

  it('is the settle digital for a window of no length', () => {
    const cell = { lowCents: 10_001_000, highCents: 10_002_000, opensInSeconds: 10, closesInSeconds: 10 };
    const deviation = AT_100K.sigmaPerSqrtSecond * Math.sqrt(10);
    const digital = normalCdfOf(Math.log(1.0002) / deviation) - normalCdfOf(Math.log(1.0001) / deviation);
    expect(touchProbabilityContinuous({ ...AT_100K, ...cell })).toBeCloseTo(digital, 12);
    expect(touchProbability({ ...AT_100K, ...cell, tickSeconds: 0.1 })).toBeCloseTo(digital, 12);
  });

  it('knows where a price without volatility stays', () => {
    const still = { ...AT_100K, sigmaPerSqrtSecond: 0, opensInSeconds: 5, closesInSeconds: 10 };
    expect(touchProbabilityContinuous({ ...still, lowCents: 10_000_000, highCents: 10_001_000 })).toBe(1);
    expect(touchProbabilityContinuous({ ...still, lowCents: 10_000_100, highCents: 10_001_000 })).toBe(0);
  });
});

describe('touchProbability on ticks', () => {
  test.each([
    [1, 0.3096],
    [0.25, 0.3508],
    [0.1, 0.3671],
  ])('a tick every %d s gives %d', (tickSeconds, expected) => {
    expect(Math.abs(touchProbability({ ...TABLE_CELL, tickSeconds }) - expected)).toBeLessThan(5e-5);
  });

  it('converges to the continuous form', () => {
    const continuous = touchProbabilityContinuous(TABLE_CELL);
    expect(touchProbability({ ...TABLE_CELL, tickSeconds: 0 })).toBeCloseTo(continuous, 12);
    const errors = [1, 0.1, 0.01, 0.001].map(
      (dt) => continuous - touchProbability({ ...TABLE_CELL, tickSeconds: dt }),
    );
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
    expect(errors[3]).toBeLessThan(0.01);
  });

  it('takes a border at the price itself, and a band from zero or without end', () => {
    const window = { opensInSeconds: 10, closesInSeconds: 15, tickSeconds: 0.1 };
    const onBorder = { ...AT_100K, ...window, lowCents: 10_000_000, highCents: 10_001_000 };
    const beside = { ...onBorder, lowCents: 10_000_000.000001 };
    expect(touchProbability(onBorder)).toBeCloseTo(touchProbability(beside), 8);
    expect(
      touchProbability({ ...AT_100K, ...window, lowCents: 0, highCents: Number.POSITIVE_INFINITY }),
    ).toBe(1);
  });

  it('is what the settled path does', () => {
    const next = normalSource(20_240_808);
    const paths = 20_000;
    const cell = {
      opensAtMs: 10_000,
      closesAtMs: 15_000,
      lowCents: cents(10_002_000),
      highCents: cents(10_003_000),
    };
    const sigma = TABLE_CELL.sigmaPerSqrtSecond;
    const priceOf = (x: number) => cents(Math.round(10_000_000 * Math.exp(x)));
    let hits = 0;
    for (let path = 0; path < paths; path++) {
      let x = sigma * Math.sqrt(10) * next();
      let prev = { atMs: 10_000, priceCents: priceOf(x) };
      let isHit = segmentMeetsCell(prev, prev, cell);
      while (!isHit && prev.atMs < 15_000) {
        x += sigma * Math.sqrt(0.1) * next();
        const tick = { atMs: prev.atMs + 100, priceCents: priceOf(x) };
        isHit = segmentMeetsCell(prev, tick, cell);
        prev = tick;
      }
      if (isHit) hits++;
    }
    const expected = touchProbability({ ...TABLE_CELL, tickSeconds: 0.1 });
    const standardError = Math.sqrt((expected * (1 - expected)) / paths);
    expect(Math.abs(hits / paths - expected)).toBeLessThan(4 * standardError);
  });
});

describe('published identities', () => {
  const sigma = sigmaOfAnnual(0.6);
  const closes = 20;
  const deviation = sigma * Math.sqrt(closes);
  const oneTouch = (logLow: number, logHigh: number): number =>
    touchProbabilityOfLogBand(logLow, logHigh, sigma, touchWindow(0, closes, 0));

  /** Double no-touch of (low, high) by T: eigenfunction series, and images (Hui 1996, Pelsser 1997). */
  function doubleNoTouch(low: number, high: number): { eigen: number; images: number } {
    const width = high - low;
    let eigen = 0;
    for (let k = 1; k < 400; k += 2) {
      const decay = Math.exp((-(k * k) * Math.PI ** 2 * deviation ** 2) / (2 * width ** 2));
      eigen += (4 / Math.PI / k) * Math.sin((k * Math.PI * -low) / width) * decay;
    }
    let images = 0;
    const cdf = (x: number): number => normalCdf(x / deviation);
    for (let n = -20; n <= 20; n += 1) {
      const shift = 2 * n * width;
      images += cdf(high + shift) - cdf(low + shift) - cdf(high - 2 * low + shift) + cdf(-low + shift);
    }
    return { eigen, images };
  }

  it.each([
    [-1, 1],
    [-0.5, 1.5],
    [-2, 0.7],
    [-3, 3],
  ])('either of two barriers at %d and %d deviations: between the likelier one and both together', (a, b) => {
    const { eigen, images } = doubleNoTouch(a * deviation, b * deviation);
    expect(Math.abs(eigen - images)).toBeLessThan(1e-12);
    const below = oneTouch(Number.NEGATIVE_INFINITY, a * deviation);
    const above = oneTouch(b * deviation, Number.POSITIVE_INFINITY);
    expect(1 - eigen).toBeGreaterThanOrEqual(Math.max(below, above) - 1e-12);
    expect(1 - eigen).toBeLessThanOrEqual(below + above + 1e-12);
  });

  it('a barrier without an end on the far side is a one-touch (Reiner & Rubinstein 1991)', () => {
    for (const d of [0.1, 0.7, 1.8, 3]) {
      const expected = 2 * normalCdf(-d);
      expect(oneTouch(d * deviation, Number.POSITIVE_INFINITY)).toBeCloseTo(expected, 12);
      expect(oneTouch(Number.NEGATIVE_INFINITY, -d * deviation)).toBeCloseTo(expected, 12);
    }
  });

  it('agrees with the two-dimensional normal (Heynen & Kat 1994), ticks or not', () => {
    const beta = 0.5825971579390107;
    const z = fc.double({ min: -4, max: 4, noNaN: true });
    const seconds = fc.double({ min: 0.05, max: 600, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          z,
          width: fc.double({ min: 0.01, max: 3, noNaN: true }),
          opens: seconds,
          lasts: seconds,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ z, width, opens, lasts }, tickSeconds) => {
          const closes = opens + lasts;
          const [d1, d2] = [sigma * Math.sqrt(opens), sigma * Math.sqrt(closes)];
          const [low, high] = [z * d2, (z + width) * d2];
          const shift = beta * sigma * Math.sqrt(tickSeconds);
          const crosses = (near: number, far: number): number =>
            normalCdf(far) - bivariateNormalCdf(near, far, Math.sqrt(opens / closes));
          const expected =
            normalCdf(high / d1) -
            normalCdf(low / d1) +
            2 * crosses(high / d1, (high - shift) / d2) +
            2 * crosses(-low / d1, -(low + shift) / d2);
          const window = touchWindow(opens, closes, tickSeconds);
          const actual = touchProbabilityOfLogBand(low, high, sigma, window);
          expect(Math.abs(actual - Math.min(1, Math.max(0, expected)))).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('touchProbability, any input', () => {
  const anyInput: fc.Arbitrary<TickedTouchInput> = fc
    .record({
      priceCents: fc.integer({ min: 100_000, max: 50_000_000 }),
      lowOffset: fc.integer({ min: -100_000, max: 100_000 }),
      height: fc.integer({ min: 1, max: 50_000 }),
      opensInMs: fc.nat(60_000),
      lengthMs: fc.nat(60_000),
      annual: fc.double({ min: 0.01, max: 4, noNaN: true }),
      tickSeconds: fc.double({ min: 0, max: 2, noNaN: true }),
    })
    .map((r) => ({
      priceCents: r.priceCents,
      lowCents: Math.max(0, r.priceCents + r.lowOffset),
      highCents: Math.max(0, r.priceCents + r.lowOffset) + r.height,
      opensInSeconds: r.opensInMs / 1_000,
      closesInSeconds: (r.opensInMs + r.lengthMs) / 1_000,
      sigmaPerSqrtSecond: sigmaOfAnnual(r.annual),
      tickSeconds: r.tickSeconds,
    }));
  const ROUNDING = 1e-11;

  it('is a probability, and ticks never see more than the continuum', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const ticked = touchProbability(input);
        const continuous = touchProbabilityContinuous(input);
        expect(ticked).toBeGreaterThanOrEqual(0);
        expect(ticked).toBeLessThanOrEqual(continuous + ROUNDING);
        expect(continuous).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('grows with the window and with the band', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(30_000), fc.nat(20_000), (input, moreMs, more) => {
        const p = touchProbability(input);
        const longer = { ...input, closesInSeconds: input.closesInSeconds + moreMs / 1_000 };
        expect(touchProbability(longer)).toBeGreaterThanOrEqual(p - ROUNDING);
        expect(touchProbability({ ...input, highCents: input.highCents + more })).toBeGreaterThanOrEqual(
          p - ROUNDING,
        );
        const lower = { ...input, lowCents: Math.max(0, input.lowCents - more) };
        expect(touchProbability(lower)).toBeGreaterThanOrEqual(p - ROUNDING);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same for the band mirrored about the price', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        fc.pre(input.lowCents > 0);
        const square = input.priceCents * input.priceCents;
        const mirrored = { ...input, lowCents: square / input.highCents, highCents: square / input.lowCents };
        // An open window is decided by the border itself, which the mirror moves by a rounding.
        fc.pre(input.opensInSeconds > 0);
        expect(Math.abs(touchProbability(mirrored) - touchProbability(input))).toBeLessThan(1e-8);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** By series, to check against something else than the code under test. */
function normalCdfOf(x: number): number {
  let term = x;
  let sum = x;
  for (let i = 1; i < 200; i++) {
    term *= (x * x) / (2 * i + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
