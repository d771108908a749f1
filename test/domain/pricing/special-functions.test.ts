import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { normalCdf } from '../../../src/domain/pricing/normal-cdf.ts';
import { owensT } from '../../../src/domain/pricing/owens-t.ts';
import { bivariateNormalCdf } from './bivariate-normal.ts';

// Reference values: arbitrary-precision quadrature, 30 digits.
describe('normalCdf', () => {
  test.each([
    [-8, 6.220960574271784e-16],
    [-5, 2.866515718791939e-7],
    [-3, 0.0013498980316300946],
    [-1.5, 0.06680720126885807],
    [-0.5, 0.3085375387259869],
    [0, 0.5],
    [0.3, 0.6179114221889527],
    [2.5, 0.9937903346742238],
    [6, 0.9999999990134123],
    [Number.POSITIVE_INFINITY, 1],
    [Number.NEGATIVE_INFINITY, 0],
  ])('N(%d) = %d', (x, expected) => {
    expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(2e-15);
  });

  it('keeps its relative precision in the tail', () => {
    expect(normalCdf(-8) / 6.220960574271784e-16).toBeCloseTo(1, 7);
  });

  it('passes NaN on', () => {
    expect(normalCdf(Number.NaN)).toBeNaN();
  });
});

describe('owensT', () => {
  test.each([
    [0.0625, 0.25, 0.03891193023470137],
    [6.5, 0.4375, 2.0005773048508314e-11],
    [7, 0.96875, 6.399062719389869e-13],
    [4.78125, 0.0625, 1.0632974804687464e-7],
    [2, 0.5, 0.008625077985521507],
    [1, 0.9999975, 0.0667418089782286],
    [0.5, 3, 0.15108404307601841],
    [1, 7, 0.07932762696572256],
    [2, 40, 0.011375065974089604],
    [0, 1, 0.125],
    [0, 5, 0.2185835209054994],
    [0, Number.POSITIVE_INFINITY, 0.25],
    [Number.POSITIVE_INFINITY, 2, 0],
  ])('T(%d, %d)', (h, a, expected) => {
    expect(Math.abs(owensT(h, a) - expected)).toBeLessThan(1e-13);
  });

  it('is even in h, odd in a and continuous at a = 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (h, a) => {
          expect(owensT(-h, a)).toBe(owensT(h, a));
          expect(owensT(h, -a) + owensT(h, a)).toBe(0);
          expect(Math.abs(owensT(h, 1 + 1e-13) - owensT(h, 1))).toBeLessThan(1e-12);
        },
      ),
    );
  });
});

describe('bivariateNormalCdf', () => {
  test.each([
    [0.5, -0.3, 0.8, 0.3693365689017],
    [0, 0.7, 0.3, 0.41667739384861],
    [-1.2, 0, 0.9, 0.1149005384107],
    [0, 0, 0.5, 1 / 3],
    [1, 1, 0.99, 0.82769302698508],
    [-2.5, -1, 0.2, 0.0020407712463423],
    [1.5, -1.5, 0.4, 0.066334100889988],
    [-0.4, 0.9, 0.7, 0.33847277553862],
    [Number.POSITIVE_INFINITY, 0.3, 0.5, 0.6179114221889527],
    [0.3, Number.POSITIVE_INFINITY, 0.5, 0.6179114221889527],
    [Number.NEGATIVE_INFINITY, 0.3, 0.5, 0],
    [0.3, 2, 1, 0.6179114221889527],
  ])('P(X ≤ %d, Y ≤ %d; %d)', (h, k, rho, expected) => {
    expect(Math.abs(bivariateNormalCdf(h, k, rho) - expected)).toBeLessThan(1e-12);
  });

  it('is symmetric, within the bounds of its margins, and continuous at h = 0', () => {
    const z = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(z, z, fc.double({ min: 0, max: 0.999, noNaN: true }), (h, k, rho) => {
        const p = bivariateNormalCdf(h, k, rho);
        expect(Math.abs(p - bivariateNormalCdf(k, h, rho))).toBeLessThan(1e-12);
        // Never less than independent, for rho ≥ 0 (Slepian), never more than the smaller margin.
        expect(p).toBeGreaterThan(normalCdf(h) * normalCdf(k) - 1e-12);
        expect(p).toBeLessThan(Math.min(normalCdf(h), normalCdf(k)) + 1e-12);
        expect(Math.abs(bivariateNormalCdf(1e-13, k, rho) - bivariateNormalCdf(0, k, rho))).toBeLessThan(
          1e-11,
        );
      }),
    );
  });
});
