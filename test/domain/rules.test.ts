import { describe, expect, it } from 'vitest';
import { COLUMN_LENGTHS_MS } from '../../src/domain/cell.ts';
import {
  capMicrosFloor,
  isColumnLocked,
  DEFAULT_MARKET_RULES as RULES,
  rulesForColumns,
} from '../../src/domain/rules.ts';
import { hundredths, micros, payoutMicrosFloor } from '../../src/domain/units.ts';

describe('the default rules', () => {
  it('are frozen all the way down', () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every((inner) => isFrozen(inner)));
    expect(isFrozen(RULES)).toBe(true);
  });

  it('fit each other', () => {
    expect(RULES.lockMs).toBeGreaterThanOrEqual(Math.max(RULES.columnMs, 2_000 + RULES.holdMs));
    expect(RULES.lockMs).toBeGreaterThan(RULES.holdMs + RULES.maxExecutionDelayMs);
    expect(RULES.columnMs % RULES.tickMs).toBe(0);
    expect(RULES.columnMs % RULES.grid.timeOffsetStepMs).toBe(0);
    expect(RULES.grid.timeOffsetStepMs % 2).toBe(0);
    expect(50 % RULES.grid.priceOffsetSteps).toBe(0);
    expect(RULES.grid.rows % 2).toBe(1);
    expect(RULES.odds.horizonMs).toBe(RULES.horizonMs);
    expect(RULES.volatility.maxGapMs).toBe(RULES.maxGapMs);
    const largest = payoutMicrosFloor(RULES.maxStakeMicros, hundredths(RULES.odds.multiplierHundredthsMax));
    const { bet, walletOpen, walletMinute, cell, column, minute, total } = RULES.caps;
    expect(largest).toBeLessThanOrEqual(capMicrosFloor(RULES.houseBankrollMicros, bet));
    const growing = [bet, walletOpen, walletMinute, cell, column, minute, total, 1];
    expect(growing).toEqual([...growing].sort());
  });
});

describe('rulesForColumns', () => {
  it.each(COLUMN_LENGTHS_MS)('fit each other for columns of %d ms', (columnMs) => {
    const rules = rulesForColumns(columnMs);
    expect(rules.lockMs).toBe(Math.max(columnMs, 2_000 + rules.holdMs));
    expect(rules.horizonMs).toBeGreaterThanOrEqual(10 * columnMs);
    expect(rules.odds.horizonMs).toBe(rules.horizonMs);
    expect(rules.columnMs % rules.grid.timeOffsetStepMs).toBe(0);
    expect(rules.calibration.sampleMs).toBe(columnMs);
  });

  it('are the default ones for the default columns', () => {
    expect(rulesForColumns(RULES.columnMs)).toEqual(RULES);
  });
});

describe('odds', () => {
  it('average over volatilities whose weights add up to one', () => {
    expect(RULES.odds.tails.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(RULES.volatility.weights.averages).toHaveLength(RULES.volatility.halfLivesSeconds.length);
  });

  it('seldom need the cap of the multiplier', () => {
    const { pMin, edgeBase, multiplierHundredthsMax } = RULES.odds;
    expect((1 - edgeBase) / pMin).toBeLessThan(1.1 * (multiplierHundredthsMax / 100));
  });
});

describe('isColumnLocked', () => {
  it('locks a column that opens sooner than the lock', () => {
    expect(isColumnLocked(10_000, 5_000, RULES)).toBe(false);
    expect(isColumnLocked(10_000, 5_001, RULES)).toBe(true);
    expect(isColumnLocked(10_000, 20_000, RULES)).toBe(true);
  });
});

describe('capMicrosFloor', () => {
  it('rounds down', () => {
    expect(capMicrosFloor(micros(999), 0.005)).toBe(4);
  });
});
