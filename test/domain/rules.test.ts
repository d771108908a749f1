import { describe, expect, it } from 'vitest';
import { capMicrosFloor, isColumnLocked, DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
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
    const { bet, walletOpen, cell, column, total } = RULES.caps;
    expect(largest).toBeLessThanOrEqual(capMicrosFloor(RULES.houseBankrollMicros, bet));
    expect([bet, walletOpen, cell, column, total, 1]).toEqual(
      [bet, walletOpen, cell, column, total, 1].sort(),
    );
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
