import { describe, expect, it } from 'vitest';
import { type Cell, cellKey, cellShapeError } from '../../src/domain/cell.ts';
import { cents } from '../../src/domain/units.ts';
import { cellAt } from '../support/market.ts';

const band = (kind: Cell['kind'], low: number | null, high: number | null): Cell => ({
  ...cellAt(1, 10_000, 5_000, kind),
  lowCents: low === null ? null : cents(low),
  highCents: high === null ? null : cents(high),
});

describe('the shape of a cell', () => {
  it.each<[Cell['kind'], number | null, number | null, string | undefined]>([
    ['touch', 6_000_000, 6_001_000, undefined],
    ['inside', 6_000_000, 6_001_000, undefined],
    ['inside', 6_000_100, null, undefined],
    ['outside', null, 6_000_100, undefined],
    ['inside', 6_000_150, null, 'ROW'],
    ['outside', null, 6_000_101, 'ROW'],
    ['inside', 0, null, 'PRICES'],
    ['inside', -100, null, 'PRICES'],
    ['inside', null, null, 'PRICES'],
    ['touch', 6_000_100, null, 'PRICES'],
    ['no_touch', null, 6_000_100, 'PRICES'],
    ['inside', 6_000_000, 6_000_300, 'ROW'],
    ['outside', 6_001_000, 6_000_000, 'PRICES'],
    ['inside', null, 100.5, 'PRICES'],
  ])('%s from %s to %s: %s', (kind, low, high, error) => {
    const cell = {
      ...cellAt(1, 10_000, 5_000, kind),
      lowCents: low as Cell['lowCents'],
      highCents: high as Cell['highCents'],
    };
    expect(cellShapeError(cell)).toBe(error);
  });

  it('every part of it is in its key', () => {
    const keys = [
      cellAt(1),
      cellAt(2),
      cellAt(1, 15_000),
      cellAt(1, 10_000, 10_000),
      cellAt(1, 10_000, 5_000, 'no_touch'),
      band('inside', 100, null),
      band('inside', null, 100),
      band('outside', null, 100),
    ].map(cellKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
