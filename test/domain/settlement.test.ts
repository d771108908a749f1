import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Cell } from '../../src/domain/cell.ts';
import type { SettlementRules } from '../../src/domain/rules.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { settleFromTicks } from '../../src/domain/settlement.ts';
import type { IndexTick, TickQuality } from '../../src/domain/tick.ts';
import { segmentMeetsCell } from '../../src/domain/tick-path.ts';
import { cents } from '../../src/domain/units.ts';

const CELL: Cell = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 10_000,
  closesAtMs: 15_000,
  lowCents: cents(1_000),
  highCents: cents(2_000),
};

interface Mark {
  readonly atMs: number;
  readonly price: number;
  readonly quality?: TickQuality;
}

const series = (marks: readonly Mark[]): IndexTick[] =>
  marks.map(({ atMs, price, quality = 'ok' }, i) => ({
    symbol: 'btc:usd',
    seq: i + 1,
    atMs,
    priceCents: cents(price),
    quality,
    venues: 3,
    venueMask: 0b111,
    compositionJump: false,
  }));

/** A tick each second at the price, `changes` replacing or (null) removing some. */
function eachSecond(
  price: number,
  changes: Record<number, Partial<Mark> | null> = {},
  untilMs = 16_000,
): IndexTick[] {
  const marks: Mark[] = [];
  for (let atMs = 8_000; atMs <= untilMs; atMs += 1_000) {
    const change = changes[atMs];
    if (change !== null) marks.push({ atMs, price, ...change });
  }
  return series(marks);
}

const degraded = (...times: number[]) =>
  Object.fromEntries(times.map((t) => [t, { quality: 'degraded' as const }]));
const missing = (...times: number[]) => Object.fromEntries(times.map((t) => [t, null]));

describe('settleFromTicks', () => {
  test.each<[string, IndexTick[], string, number | undefined]>([
    ['never near', eachSecond(500), 'lost', 16_000],
    ['inside at the opening', eachSecond(1_500), 'won', 10_000],
    ['touches the corner at the close', eachSecond(500, { 15000: { price: 1_000 } }), 'won', 15_000],
    ['comes in after the close', eachSecond(500, { 16000: { price: 1_500 } }), 'lost', 16_000],
    ['in the band only before the window', eachSecond(500, { 8000: { price: 1_500 } }), 'lost', 16_000],
    ['jumps over the band', eachSecond(500, { 13000: { price: 5_000 } }), 'won', 13_000],
    ['a tick at the close does not lose yet', eachSecond(500, {}, 15_000), 'open', undefined],
    ['a gap of exactly the limit is none', eachSecond(500, missing(13_000)), 'lost', 16_000],
    ['a gap inside', eachSecond(500, missing(12_000, 13_000)), 'void FEED_GAP', 14_000],
    [
      'a gap over the touch is not evidence',
      eachSecond(500, { ...missing(12_000, 13_000), 14000: { price: 9_000 } }),
      'void FEED_GAP',
      14_000,
    ],
    [
      'won before the gap',
      eachSecond(500, { 11000: { price: 1_500 }, ...missing(12_000, 13_000) }),
      'won',
      11_000,
    ],
    ['a gap into the window', eachSecond(500, missing(9_000, 10_000)), 'void FEED_GAP', 11_000],
    [
      'a gap that ends at the opening',
      series([{ atMs: 5_000, price: 500 }, ...marksFrom(10_000, 500)]),
      'lost',
      16_000,
    ],
    [
      'a gap that ends at the opening, inside',
      series([{ atMs: 5_000, price: 500 }, ...marksFrom(10_000, 1_500)]),
      'won',
      10_000,
    ],
    [
      'a gap that jumps the band up to the opening',
      series([{ atMs: 5_000, price: 500 }, ...marksFrom(10_000, 5_000)]),
      'lost',
      16_000,
    ],
    ['a gap out of the window', eachSecond(500, missing(15_000, 16_000), 17_000), 'void FEED_GAP', 17_000],
    ['a gap that starts at the close', eachSecond(500, missing(16_000, 17_000), 18_000), 'lost', 18_000],
    [
      'a gap over the whole window',
      series([
        { atMs: 9_000, price: 500 },
        { atMs: 20_000, price: 500 },
      ]),
      'void FEED_GAP',
      20_000,
    ],
    [
      'a gap before the window',
      series([{ atMs: 1_000, price: 1 }, ...marksFrom(9_000, 500)]),
      'lost',
      16_000,
    ],
    ['first tick known is in the window', series(marksFrom(11_000, 1_500)), 'void FEED_GAP', 11_000],
    ['first tick known opens the window', series(marksFrom(10_000, 500)), 'lost', 16_000],
    ['degraded for exactly the limit', eachSecond(500, degraded(12_000)), 'lost', 16_000],
    ['degraded for more', eachSecond(500, degraded(12_000, 14_000)), 'void FEED_DEGRADED', 14_000],
    [
      'degraded outside the window only',
      eachSecond(500, degraded(8_000, 9_000, 10_000, 16_000)),
      'lost',
      16_000,
    ],
    [
      'touch on a degraded tick',
      eachSecond(500, { 12000: { price: 1_500, quality: 'degraded' } }),
      'won',
      12_000,
    ],
    [
      'the tick that degrades too much touches',
      eachSecond(500, { ...degraded(12_000), 13000: { price: 1_500, quality: 'degraded' } }),
      'won',
      13_000,
    ],
    [
      'touch after too much degraded time',
      eachSecond(500, { ...degraded(11_000, 12_000), 14000: { price: 1_500 } }),
      'void FEED_DEGRADED',
      12_000,
    ],
    ['no ticks', [], 'open', undefined],
  ])('%s', (_, ticks, expected, decidedAtMs) => {
    const verdict = settleFromTicks(CELL, ticks, RULES);
    const name = verdict.outcome === 'void' ? `void ${verdict.reason}` : verdict.outcome;
    expect(name).toBe(expected);
    if (verdict.outcome === 'open') return;
    expect(verdict.decidedAtMs).toBe(decidedAtMs);
    expect(verdict.decidedSeq).toBe(ticks.find((tick) => tick.atMs === decidedAtMs)?.seq);
  });

  it('counts the part of a degraded stretch that lies in the window', () => {
    const ticks = eachSecond(500, { ...missing(10_000, 15_000), ...degraded(11_000, 16_000) });
    // 9–11 s and 14–16 s are degraded: one second of each is inside, two in all.
    expect(settleFromTicks(CELL, ticks, { ...RULES, maxDegradedFraction: 0.4 }).outcome).toBe('lost');
    expect(settleFromTicks(CELL, ticks, { ...RULES, maxDegradedFraction: 0.39 }).outcome).toBe('void');
  });

  it('agrees with a naive reading of the rules', () => {
    const cell = { ...CELL, opensAtMs: 100, closesAtMs: 150, lowCents: cents(10), highCents: cents(14) };
    const rules: SettlementRules = { maxGapMs: 20, maxDegradedFraction: 0.2 };
    const step = fc.record({
      dt: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) },
        fc.integer({ min: 18, max: 60 }),
      ),
      price: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 24 })),
      quality: fc.oneof(
        { weight: 6, arbitrary: fc.constant('ok' as const) },
        fc.constant('degraded' as const),
      ),
    });
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 105 }), fc.array(step, { maxLength: 24 }), (startMs, steps) => {
        let atMs = startMs;
        const marks = steps.map(({ dt, price, quality }): Mark => {
          atMs += dt;
          return { atMs, price, quality };
        });
        const ticks = series(marks);
        const verdict = settleFromTicks(cell, ticks, rules);
        const got = verdict.outcome === 'open' ? 'open' : `${verdict.outcome}@${verdict.decidedSeq}`;
        expect(got).toBe(naiveVerdict(cell, ticks, rules));
      }),
      { numRuns: 5_000 },
    );
  });
});

