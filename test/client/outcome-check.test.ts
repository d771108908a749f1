import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckedBet, checkOutcome, ticksNeeded } from '../../src/client/outcome-check.ts';
import type { PriceTick } from '../../src/client/touchline-client.ts';
import { settleFromTicks } from '../../src/domain/settlement.ts';
import { cents } from '../../src/domain/units.ts';

const RULES = { maxGapMs: 2_000 };
const BET = {
  kind: 'touch',
  opensAtMs: 10_000,
  closesAtMs: 15_000,
  lowCents: 500,
  highCents: 600,
} as const satisfies CheckedBet;

const PLAIN = { venueMask: 1, compositionJump: false } as const;

/** `[atMs, priceCents]`, `'d'` after it for degraded. */
type Sketch = readonly [number, number, 'd'?];
const ticks = (...sketch: Sketch[]): PriceTick[] =>
  sketch.map(([atMs, priceCents, d], i) => ({
    seq: i + 1,
    atMs,
    priceCents,
    quality: d ? 'degraded' : 'ok',
    ...PLAIN,
  }));
/** Straight through, every 1000 ms, with some of it replaced. */
const flat = (priceCents: number, replaced: Record<number, Sketch | undefined> = {}): PriceTick[] => {
  const line: Sketch[] = [];
  for (let atMs = 9_000; atMs <= 17_000; atMs += 1_000) {
    const own = atMs in replaced ? replaced[atMs] : ([atMs, priceCents] as const);
    if (own) line.push(own);
  }
  return ticks(...line);
};

test.each<[string, PriceTick[], string]>([
  ['a line beside the band', flat(400), 'lost'],
  ['a line on the border of the band', flat(600), 'won'],
  ['a corner touched at the opening instant', flat(400, { 10000: [10_000, 500] }), 'won'],
  ['a corner touched at the closing instant', flat(400, { 15000: [15_000, 500] }), 'won'],
  ['a touch one instant after the window', flat(400, { 15000: [15_001, 500] }), 'lost'],
  [
    'a jump over the whole band between two ticks',
    flat(400, { 13000: [13_000, 700], 14000: [14_000, 700] }),
    'won',
  ],
  [
    'a stretch that leaves the band before the window',
    ticks([9_000, 550], [10_500, 400], [12_000, 400], [14_000, 400], [16_000, 400]),
    'lost',
  ],
  [
    'a stretch clipped exactly at the border',
    ticks([9_000, 600], [11_000, 400], [13_000, 400], [15_000, 400], [15_100, 400]),
    'won',
  ],
  ['a gap in the window', flat(400, { 12000: undefined, 13000: undefined }), 'void'],
  ['a gap after a win', flat(400, { 11000: [11_000, 500], 12000: undefined, 13000: undefined }), 'won'],
  ['a gap that would jump into the band', flat(400, { 12000: undefined, 13000: [13_001, 550] }), 'void'],
  [
    'a gap over the opening',
    ticks([7_000, 400], [10_001, 400], [12_000, 400], [14_000, 400], [16_000, 400]),
    'void',
  ],
  [
    'a gap that ends at the opening',
    ticks([7_000, 400], [10_000, 400], [12_000, 400], [14_000, 400], [16_000, 400]),
    'lost',
  ],
  [
    'a gap that starts at the closing',
    ticks([9_000, 400], [11_000, 400], [13_000, 400], [15_000, 400], [60_000, 400]),
    'lost',
  ],
  ['nothing before the window', ticks([11_000, 400], [13_000, 400], [15_000, 400], [16_000, 400]), 'void'],
  ['a fifth of the window degraded', flat(400, { 12000: [12_000, 400, 'd'] }), 'lost'],
  ['two fifths degraded', flat(400, { 12000: [12_000, 400, 'd'], 13000: [13_000, 400, 'd'] }), 'void'],
  [
    'a touch on the tick that makes it too much',
    flat(400, { 12000: [12_000, 400, 'd'], 13000: [13_000, 500, 'd'] }),
    'won',
  ],
  ['ticks that end in the window', flat(400).slice(0, 4), 'open'],
])('%s: %#', (_, line, outcome) => {
  expect(checkOutcome(BET, line, RULES).outcome).toBe(outcome);
});

test('ticks with a hole in their sequence are refused', () => {
  expect(() => checkOutcome(BET, flat(400).toSpliced(3, 1), RULES)).toThrow(RangeError);
});

test('the ticks needed reach one longest gap beyond both sides', () => {
  expect(ticksNeeded(BET, RULES)).toEqual({ fromMs: 8_000, toMs: 17_000 });
});

test('agrees with the settlement of the product on random lines', () => {
  // Weighted so that each outcome is common: a wide price or a gap alone decides most lines.
  const stepMs = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(100, 300, 700, 1_000, 1_999, 2_000) },
    { weight: 1, arbitrary: fc.constantFrom(2_001, 2_500) },
  );
  const priceCents = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 380, max: 502 }) },
    { weight: 1, arbitrary: fc.integer({ min: 380, max: 720 }) },
  );
  const quality = fc.constantFrom(
    'ok' as const,
    'ok' as const,
    'ok' as const,
    'ok' as const,
    'degraded' as const,
  );
  const step = fc.tuple(stepMs, priceCents, quality);
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      fc.integer({ min: 6_000, max: 10_500 }),
      (steps, startMs) => {
        let atMs = startMs;
        const line = steps.map(([lengthMs, priceCents, quality], i): PriceTick => {
          atMs += i === 0 ? 0 : lengthMs;
          return { seq: i + 1, atMs, priceCents, quality, ...PLAIN };
        });
        const cell = {
          ...BET,
          symbol: 'btc:usd',
          kind: 'touch',
          lowCents: cents(500),
          highCents: cents(600),
        } as const;
        const full = line.map(
          (t) => ({ ...t, symbol: 'btc:usd', priceCents: cents(t.priceCents), venues: 1 }) as const,
        );
        const settled = settleFromTicks(cell, full, { maxGapMs: 2_000, maxDegradedFraction: 0.2 });
        const checked = checkOutcome(BET, line, RULES);
        seen.add(checked.outcome);
        expect(checked.outcome).toBe(settled.outcome);
        if (settled.outcome !== 'open') expect(checked.seq).toBe(settled.decidedSeq);
        if (settled.outcome === 'void') expect(checked.reason).toBe(settled.reason);
      },
    ),
    { numRuns: 3_000 },
  );
  expect([...seen].sort()).toEqual(['lost', 'open', 'void', 'won']);
});
