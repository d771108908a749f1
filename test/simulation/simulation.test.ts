/** A few seeds of the simulation, each twice; `npm run sim` runs many. */
import { expect, test } from 'vitest';
import { placesOf } from './mutant-planting.ts';
import { MUTANTS } from './mutants.ts';
import { runSeed } from './run-seed.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const FAULTS_MS = 20_000;

test.for(SEEDS)('seed %i: nothing wrong, and the same again', { timeout: 60_000 }, async (seed) => {
  const result = await runSeed(seed, FAULTS_MS);
  expect({ seed, violations: result.violations }).toEqual({ seed, violations: [] });
  expect((await runSeed(seed, FAULTS_MS)).hash).toBe(result.hash);
});

test('two seeds are not the same', async () => {
  const [one, other] = [await runSeed(21, 2_000), await runSeed(22, 2_000)];
  expect(one.hash).not.toBe(other.hash);
});

test('every mutant has its place in the product', () => {
  const misplaced = MUTANTS.filter((mutant) => placesOf(mutant) !== 1).map(({ name }) => name);
  expect(misplaced).toEqual([]);
});
