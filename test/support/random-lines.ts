/**
 * Random price lines and cells on a small raster, where borders and corners are met all the time: a window of
 * 50 ms, prices of a few cents, gaps, degraded stretches, composition jumps, every kind of bet.
 */
import fc from 'fast-check';
import { checkOutcome } from '../../src/client/outcome-check.ts';
import { BET_KINDS, type Cell } from '../../src/domain/cell.ts';
import type { SettlementRules } from '../../src/domain/rules.ts';
import { settleFromTicks } from '../../src/domain/settlement.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { type Cents, cents } from '../../src/domain/units.ts';

export const SMALL_RULES: SettlementRules = { maxGapMs: 20, maxDegradedFraction: 0.2 };
export const SMALL_WINDOW = { opensAtMs: 100, closesAtMs: 150 };

const oneIn = (n: number) => fc.nat(n - 1).map((drawn) => drawn === 0);

const step = fc.record({
  dt: fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 1, arbitrary: fc.integer({ min: 18, max: 60 }) },
  ),
  price: fc.oneof(fc.nat(9), fc.nat(30), fc.nat(30), fc.constantFrom(10, 14, 20)),
  isDegraded: oneIn(12),
  isJump: oneIn(10),
});

/** A dense line of up to 24 ticks. `scale` stretches prices, so that products need more than 53 bits. */
export const smallLine = fc
  .record({
    startMs: fc.integer({ min: 60, max: 105 }),
    steps: fc.array(step, { minLength: 1, maxLength: 24 }),
    scale: fc.constantFrom(1, 1, 1, 7, 100_000_000_000_003),
  })
  .map(({ startMs, steps, scale }): { ticks: IndexTick[]; scale: number } => {
    let atMs = startMs;
    const ticks = steps.map(({ dt, price, isDegraded, isJump }, i): IndexTick => {
      atMs += dt;
      return {
        symbol: 'btc:usd',
        seq: i + 1,
        atMs,
        priceCents: cents(price * scale),
        quality: isDegraded ? 'degraded' : 'ok',
        venues: 3,
        venueMask: 0b111,
        compositionJump: isJump,
      };
    });
    return { ticks, scale };
  });

/** A kind and a band of it; edges in units of the line's scale. */
export const smallBand = fc.record({
  kind: fc.constantFrom(...BET_KINDS),
  low: fc.integer({ min: 0, max: 20 }),
  height: fc.integer({ min: 1, max: 10 }),
  open: fc.constantFrom('neither', 'neither', 'low', 'high'),
});
export type SmallBand = typeof smallBand extends fc.Arbitrary<infer B> ? B : never;

export function smallCell({ kind, low, height, open }: SmallBand, scale: number): Cell {
  const isPath = kind === 'touch' || kind === 'no_touch';
  const edge = (side: 'low' | 'high', at: number): Cents | null =>
    open === side && !isPath ? null : cents(at * scale);
  return {
    symbol: 'btc:usd',
    kind,
    ...SMALL_WINDOW,
    lowCents: edge('low', low),
    highCents: edge('high', low + height),
  };
}

/** Settles by the product and by the naive oracle; what they say, and whether it is the same. */
export function bothVerdicts(cell: Cell, ticks: readonly IndexTick[]): { told: string; due: string } {
  const verdict = settleFromTicks(cell, ticks, SMALL_RULES);
  const { outcome, seq, reason, nearMiss } = checkOutcome(cell, ticks, SMALL_RULES);
  const due = JSON.stringify([outcome, seq, reason, nearMiss]);
  if (verdict.outcome === 'open') return { told: JSON.stringify(['open']), due: JSON.stringify([outcome]) };
  const told = [
    verdict.outcome,
    verdict.decidedSeq,
    verdict.outcome === 'void' ? verdict.reason : undefined,
    verdict.outcome === 'void' ? undefined : verdict.nearMiss,
  ];
  return { told: JSON.stringify(told), due };
}
