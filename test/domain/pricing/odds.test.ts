import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type QuoteInput, quoteCell } from '../../../src/domain/pricing/odds.ts';
import { touchProbability } from '../../../src/domain/pricing/touch-probability.ts';
import { DEFAULT_ODDS_RULES as RULES } from '../../../src/domain/rules.ts';
import { cents, micros } from '../../../src/domain/units.ts';
import { sigmaOfAnnual } from '../../../src/domain/volatility.ts';

const AT_MS = 1_700_000_000_000;
const FREE: Omit<QuoteInput, 'cell'> = {
  priceCents: cents(10_000_000),
  atMs: AT_MS,
  sigmaPerSqrtSecond: sigmaOfAnnual(0.4),
  tickMs: 100,
  exposureMicros: micros(0),
  exposureCapMicros: micros(1_000_000),
  rules: RULES,
};

const cellAt = (offsetCents: number, opensInMs = 10_000, heightCents = 1_000) => ({
  opensAtMs: AT_MS + opensInMs,
  closesAtMs: AT_MS + opensInMs + 5_000,
  lowCents: cents(10_000_000 + offsetCents),
  highCents: cents(10_000_000 + offsetCents + heightCents),
});

function openQuote(input: QuoteInput) {
  const quote = quoteCell(input);
  if (quote.status !== 'open') throw new Error(`disabled: ${quote.reason}`);
  return quote;
}

