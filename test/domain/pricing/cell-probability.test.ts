import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationTable, IDENTITY_CALIBRATION } from '../../../src/domain/calibration/calibration-table.ts';
import { FITTED_PRIOR } from '../../../src/domain/calibration/fitted-odds.ts';
import { TABLE_SIZE } from '../../../src/domain/calibration/knots.ts';
import {
  cellChance,
  type PricedBand,
  type PricedKind,
} from '../../../src/domain/pricing/cell-probability.ts';
import { normalCdf } from '../../../src/domain/pricing/normal-cdf.ts';
import { cellProbability, type PricedMoment, quoteCell } from '../../../src/domain/pricing/odds.ts';
import { DEFAULT_ODDS_RULES as RULES } from '../../../src/domain/rules.ts';
import { cents, micros } from '../../../src/domain/units.ts';
import { sigmaOfAnnual } from '../../../src/domain/volatility.ts';

const SIGMA = sigmaOfAnnual(0.5);
const FITTED = calibrationTable(FITTED_PRIOR, new Array<number>(TABLE_SIZE).fill(0));
const momentOf = (calibration: PricedMoment['calibration'], regime = 0): PricedMoment => ({
  ...{ sigmaPerSqrtSecond: SIGMA, regime, tickMs: 100, rules: RULES },
  ...(calibration ? { calibration } : {}),
});
const bandOf = (low: number, high: number, opensIn = 10, closesIn = 15): PricedBand => {
  const deviation = SIGMA * Math.sqrt(closesIn);
  return { logLow: low * deviation, logHigh: high * deviation, opensIn, closesIn };
};
const KINDS: readonly PricedKind[] = ['touch', 'no_touch', 'inside', 'outside'];

describe('cellProbability', () => {
  const z = fc.double({ min: -3, max: 3, noNaN: true });
  const anyTable = fc.constantFrom(undefined, IDENTITY_CALIBRATION, FITTED);

  it('is a probability, and a kind and its opposite make one', () => {
    fc.assert(
      fc.property(z, z, anyTable, fc.double({ min: -3, max: 1, noNaN: true }), (a, b, table, regime) => {
        const band = bandOf(Math.min(a, b), Math.max(a, b));
        const moment = momentOf(table, regime);
        const p = Object.fromEntries(KINDS.map((kind) => [kind, cellProbability(kind, band, moment)]));
        for (const value of Object.values(p)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        expect((p['touch'] ?? 0) + (p['no_touch'] ?? 0)).toBeCloseTo(1, 12);
        expect((p['inside'] ?? 0) + (p['outside'] ?? 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('gives the rows of a column one in all, corrected or not', () => {
    const edges = [Number.NEGATIVE_INFINITY, -2, -1.1, -0.4, 0.2, 0.9, 2.2, Number.POSITIVE_INFINITY];
    for (const table of [IDENTITY_CALIBRATION, FITTED]) {
      const sum = edges.slice(1).reduce((total, high, i) => {
        return total + cellProbability('inside', bandOf(edges[i] ?? 0, high), momentOf(table));
      }, 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('is up or down for an open edge, and certain without any', () => {
    const { POSITIVE_INFINITY: UP, NEGATIVE_INFINITY: DOWN } = Number;
    const plain: PricedMoment = {
      ...momentOf(undefined),
      rules: { ...RULES, tails: [{ weight: 1, logScale: 0 }] },
    };
    expect(cellProbability('inside', bandOf(0.3, UP), plain)).toBeCloseTo(normalCdf(-0.3), 12);
    expect(cellProbability('inside', bandOf(DOWN, 0.3), plain)).toBeCloseTo(normalCdf(0.3), 12);
    expect(cellProbability('outside', bandOf(0.3, UP), plain)).toBeCloseTo(normalCdf(0.3), 12);
    expect(cellProbability('inside', bandOf(DOWN, UP), plain)).toBe(1);
    expect(cellProbability('touch', bandOf(DOWN, UP), plain)).toBe(1);
  });

  it('is more likely touched than inside at the close', () => {
    fc.assert(
      fc.property(z, fc.double({ min: 0.05, max: 2, noNaN: true }), (low, width) => {
        const band = bandOf(low, low + width, 10, 15);
        const moment = { ...momentOf(undefined), tickMs: 0 };
        expect(cellProbability('touch', band, moment)).toBeGreaterThanOrEqual(
          cellProbability('inside', band, moment) - 1e-12,
        );
      }),
    );
  });
});

describe('cellChance', () => {
  it('has the sensitivities that finite differences have, for every kind', () => {
    const step = 1e-6;
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        fc.double({ min: -2.5, max: 2.5, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.constantFrom(0, 0.1, 1),
        (kind, low, width, tickSeconds) => {
          const band = bandOf(low, low + width);
          const chance = cellChance(kind, band, SIGMA, tickSeconds, RULES.tails);
          const at = (shift: number, scale: number): number => {
            const moved = { ...band, logLow: band.logLow - shift, logHigh: band.logHigh - shift };
            return cellChance(kind, moved, SIGMA * scale, tickSeconds, RULES.tails).probability;
          };
          const shift = step * SIGMA;
          const byPrice = (at(shift, 1) - at(-shift, 1)) / (2 * step);
          const bySigma = (at(0, 1 + step) - at(0, 1 - step)) / (2 * step);
          expect(chance.byPrice * SIGMA).toBeCloseTo(byPrice, 5);
          expect(chance.bySigma).toBeCloseTo(bySigma, 5);
        },
      ),
    );
  });
});

describe('quoteCell, any kind', () => {
  it('takes open edges and quotes by the kind', () => {
    const input = {
      ...{ priceCents: cents(10_000_000), atMs: 1_000_000, sigmaPerSqrtSecond: SIGMA, tickMs: 100 },
      ...{ exposureMicros: micros(0), exposureCapMicros: micros(1), rules: RULES },
    };
    const times = { opensAtMs: 1_010_000, closesAtMs: 1_015_000 };
    const up = quoteCell({
      ...input,
      cell: { kind: 'inside', ...times, lowCents: cents(10_000_000), highCents: null },
    });
    expect(up.status === 'open' && up.probability).toBeCloseTo(0.5, 12);
    const row = { ...times, lowCents: cents(10_001_000), highCents: cents(10_003_000) };
    const quotes = KINDS.map((kind) => quoteCell({ ...input, cell: { kind, ...row } }));
    const chances = quotes.map((quote) => (quote.status === 'open' ? quote.probability : Number.NaN));
    expect((chances[0] ?? 0) + (chances[1] ?? 0)).toBeCloseTo(1, 12);
    expect((chances[2] ?? 0) + (chances[3] ?? 0)).toBeCloseTo(1, 12);
    expect(chances[0]).toBeGreaterThan(chances[2] ?? 1);
  });
});
