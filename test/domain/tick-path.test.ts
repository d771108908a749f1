import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type PathPoint, segmentMeetsCell } from '../../src/domain/tick-path.ts';
import { type Cents, cents } from '../../src/domain/units.ts';

interface Rectangle {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: Cents;
  readonly highCents: Cents;
}

const at = (atMs: number, price: number): PathPoint => ({ atMs, priceCents: cents(price) });
const CELL: Rectangle = {
  opensAtMs: 5_000,
  closesAtMs: 10_000,
  lowCents: cents(1_000),
  highCents: cents(2_000),
};

describe('segmentMeetsCell', () => {
  test.each<[string, PathPoint, PathPoint, boolean]>([
    ['inside altogether', at(6_000, 1_200), at(6_100, 1_300), true],
    ['jump over the band, no tick in it', at(6_000, 900), at(6_100, 2_100), true],
    ['jump down over the band', at(6_000, 2_100), at(6_100, 900), true],
    ['steep, a single millisecond', at(6_000, 0), at(6_001, 9_000_000), true],
    ['flat on the low border', at(6_000, 1_000), at(6_100, 1_000), true],
    ['flat on the high border', at(6_000, 2_000), at(6_100, 2_000), true],
    ['flat one cent below', at(6_000, 999), at(6_100, 999), false],
    ['flat one cent above', at(6_000, 2_001), at(6_100, 2_001), false],
    ['ends on the border', at(6_000, 900), at(6_100, 1_000), true],
    ['starts on the border', at(6_000, 1_000), at(6_100, 900), true],
    ['ends one cent short', at(6_000, 900), at(6_100, 999), false],
    ['tick on the opening low corner, coming from outside', at(4_900, 500), at(5_000, 1_000), true],
    ['tick on the opening high corner, coming from inside', at(4_900, 1_500), at(5_000, 2_000), true],
    ['leaves the band exactly at the opening', at(4_900, 1_999), at(5_100, 2_001), true],
    ['leaves the band a thousandth of a cent before the opening', at(4_999, 2_000), at(5_999, 2_001), false],
    ['inside only before the window', at(4_900, 1_500), at(5_000, 2_001), false],
    ['out of the band 1 ms before the opening', at(4_998, 1_999), at(5_000, 2_001), false],
    ['out of the band 1 ms after the opening', at(5_000, 1_999), at(5_002, 2_001), true],
    ['ends before the window', at(4_800, 1_500), at(4_999, 1_500), false],
    ['ends at the opening', at(4_900, 1_500), at(5_000, 1_500), true],
    ['starts at the close', at(10_000, 1_500), at(10_100, 9_000), true],
    ['starts at the close, on the corner', at(10_000, 2_000), at(10_100, 9_000), true],
    ['starts after the close', at(10_001, 1_500), at(10_100, 1_500), false],
    ['enters exactly at the close', at(9_900, 900), at(10_100, 1_100), true],
    ['enters within a millisecond after the close', at(9_900, 899), at(10_100, 1_099), false],
    ['enters 1 ms before the close', at(9_998, 999), at(10_000, 1_001), true],
    ['straddles the whole window inside', at(0, 1_500), at(20_000, 1_500), true],
    ['straddles the whole window, in the band only before', at(0, 1_000), at(20_000, 9_000), false],
    ['straddles the whole window, crossing within', at(0, 0), at(20_000, 3_000), true],
    ['a single point inside', at(5_000, 1_500), at(5_000, 1_500), true],
    ['a single point outside', at(5_000, 2_001), at(5_000, 2_001), false],
  ])('%s', (_, prev, next, expected) => {
    expect(segmentMeetsCell(prev, next, CELL)).toBe(expected);
  });

  it('stays exact where doubles are not', () => {
    const start = 1_700_000_000_000;
    const big = 9_000_000_000_000_000;
    const cell = {
      opensAtMs: start + 1,
      closesAtMs: start + 2,
      lowCents: cents(big - 1),
      highCents: cents(big),
    };
    // At the opening the line is a third of a cent above the band, or exactly on its border.
    expect(segmentMeetsCell(at(start, big), at(start + 3, big + 1), cell)).toBe(false);
    expect(segmentMeetsCell(at(start, big - 1), at(start + 3, big + 2), cell)).toBe(true);
  });

  it('refuses ticks out of order', () => {
    expect(() => segmentMeetsCell(at(6_000, 1), at(5_999, 1), CELL)).toThrow(RangeError);
  });

  it('agrees with a test of the four edges by orientation', () => {
    const small = fc.integer({ min: 0, max: 12 });
    const shape = fc.record({
      t0: small,
      p0: small,
      dt: small,
      p1: small,
      o: small,
      w: small,
      l: small,
      h: small,
    });
    fc.assert(
      fc.property(shape, ({ t0, p0, dt, p1, o, w, l, h }) => {
        const cell = { opensAtMs: o, closesAtMs: o + w, lowCents: cents(l), highCents: cents(l + h) };
        const [prev, next] = [at(t0, p0), at(t0 + dt, dt === 0 ? p0 : p1)];
        expect(segmentMeetsCell(prev, next, cell)).toBe(meetsByEdges(prev, next, cell));
      }),
      { numRuns: 20_000 },
    );
  });
});

type Point = readonly [number, number];

/** Naive: an end lies in the rectangle, or the segment meets one of its four edges. */
function meetsByEdges(prev: PathPoint, next: PathPoint, cell: Rectangle): boolean {
  const a: Point = [prev.atMs, prev.priceCents];
  const b: Point = [next.atMs, next.priceCents];
  const { opensAtMs: x0, closesAtMs: x1, lowCents: y0, highCents: y1 } = cell;
  const isIn = ([x, y]: Point): boolean => x >= x0 && x <= x1 && y >= y0 && y <= y1;
  const corners: Point[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  return isIn(a) || isIn(b) || corners.some((c, i) => segmentsMeet(a, b, c, corners[(i + 1) % 4] ?? c));
}

function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point): number =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  const isBetween = (p: Point, q: Point, r: Point): boolean =>
    side(p, q, r) === 0 &&
    Math.min(p[0], q[0]) <= r[0] &&
    r[0] <= Math.max(p[0], q[0]) &&
    Math.min(p[1], q[1]) <= r[1] &&
    r[1] <= Math.max(p[1], q[1]);
  const isProper = side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  return isProper || isBetween(a, b, c) || isBetween(a, b, d) || isBetween(c, d, a) || isBetween(c, d, b);
}