describe('quoteCell', () => {
  it('quotes the probability of the settled path', () => {
    const cell = cellAt(2_000);
    const rules = { ...RULES, tails: [{ weight: 1, logScale: 0 }] };
    const quote = openQuote({ ...FREE, cell, rules });
    expect(quote.probability).toBeCloseTo(
      touchProbability({
        priceCents: FREE.priceCents,
        lowCents: cell.lowCents,
        highCents: cell.highCents,
        opensInSeconds: 10,
        closesInSeconds: 15,
        sigmaPerSqrtSecond: FREE.sigmaPerSqrtSecond,
        tickSeconds: 0.1,
      }),
      14,
    );
    expect(quote.multiplier).toBe(Math.floor(((1 - quote.edge) / quote.probability) * 100));
  });

  it('takes a larger edge where the price and the volatility matter more', () => {
    const edges = [0, 2_000, 4_000, 5_000].map((offset) => openQuote({ ...FREE, cell: cellAt(offset) }).edge);
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
    expect(edges[0]).toBeGreaterThan(RULES.edgeBase);
  });

  it('adds the parts of the edge as the elasticities say', () => {
    const cell = cellAt(2_000);
    const base = openQuote({ ...FREE, cell });
    const logP = (change: Partial<QuoteInput>): number =>
      Math.log(openQuote({ ...FREE, cell, ...change }).probability);
    const sigma = FREE.sigmaPerSqrtSecond;
    const step = 0.001;
    const bySigma =
      (logP({ sigmaPerSqrtSecond: sigma * (1 + step) }) - logP({ sigmaPerSqrtSecond: sigma * (1 - step) })) /
      (2 * step);
    const byLogPrice =
      (logP({ priceCents: cents(10_000_050) }) - logP({ priceCents: cents(9_999_950) })) / 1e-5;
    const expected =
      RULES.edgeBase +
      RULES.edgeVolatilityWeight * RULES.sigmaUncertainty * Math.abs(bySigma) +
      RULES.edgeLatencyWeight * Math.abs(byLogPrice) * sigma * Math.sqrt(RULES.latencySeconds);
    expect(base.edge).toBeCloseTo(expected, 4);
  });

  it('gives less the more the house already owes on the cell, never beyond the full skew', () => {
    const quoteAt = (exposure: number) =>
      openQuote({ ...FREE, cell: cellAt(0), exposureMicros: micros(exposure) });
    const [free, half, full, over] = [0, 500_000, 1_000_000, 9_000_000].map(quoteAt);
    expect((half?.edge ?? 0) - (free?.edge ?? 0)).toBeCloseTo(RULES.edgeSkew / 4, 12);
    expect((full?.edge ?? 0) - (free?.edge ?? 0)).toBeCloseTo(RULES.edgeSkew, 12);
    expect(over).toEqual(full);
    expect(half?.multiplier).toBeLessThan(free?.multiplier ?? 0);
    expect(quoteCell({ ...FREE, cell: cellAt(0), exposureCapMicros: micros(0) })).toEqual(full);
  });

  it('caps the multiplier and the edge', () => {
    const rules = { ...RULES, pMin: 1e-9, edgeLatencyWeight: 5 };
    const quote = openQuote({ ...FREE, rules, cell: cellAt(8_000) });
    expect(quote.multiplier).toBe(RULES.multiplierHundredthsMax);
    expect(quote.edge).toBe(RULES.edgeMax);
  });

  const tall = cellAt(-25_000, 10_000, 50_000);
  test.each<[string, Partial<QuoteInput> & Pick<QuoteInput, 'cell'>, string]>([
    ['opens beyond the horizon', { cell: cellAt(0, 60_001) }, 'TOO_FAR'],
    ['row thinner than two tick deviations', { cell: cellAt(0, 10_000, 450) }, 'ROW_TOO_THIN'],
    ['price far away', { cell: cellAt(8_000) }, 'TOO_UNLIKELY'],
    ['row as tall as the screen', { cell: tall }, 'TOO_LIKELY'],
    ['multiplier not above the least one', { cell: tall, rules: { ...RULES, pMax: 1 } }, 'TOO_LIKELY'],
    ['window open, price inside', { cell: cellAt(0, -1_000) }, 'TOO_LIKELY'],
    ['window over, price inside', { cell: cellAt(0, -6_000) }, 'TOO_LIKELY'],
    ['window over, price outside', { cell: cellAt(1_000, -6_000) }, 'TOO_UNLIKELY'],
  ])('%s', (_, change, reason) => {
    expect(quoteCell({ ...FREE, ...change })).toEqual({ status: 'disabled', reason });
  });

  it('offers the last millisecond of the horizon and the thinnest row', () => {
    expect(quoteCell({ ...FREE, cell: cellAt(0, 60_000) }).status).toBe('open');
    expect(quoteCell({ ...FREE, cell: cellAt(0, 10_000, 451) }).status).toBe('open');
  });

  it('never quotes outside of its limits, whatever it is asked', () => {
    const anyInput = fc.record({
      offset: fc.integer({ min: -20_000, max: 20_000 }),
      height: fc.integer({ min: 1, max: 50_000 }),
      opensInMs: fc.integer({ min: -20_000, max: 70_000 }),
      annual: fc.double({ min: 0.01, max: 5, noNaN: true }),
      exposure: fc.nat(3_000_000),
    });
    fc.assert(
      fc.property(anyInput, ({ offset, height, opensInMs, annual, exposure }) => {
        const cell = cellAt(offset, opensInMs, height);
        const state = { sigmaPerSqrtSecond: sigmaOfAnnual(annual), exposureMicros: micros(exposure) };
        const quote = quoteCell({ ...FREE, ...state, cell });
        if (quote.status === 'disabled') return;
        expect(quote.probability).toBeGreaterThanOrEqual(RULES.pMin);
        expect(quote.probability).toBeLessThanOrEqual(RULES.pMax);
        expect(quote.edge).toBeGreaterThanOrEqual(RULES.edgeBase);
        expect(quote.edge).toBeLessThanOrEqual(RULES.edgeMax);
        expect(quote.multiplier).toBeGreaterThanOrEqual(RULES.multiplierHundredthsMin);
        expect(quote.multiplier).toBeLessThanOrEqual(RULES.multiplierHundredthsMax);
        expect((quote.multiplier / 100) * quote.probability).toBeLessThanOrEqual(1 - RULES.edgeBase);
      }),
      { numRuns: 2_000 },
    );
  });
});
