import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Calibration,
  type CalibrationMoment,
  type ColumnOutcome,
  type FollowedCell,
  NEUTRAL_PRIOR,
} from '../../../src/domain/calibration/calibration.ts';
import {
  CalibrationFeed,
  type CalibrationFeedSnapshot,
} from '../../../src/domain/calibration/calibration-feed.ts';
import {
  calibrationTable,
  correctionOf,
  IDENTITY_CALIBRATION,
  isCalibrationTable,
} from '../../../src/domain/calibration/calibration-table.ts';
import { FITTED_PRIOR } from '../../../src/domain/calibration/fitted-odds.ts';
import { columnPlace, logitPlace, TABLE_SIZE } from '../../../src/domain/calibration/knots.ts';
import { rulesForColumns } from '../../../src/domain/rules.ts';
import { type Cents, cents } from '../../../src/domain/units.ts';
import { sigmaOfAnnual } from '../../../src/domain/volatility.ts';
import { normalSource } from '../pricing/normal-source.ts';

const RULES = rulesForColumns(5_000);
const START_MS = 1_700_000_000_000;
const SIGMA = sigmaOfAnnual(0.5);
const FORECAST = { sigmaPerSqrtSecond: SIGMA, regime: -0.2 };

const zeros = new Array<number>(TABLE_SIZE).fill(0);

interface Point {
  readonly atMs: number;
  readonly priceCents: Cents;
}

/** A Gaussian line at 10 Hz with a volatility of its own. */
function line(seconds: number, annual: number, seed: number): Point[] {
  const next = normalSource(seed);
  let price = 6_000_000;
  return Array.from({ length: seconds * 10 }, (_, i) => {
    price *= Math.exp(sigmaOfAnnual(annual) * Math.sqrt(0.1) * next());
    return { atMs: START_MS + i * 100, priceCents: cents(Math.round(price)) };
  });
}

function play(feed: CalibrationFeed, points: readonly Point[], before?: Point): void {
  let previous = before;
  for (const point of points) {
    feed.advance(previous, point, FORECAST, 1_000);
    previous = point;
  }
}

