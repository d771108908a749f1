/** Money is exact or refused, never rounded by floating point. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addMicros, hundredths, micros, payoutMicrosFloor } from '../../src/domain/units.ts';

it('pays the exact product, also where a product of numbers is not exact', () => {
  const stakes = fc.integer({ min: 1, max: 2 ** 48 });
  fc.assert(
    fc.property(stakes, fc.integer({ min: 100, max: 2_500 }), (stake, multiplier) => {
      const exact = (BigInt(stake) * BigInt(multiplier)) / 100n;
      expect(BigInt(payoutMicrosFloor(micros(stake), hundredths(multiplier)))).toBe(exact);
    }),
    { numRuns: 1_000 },
  );
});

it('refuses a sum that a number cannot hold', () => {
  expect(addMicros(micros(Number.MAX_SAFE_INTEGER - 1), micros(1))).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => addMicros(micros(Number.MAX_SAFE_INTEGER), micros(1))).toThrow('not a safe integer');
});
