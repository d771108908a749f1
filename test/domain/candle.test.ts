import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CANDLE_INTERVALS_MS,
  type Candle,
  candlesOf,
  isCandleInterval,
  mergeCandles,
} from '../../src/domain/candle.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents } from '../../src/domain/units.ts';
import { indexTick } from '../support/index-ticks.ts';

/** Of a few hours, with gaps of any length, some ticks degraded. */
const someTicks = fc
  .array(
    fc.record({
      stepMs: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 4_000_000 })),
      price: fc.integer({ min: 1, max: 1_000 }),
      isDegraded: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((steps): IndexTick[] => {
    let atMs = 1_700_000_000_000;
    return steps.map(({ stepMs, price, isDegraded }, n) => {
      atMs += stepMs;
      return indexTick(n + 1, { atMs, priceCents: cents(price), quality: isDegraded ? 'degraded' : 'ok' });
    });
  });
const interval = fc.constantFrom(...CANDLE_INTERVALS_MS);

/** The long way round: each interval by itself. */
function naiveCandles(ticks: readonly IndexTick[], intervalMs: number): Candle[] {
  const opens = [...new Set(ticks.map(({ atMs }) => Math.floor(atMs / intervalMs) * intervalMs))];
  return opens.map((opensAtMs) => {
    const isIn = ({ atMs }: IndexTick): boolean => atMs >= opensAtMs && atMs < opensAtMs + intervalMs;
    const inside = ticks.filter(isIn);
    const prices = inside.map(({ priceCents }) => priceCents);
    const steps = ticks.slice(1).flatMap((tick, n) => {
      const before = ticks[n] as IndexTick;
      return isIn(tick) || isIn(before) ? [tick.atMs - before.atMs] : [];
    });
    return {
      opensAtMs,
      openCents: prices[0] ?? cents(0),
      highCents: cents(Math.max(...prices)),
      lowCents: cents(Math.min(...prices)),
      closeCents: prices.at(-1) ?? cents(0),
      ticks: inside.length,
      degradedTicks: inside.filter(({ quality }) => quality === 'degraded').length,
      maxStepMs: Math.max(0, ...steps),
    };
  });
}

describe('candles', () => {
  it('of ticks are what each interval by itself says', () => {
    fc.assert(
      fc.property(someTicks, interval, (ticks, intervalMs) => {
        expect(candlesOf(ticks, intervalMs)).toEqual(naiveCandles(ticks, intervalMs));
      }),
    );
  });

  it('merge into longer ones without loss', () => {
    fc.assert(
      fc.property(someTicks, interval, interval, (ticks, a, b) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        expect(mergeCandles(candlesOf(ticks, short), long)).toEqual(candlesOf(ticks, long));
      }),
    );
  });

  it('come of the part that is asked for; the ticks around it tell the steps at its ends', () => {
    fc.assert(
      fc.property(someTicks, interval, fc.nat(), fc.nat(), (ticks, intervalMs, from, to) => {
        const all = candlesOf(ticks, intervalMs);
        const wanted = all.slice(from % (all.length + 1)).slice(0, to % (all.length + 1));
        const [first, last] = [wanted[0], wanted.at(-1)];
        if (!first || !last) return;
        const part = { fromMs: first.opensAtMs, toMs: last.opensAtMs + intervalMs };
        expect(candlesOf(ticks, intervalMs, part)).toEqual(wanted);
      }),
    );
  });

  it('know their intervals: each divides the next', () => {
    CANDLE_INTERVALS_MS.slice(1).forEach((longer, n) => {
      expect(longer % (CANDLE_INTERVALS_MS[n] ?? 0)).toBe(0);
    });
    for (const value of [0, 999, '1000', undefined, 7 * 86_400_000])
      expect(isCandleInterval(value)).toBe(false);
  });
});
