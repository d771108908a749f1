import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KEYS_MAX, TokenBuckets } from '../../../../src/actors/broadcaster/front-door/token-buckets.ts';
import { ManualClock } from '../../../../src/runtime/index.ts';

it('fills with time, never above its size', () => {
  const clock = new ManualClock(0);
  const buckets = new TokenBuckets(clock, { burst: 10, perSecond: 2 });
  expect(buckets.take('a', 10)).toEqual({
    granted: true,
    remaining: 0,
    resetSeconds: 5,
    retryAfterSeconds: 0,
  });
  expect(buckets.take('a', 3)).toMatchObject({ granted: false, retryAfterSeconds: 2 });
  clock.fireNext(1_500);
  expect(buckets.take('a', 3)).toMatchObject({ granted: true, remaining: 0 });
  clock.fireNext(1_000_000);
  expect(buckets.take('a', 0)).toMatchObject({ remaining: 10, resetSeconds: 0 });
});

it('never gives more than its size and what came since', () => {
  const step = fc.record({ waitMs: fc.nat(3_000), cost: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const clock = new ManualClock(0);
      const buckets = new TokenBuckets(clock, { burst: 10, perSecond: 3 });
      let given = 0;
      for (const { waitMs, cost } of steps) {
        clock.fireNext(clock.monotonicMs() + waitMs);
        if (buckets.take('a', cost).granted) given += cost;
      }
      expect(given).toBeLessThanOrEqual(10 + (clock.monotonicMs() / 1_000) * 3 + 1e-9);
    }),
  );
});

it('keeps a bounded number of keys: those used last', () => {
  const buckets = new TokenBuckets(new ManualClock(0), { burst: 1, perSecond: 1 });
  buckets.take('kept', 1);
  for (let key = 0; key < KEYS_MAX; key += 1) {
    buckets.take(String(key), 1);
    if (key % 1_000 === 0) buckets.take('kept', 0);
  }
  expect(buckets.size).toBe(KEYS_MAX);
  expect(buckets.take('kept', 1).granted).toBe(false);
  expect(buckets.take('0', 1).granted).toBe(true);
});
