import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationTable, IDENTITY_CALIBRATION } from '../../src/domain/calibration/calibration-table.ts';
import { TABLE_SIZE } from '../../src/domain/calibration/knots.ts';
import { type Cell, cellShapeError, ROW_HEIGHTS_CENTS, rowOf } from '../../src/domain/cell.ts';
import {
  chooseRowHeight,
  computeRelativeGrid,
  type GridMoment,
  gridCacheKey,
  gridParams,
  placeGrid,
  REFERENCE_PRICE_CENTS,
  representativeOf,
} from '../../src/domain/grid.ts';
import { quoteCell } from '../../src/domain/pricing/odds.ts';
import { isColumnLocked, DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { type Cents, cents, micros } from '../../src/domain/units.ts';
import { annualOfSigma, sigmaOfAnnual, sigmaOfStep } from '../../src/domain/volatility.ts';

/** A correction that depends on the row, the column and the regime. */
const CORRECTION = calibrationTable(
  Array.from({ length: TABLE_SIZE }, (_, knot) => 0.8 + (knot % 53) / 100),
  Array.from({ length: TABLE_SIZE }, (_, knot) => (knot % 7) / 1_000),
);

function momentOf(
  priceCents: number,
  atMs: number,
  annual: number,
  more: Partial<GridMoment> = {},
): GridMoment {
  const base = { priceCents: cents(priceCents), sigmaPerSqrtSecond: sigmaOfAnnual(annual) };
  const odds = { regime: 0, calibration: IDENTITY_CALIBRATION, ...more };
  return { ...base, ...odds, atMs, rowHeightCents: chooseRowHeight(base, RULES) };
}

const anyMoment = fc
  .record({
    price: fc.integer({ min: 1_000_000, max: 20_000_000 }),
    atMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_060_000 }),
    annual: fc.double({ min: 0.15, max: 3, noNaN: true }),
    regime: fc.double({ min: -3, max: 2, noNaN: true }),
    calibration: fc.constantFrom(IDENTITY_CALIBRATION, CORRECTION),
  })
  .map(({ price, atMs, annual, ...odds }) => momentOf(price, atMs, annual, odds));

const quoteFree = (
  cell: Parameters<typeof quoteCell>[0]['cell'],
  priceCents: Cents,
  atMs: number,
  sigma: number,
  odds: Partial<Pick<GridMoment, 'regime' | 'calibration'>> = {},
) =>
  quoteCell({
    ...odds,
    cell,
    priceCents,
    atMs,
    sigmaPerSqrtSecond: sigma,
    tickMs: RULES.tickMs,
    exposureMicros: micros(0),
    exposureCapMicros: micros(1),
    rules: RULES.odds,
  });

const multiplierOf = (quote: ReturnType<typeof quoteCell>) =>
  quote.status === 'open' ? quote.multiplier : null;

