import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cappedWeights, median, weightedMedian } from '../../../src/domain/index/weighted-median.ts';

describe('weighted median', () => {
  it.each<[string, readonly [number, number][], { low: number; high: number } | undefined]>([
    ['of nothing', [], undefined],
    ['of one', [[5, 1]], { low: 5, high: 5 }],
    [
      'of two is the range between them',
      [
        [5, 1],
        [7, 1],
      ],
      { low: 5, high: 7 },
    ],
    [
      'of three is the middle one',
      [
        [7, 1],
        [5, 1],
        [6, 1],
      ],
      { low: 6, high: 6 },
    ],
    [
      'of equals',
      [
        [5, 1],
        [5, 1],
        [9, 1],
      ],
      { low: 5, high: 5 },
    ],
    [
      'goes to the heavy one',
      [
        [5, 1],
        [6, 1],
        [9, 3],
      ],
      { low: 9, high: 9 },
    ],
    [
      'splits evenly',
      [
        [5, 1],
        [6, 1],
        [9, 2],
      ],
      { low: 6, high: 9 },
    ],
  ])('%s', (_name, items, expected) => {
    expect(weightedMedian(items.map(([value, weight]) => ({ value, weight })))).toEqual(expected);
  });

  it('has at most half of the values on either side', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (values) => {
        const { low, high } = median(values) ?? { low: Number.NaN, high: Number.NaN };
        expect(values.filter((value) => value < low).length * 2).toBeLessThanOrEqual(values.length);
        expect(values.filter((value) => value > high).length * 2).toBeLessThanOrEqual(values.length);
      }),
    );
  });
});

describe('capped weights', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 3, maxLength: 12 });

  it('leave nobody more than the share, and nobody more than before', () => {
    fc.assert(
      fc.property(weights, (given) => {
        const capped = cappedWeights(given, 0.4);
        const total = capped.reduce((sum, weight) => sum + weight, 0);
        capped.forEach((weight, i) => {
          expect(weight).toBeLessThanOrEqual(0.4 * total * (1 + 1e-12));
          expect(weight).toBeLessThanOrEqual(given[i] ?? 0);
          expect(weight).toBeGreaterThan(0);
        });
      }),
    );
  });

  it('are as given where nobody is above it', () => {
    expect(cappedWeights([2, 3, 2, 2], 0.4)).toEqual([2, 3, 2, 2]);
  });

  it('are equal where the share cannot be kept', () => {
    expect(cappedWeights([5, 1], 0.4)).toEqual([1, 1]);
  });
});
