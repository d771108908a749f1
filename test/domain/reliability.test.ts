import { describe, expect, it } from 'vitest';
import { ReliabilityTally, wilsonInterval } from '../../src/domain/reliability.ts';
import { hundredths } from '../../src/domain/units.ts';

describe('wilsonInterval', () => {
  it.each([
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [1, 10, 0.0179, 0.4042],
    [500, 1_000, 0.4691, 0.5309],
  ])('%d of %d', (hits, n, low, high) => {
    const { ciLow, ciHigh } = wilsonInterval(hits, n);
    expect([ciLow, ciHigh].map((bound) => Number(bound.toFixed(4)))).toEqual([low, high]);
  });

  it('of nothing is everything', () => {
    expect(wilsonInterval(0, 0)).toEqual({ ciLow: 0, ciHigh: 1 });
  });
});

describe('ReliabilityTally', () => {
  it('counts by quoted multiplier and horizon, and over all horizons first', () => {
    const tally = new ReliabilityTally();
    tally.add(hundredths(200), 5, 0.4, true);
    tally.add(hundredths(249), 30, 0.5, false);
    tally.add(hundredths(250), 30, 0.3, true);
    expect(tally.n).toBe(3);
    expect(tally.rtp).toBeCloseTo(1.5);
    const rows = tally
      .buckets()
      .map(({ multiplier, multiplierTo, horizonSeconds, n, implied, realised, rtp }) => [
        `${multiplier}-${multiplierTo}`,
        horizonSeconds,
        n,
        Number(implied.toFixed(4)),
        realised,
        rtp,
      ]);
    expect(rows).toEqual([
      ['2.00-2.50', null, 2, 0.45, 0.5, 1],
      ['2.50-3.50', null, 1, 0.3, 1, 2.5],
      ['2.00-2.50', 10, 1, 0.4, 1, 2],
      ['2.00-2.50', 40, 1, 0.5, 0, 0],
      ['2.50-3.50', 40, 1, 0.3, 1, 2.5],
    ]);
  });

  it('takes what lies beyond its bounds into the outermost buckets', () => {
    const tally = new ReliabilityTally();
    tally.add(hundredths(101), 0, 0.9, true);
    tally.add(hundredths(2_500), 10_000, 0.03, false);
    expect(tally.buckets().map(({ multiplier, horizonSeconds }) => [multiplier, horizonSeconds])).toEqual([
      ['1.01', null],
      ['15.00', null],
      ['1.01', 10],
      ['15.00', 600],
    ]);
  });

  it('goes on from a snapshot, and begins anew with one of another shape', () => {
    const tally = new ReliabilityTally();
    tally.add(hundredths(200), 5, 0.4, true);
    const restored = new ReliabilityTally(JSON.parse(JSON.stringify(tally.snapshot())));
    restored.add(hundredths(200), 5, 0.4, true);
    tally.add(hundredths(200), 5, 0.4, true);
    expect(restored.buckets()).toEqual(tally.buckets());
    expect(new ReliabilityTally({ counts: [1], implied: [1], hits: [1], paid: [1] }).n).toBe(0);
  });
});