function marksFrom(fromMs: number, price: number): Mark[] {
  const marks: Mark[] = [];
  for (let atMs = fromMs; atMs <= 16_000; atMs += 1_000) marks.push({ atMs, price });
  return marks;
}

/** Looks at the whole series for each thing that may happen, ms by ms, then takes the first. */
function naiveVerdict(cell: Cell, ticks: readonly IndexTick[], rules: SettlementRules): string {
  const { opensAtMs, closesAtMs } = cell;
  const spans = ticks.map((tick, i) => ({ fromMs: ticks[i - 1]?.atMs ?? Number.NEGATIVE_INFINITY, tick }));
  const isGap = (span: (typeof spans)[number]): boolean => span.tick.atMs - span.fromMs > rules.maxGapMs;
  const windowMs = Array.from({ length: closesAtMs - opensAtMs }, (_, i) => opensAtMs + i);
  const spanOf = (ms: number) => spans.findIndex((span) => span.fromMs <= ms && ms < span.tick.atMs);

  const events: [index: number, order: number, name: string][] = [];
  const add = (index: number, order: number, name: string): void => {
    if (index >= 0) events.push([index, order, name]);
  };
  add(Math.min(...windowMs.map(spanOf).filter((i) => i >= 0 && isGap(spans[i] ?? never()))), 0, 'void');
  const touchedAt = spans.findIndex(({ tick }, i) => {
    const prev = ticks[i - 1];
    const isPointIn = segmentMeetsCell(tick, tick, cell);
    if (prev === undefined || isGap(spans[i] ?? never())) return isPointIn;
    return isPointIn || segmentMeetsCell(prev, tick, cell);
  });
  add(touchedAt, 1, 'won');
  const degradedSpans = windowMs.map(spanOf).filter((i) => ticks[i]?.quality === 'degraded' && i > 0);
  const tooMany = degradedSpans[Math.round((closesAtMs - opensAtMs) * rules.maxDegradedFraction)];
  add(tooMany ?? -1, 2, 'void');
  add(
    ticks.findIndex((tick) => tick.atMs > closesAtMs),
    3,
    'lost',
  );
  const first = events.filter(([i]) => Number.isFinite(i)).sort((a, b) => a[0] - b[0] || a[1] - b[1])[0];
  return first ? `${first[2]}@${first[0] + 1}` : 'open';
}

function never(): never {
  throw new Error('unreachable');
}