describe('grid', () => {
  it('shows what quoteCell gives for the quantised parameters without exposure', () => {
    fc.assert(
      fc.property(anyMoment, (moment) => {
        const params = gridParams(moment, RULES);
        const { calibration } = moment;
        const { priceCents, atMs, sigmaPerSqrtSecond, regime } = representativeOf(params, RULES);
        const relative = computeRelativeGrid(params, calibration, RULES);
        const grid = placeGrid(relative, params, { priceCents, atMs }, RULES);
        grid.columns.forEach((opensAtMs, c) => {
          grid.rows.forEach((lowCents, r) => {
            const highCents = cents(lowCents + grid.rowHeightCents);
            const cell = { opensAtMs, closesAtMs: opensAtMs + grid.columnMs, lowCents, highCents };
            const quote = quoteFree(cell, priceCents, atMs, sigmaPerSqrtSecond, { regime, calibration });
            expect(grid.multipliers[c]?.[r]).toBe(multiplierOf(quote));
          });
        });
      }),
      { numRuns: 20 },
    );
  });

  it('hardly differs from quotes at the absolute price, quantised alike', () => {
    const moment = momentOf(6_123_456, 1_700_000_001_234, 0.55);
    const params = gridParams(moment, RULES);
    const grid = placeGrid(computeRelativeGrid(params, IDENTITY_CALIBRATION, RULES), params, moment, RULES);
    const middle = representativeOf(params, RULES);
    const base = rowOf(moment.priceCents, params.rowHeightCents).lowCents;
    const priceCents = cents(base + middle.priceCents - REFERENCE_PRICE_CENTS);
    const atMs = moment.atMs - (moment.atMs % params.columnMs) + middle.atMs;
    const sigma = (sigmaOfStep(params.sigmaStep) * REFERENCE_PRICE_CENTS) / priceCents;
    let compared = 0;
    grid.columns.forEach((opensAtMs, c) => {
      grid.rows.forEach((lowCents, r) => {
        const highCents = cents(lowCents + grid.rowHeightCents);
        const cell = { opensAtMs, closesAtMs: opensAtMs + grid.columnMs, lowCents, highCents };
        const absolute = multiplierOf(quoteFree(cell, priceCents, atMs, sigma));
        const shown = grid.multipliers[c]?.[r] ?? null;
        if (absolute === null || shown === null) return;
        compared++;
        expect(Math.abs(shown / absolute - 1)).toBeLessThan(0.01);
      });
    });
    expect(compared).toBeGreaterThan(100);
  });

  it('places only cells on the raster, unlocked, within the horizon, around the price', () => {
    fc.assert(
      fc.property(anyMoment, (moment) => {
        const params = gridParams(moment, RULES);
        const empty = Array.from({ length: params.columns }, () =>
          Array.from({ length: params.rows }, () => null),
        );
        const grid = placeGrid(empty, params, moment, RULES);
        expect(grid.columns).toHaveLength(11);
        expect(grid.rows).toHaveLength(21);
        expect(grid.rows[10]).toBe(rowOf(moment.priceCents, moment.rowHeightCents).lowCents);
        for (const opensAtMs of grid.columns) {
          expect(isColumnLocked(opensAtMs, moment.atMs, RULES)).toBe(false);
          expect(opensAtMs - moment.atMs).toBeLessThanOrEqual(RULES.horizonMs);
          for (const lowCents of grid.rows) {
            const highCents = cents(lowCents + grid.rowHeightCents);
            const times = { opensAtMs, closesAtMs: opensAtMs + grid.columnMs };
            const cell: Cell = { symbol: 'btc:usd', kind: 'touch', ...times, lowCents, highCents };
            expect(cellShapeError(cell)).toBeUndefined();
          }
        }
      }),
    );
  });

  it('gives moments that look the same one key, and others another', () => {
    const base: GridMoment = { ...momentOf(6_000_010, 1_700_000_000_010, 0.5), rowHeightCents: 1_000 };
    const keyOf = (change: Partial<GridMoment>): string =>
      gridCacheKey(gridParams({ ...base, ...change }, RULES));
    const { sigmaStep } = gridParams(base, RULES);
    const version = IDENTITY_CALIBRATION.version;
    expect(keyOf({})).toBe(`touch-2:k${version}:s${sigmaStep}:r0:h1000:c5000:p0:t0:11x21`);
    expect(keyOf({ regime: 0.04 })).toBe(keyOf({}));
    expect(keyOf({ regime: 0.06 })).not.toBe(keyOf({}));
    expect(keyOf({ calibration: CORRECTION })).not.toBe(keyOf({}));
    expect(keyOf({ atMs: base.atMs + 35_000 })).toBe(keyOf({}));
    expect(keyOf({ atMs: base.atMs + 239 })).toBe(keyOf({}));
    expect(keyOf({ atMs: base.atMs + 240 })).not.toBe(keyOf({}));
    expect(keyOf({ priceCents: cents(6_000_039) })).toBe(keyOf({}));
    expect(keyOf({ priceCents: cents(6_000_040) })).not.toBe(keyOf({}));
    expect(keyOf({ sigmaPerSqrtSecond: base.sigmaPerSqrtSecond * 1.011 })).not.toBe(keyOf({}));
    expect(keyOf({ rowHeightCents: 2_000 })).not.toBe(keyOf({}));
  });

  it('has a whole-cent middle for every price step of every row height', () => {
    for (const rowHeightCents of ROW_HEIGHTS_CENTS) {
      for (let step = 0; step < RULES.grid.priceOffsetSteps; step++) {
        const priceCents = cents(6_000_000 + (step * rowHeightCents) / RULES.grid.priceOffsetSteps);
        const moment = { ...momentOf(6_000_000, 1_700_000_000_000, 0.5), priceCents, rowHeightCents };
        const params = gridParams(moment, RULES);
        expect(params.priceOffsetStep).toBe(step);
        const offset = representativeOf(params, RULES).priceCents - REFERENCE_PRICE_CENTS;
        expect(offset).toBeGreaterThan(0);
        expect(offset).toBeLessThan(rowHeightCents);
      }
    }
  });

  it('is never computed with another correction than its parameters name', () => {
    const params = gridParams(momentOf(6_000_000, 1_700_000_000_000, 0.5), RULES);
    expect(() => computeRelativeGrid(params, CORRECTION, RULES)).toThrow(CORRECTION.version);
  });

  it('offers most of the screen near the price', () => {
    const params = gridParams(momentOf(6_000_000, 1_700_000_000_000, 0.5), RULES);
    const cells = computeRelativeGrid(params, IDENTITY_CALIBRATION, RULES).flat();
    expect(cells.filter((m) => m !== null).length).toBeGreaterThan(90);
  });
});

describe('chooseRowHeight', () => {
  const choose = (annual: number, previous?: number): number =>
    chooseRowHeight(
      { priceCents: cents(10_000_000), sigmaPerSqrtSecond: sigmaOfAnnual(annual) },
      RULES,
      previous,
    );

  it('follows the volatility along the ladder', () => {
    expect([0.15, 0.4, 0.6, 3].map((annual) => choose(annual))).toEqual([500, 2_000, 2_000, 10_000]);
  });

  it('keeps the height until it is clearly wrong', () => {
    const wanted = (cents: number): number => annualOfSigma(cents / 10_000_000 / Math.sqrt(5));
    expect(choose(wanted(1_300))).toBe(1_000);
    expect(choose(wanted(1_300), 2_000)).toBe(2_000);
    expect(choose(wanted(1_600))).toBe(2_000);
    expect(choose(wanted(1_600), 1_000)).toBe(1_000);
    expect(choose(wanted(1_900), 1_000)).toBe(2_000);
    expect(choose(wanted(1_000), 2_000)).toBe(1_000);
  });

  it('ignores a previous height that is not on the ladder', () => {
    expect(choose(0.4, 1_777)).toBe(2_000);
  });

  it('is never so thin that ticks jump over it, as far as the ladder reaches', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 5, noNaN: true }),
        fc.constantFrom(...ROW_HEIGHTS_CENTS),
        (annual, previous) => {
          const thinnest = 2 * sigmaOfAnnual(annual) * 10_000_000 * Math.sqrt(0.1);
          expect(choose(annual, previous)).toBeGreaterThanOrEqual(thinnest);
        },
      ),
    );
  });
});
