/**
 * One random sequence of operations, given to a port's memory implementation (the twin the simulator is built
 * of) and to the one on a real Redis: every answer must be the same. A failure prints fast-check's seed and
 * the shortest sequence it found; put both into `fc.assert` to run it again.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { RedisConnection } from '../../../src/runtime/index.ts';

/** Sequences per port, times what the port asks for. For a long run raise it, and the time limits. */
const RUNS_FACTOR = 1;
const OPERATIONS_MAX = 40;

/** Plays sequences of `operation`; `play` begins with both sides empty each time. */
export async function expectSameAnswers<O>(
  operation: fc.Arbitrary<O>,
  numRuns: number,
  play: (operations: readonly O[]) => Promise<void>,
): Promise<void> {
  const operations = fc.array(operation, { minLength: 1, maxLength: OPERATIONS_MAX, size: 'max' });
  await fc.assert(fc.asyncProperty(operations, play), {
    numRuns: numRuns * RUNS_FACTOR,
    // Shrinking ends before the test's own time does, and the seed is printed.
    interruptAfterTimeLimit: 45_000,
  });
}

/** What is thrown counts as an answer: both must refuse, with whatever words. */
export async function bothAnswer<Twin, Real, T>(
  twin: Twin,
  real: Real,
  ask: (side: Twin | Real) => Promise<T>,
): Promise<T | 'rejected'> {
  const answer = (side: Twin | Real): Promise<T | 'rejected'> => ask(side).catch(() => 'rejected' as const);
  const expected = await answer(twin);
  expect(await answer(real)).toEqual(expected);
  return expected;
}

/**
 * Lets seconds pass for the keys in Redis: it has no clock that can be moved, so what is left of their times
 * to live is taken away. Whole seconds, and rounded up, so that the run's own time does not show.
 */
export async function passTime(redis: RedisConnection, seconds: number): Promise<void> {
  for (const key of await redis.keys('*')) {
    const leftMs = await redis.pttl(key);
    if (leftMs < 0) continue;
    const leftSeconds = Math.ceil(leftMs / 1000) - seconds;
    if (leftSeconds > 0) await redis.pexpire(key, leftSeconds * 1000);
    else await redis.del(key);
  }
}