describe('the calibration table', () => {
  it('corrects nothing as long as it is the identity', () => {
    for (const p of [0.001, 0.03, 0.5, 0.97]) {
      expect(correctionOf(IDENTITY_CALIBRATION, 'touch', 7, -3, p)).toEqual({ ratio: 1, edge: 0 });
    }
  });

  it('is continuous everywhere, so nobody gains by sitting beside a border', () => {
    const table = calibrationTable(FITTED_PRIOR, zeros);
    const anyPlace = fc.tuple(
      fc.constantFrom('touch' as const, 'tail' as const),
      fc.double({ min: 1, max: 900, noNaN: true }),
      fc.double({ min: -3, max: 1, noNaN: true }),
      fc.double({ min: 0.002, max: 0.98, noNaN: true }),
    );
    fc.assert(
      fc.property(anyPlace, ([family, seconds, regime, p]) => {
        const here = correctionOf(table, family, seconds, regime, p).ratio;
        const beside = correctionOf(table, family, seconds * 1.0001, regime + 1e-4, p * 1.0001).ratio;
        expect(Math.abs(here - beside)).toBeLessThan(0.005);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads with weights that add up to one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 2_000, noNaN: true }), fc.double({ noNaN: true }), (s, r) => {
        const { weights } = columnPlace('touch', s, r);
        expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(logitPlace(0)).toEqual({ index: 0, fraction: 0 });
    expect(logitPlace(1).fraction).toBe(1);
  });

  it('has the version of its contents, and refuses anything else from outside', () => {
    const table = calibrationTable(FITTED_PRIOR, zeros);
    const copy = JSON.parse(JSON.stringify(table));
    expect(isCalibrationTable(copy)).toBe(true);
    expect(calibrationTable(FITTED_PRIOR, zeros).version).toBe(table.version);
    expect(table.version).not.toBe(IDENTITY_CALIBRATION.version);
    copy.ratiosPermille[17] += 1;
    expect(isCalibrationTable(copy)).toBe(false);
    for (const wrong of [null, 1, {}, { ...table, edgesBp: [] }])
      expect(isCalibrationTable(wrong)).toBe(false);
    expect(() => calibrationTable([1], [0])).toThrow(RangeError);
  });
});

describe('online calibration', () => {
  it('learns what is realised: a line wilder than the forecast is hit more often far away', () => {
    const feed = new CalibrationFeed(RULES, NEUTRAL_PRIOR);
    play(feed, line(3_600, 0.8, 5));
    const far = correctionOf(feed.table, 'touch', 20, -0.2, 0.05);
    expect(far.ratio).toBeGreaterThan(1.4);
    expect(correctionOf(feed.table, 'touch', 20, -0.2, 0.6).ratio).toBeLessThan(1);
  });

  it('never lets the future change an earlier table or quote', () => {
    const past = line(600, 0.6, 9);
    const last = past[past.length - 1] as Point;
    const futures = [0.2, 2].map((annual) =>
      line(300, annual, 10).map((p) => ({ ...p, atMs: p.atMs + 600_000 })),
    );
    const seen = futures.map((future) => {
      const quotes: string[] = [];
      const feed = new CalibrationFeed(RULES, FITTED_PRIOR, undefined, (cell: FollowedCell) => {
        if (cell.moment.atMs <= last.atMs)
          quotes.push(JSON.stringify([cell.moment, cell.lowCents, cell.quote]));
      });
      play(feed, past);
      const { version } = feed.table;
      const known = quotes.length;
      play(feed, future, last);
      return { version, known: quotes.slice(0, known), all: quotes };
    });
    expect(seen[0]?.version).toBe(seen[1]?.version);
    expect(seen[0]?.known.length).toBeGreaterThan(1_000);
    expect(seen[0]?.all).toEqual(seen[1]?.all);
  });

  it('is deterministic, and goes on from a snapshot as if it had never been away', () => {
    const points = line(900, 0.6, 12);
    const [first, second] = [points.slice(0, 4_321), points.slice(4_321)];
    const whole = new CalibrationFeed(RULES, FITTED_PRIOR);
    play(whole, points);
    const before = new CalibrationFeed(RULES, FITTED_PRIOR);
    play(before, first);
    const stored: CalibrationFeedSnapshot = JSON.parse(JSON.stringify(before.snapshot()));
    const after = new CalibrationFeed(RULES, FITTED_PRIOR, stored);
    expect(after.table).toEqual(before.table);
    play(after, second, first[first.length - 1]);
    expect(after.snapshot()).toEqual(whole.snapshot());
    expect(after.table.version).toBe(whole.table.version);
  });

  it('learns nothing from columns with a gap or a jump of the composition, and tells the witness', () => {
    for (const isJump of [false, true]) {
      const outcomes: ColumnOutcome[] = [];
      const feed = new CalibrationFeed(RULES, NEUTRAL_PRIOR, undefined, ({ outcome }) =>
        outcomes.push(outcome),
      );
      const points = line(120, 0.5, 3);
      const cut = points.findIndex(({ atMs }) => atMs % 5_000 === 2_000 && atMs > START_MS + 60_000);
      const broken = isJump ? points : points.filter((_, i) => i < cut || i >= cut + 25);
      let previous: Point | undefined;
      for (const point of broken) {
        feed.advance(
          previous,
          { ...point, compositionJump: isJump && point === points[cut] },
          FORECAST,
          1_000,
        );
        previous = point;
      }
      const hole = points[cut]?.atMs ?? 0;
      const isHurt = ({ opensAtMs, closesAtMs }: ColumnOutcome) => opensAtMs <= hole && closesAtMs > hole;
      expect(outcomes.some(isHurt)).toBe(true);
      expect(outcomes.filter(isHurt).every(({ isVoid }) => isVoid)).toBe(true);
      expect(outcomes.filter((outcome) => !isHurt(outcome)).every(({ isVoid }) => !isVoid)).toBe(true);
    }
  });

  it('takes the cells of one moment and column for one piece of evidence', () => {
    const moment = (rowHeightCents: number): CalibrationMoment => ({
      ...{ atMs: START_MS, priceCents: cents(6_000_000), ...FORECAST },
      rowHeightCents,
    });
    const evidence = [100, 1_000].map((height) => {
      const calibration = new Calibration(RULES, NEUTRAL_PRIOR);
      calibration.observe(moment(height));
      calibration.settle({
        ...{ opensAtMs: START_MS + 10_000, closesAtMs: START_MS + 15_000, isVoid: false },
        ...{ lowestCents: 5_999_000, highestCents: 6_001_000, closeCents: 6_000_100 },
      });
      return Math.max(...calibration.snapshot().realised);
    });
    for (const most of evidence) expect(most).toBeLessThanOrEqual(1);
  });

  it('forgets: evidence halves in a half-life', () => {
    const feed = new CalibrationFeed(RULES, NEUTRAL_PRIOR);
    const points = line(300, 0.8, 4);
    play(feed, points);
    const { calibration, window } = feed.snapshot();
    const restored = new Calibration(RULES, NEUTRAL_PRIOR, calibration);
    const laterMs = calibration.decayedAtMs + RULES.calibration.halfLifeSeconds * 1_000;
    const nothing = { lowestCents: 0, highestCents: 0, closeCents: 0, isVoid: true };
    restored.settle({ opensAtMs: laterMs - 5_000, closesAtMs: laterMs, ...nothing });
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect(sum(restored.snapshot().implied) / sum(calibration.implied)).toBeCloseTo(0.5, 9);
    expect(window).not.toBeNull();
  });

  it('asks for more edge where the evidence is thin or has drifted', () => {
    const fresh = new Calibration(RULES, NEUTRAL_PRIOR);
    const feed = new CalibrationFeed(RULES, NEUTRAL_PRIOR);
    play(feed, line(1_800, 0.5, 8));
    const edge = (table: typeof fresh.table, p: number) => correctionOf(table, 'touch', 20, -0.2, p).edge;
    expect(edge(feed.table, 0.5)).toBeLessThan(edge(fresh.table, 0.5));
    expect(edge(fresh.table, 0.03)).toBeGreaterThan(edge(fresh.table, 0.5));
    const drifted = new CalibrationFeed(RULES, NEUTRAL_PRIOR);
    play(drifted, line(1_800, 1.2, 8));
    expect(edge(drifted.table, 0.05)).toBeGreaterThan(edge(feed.table, 0.05));
  });
});
