/** A few seeds of the simulation, each twice; `npm run sim` runs many. */
import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../support/source-files.ts';
import { placesOf } from './mutant-planting.ts';
import { MUTANTS } from './mutants.ts';
import { MUTANTS_ELSEWHERE } from './mutants-elsewhere.ts';
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
  const mutants = [...MUTANTS, ...MUTANTS_ELSEWHERE];
  const misplaced = mutants.filter((mutant) => placesOf(mutant) !== 1).map(({ name }) => name);
  expect(misplaced).toEqual([]);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('what is wrong is told with its seed, exits 1, and is the same when the seed is run again', {
  timeout: 60_000,
}, async () => {
  const first = await simulator(
    '--seed',
    '3',
    '--minutes',
    '0.3',
    '--plant',
    'a bet is booked without its money',
  );
  expect({ code: first.code, json: first.json }).toMatchObject({ code: 1, json: { seeds: 1 } });
  expect(first.json.violations).toBeGreaterThan(0);
  const finding = /^seed 3 \(trace ([0-9a-f]{16})\):\n {2}\S/m.exec(first.stderr);
  const again = /^again: npm run sim -- (.*)$/m.exec(first.stderr)?.[1] ?? '';
  expect(again).toBe("--seed 3 --minutes 0.3 --plant 'a bet is booked without its money'");
  const second = await simulator(...again.split(/ (?=--)/).flatMap(argumentsOf));
  expect(second.json.violations).toBe(first.json.violations);
  expect(second.stderr).toContain(`seed 3 (trace ${finding?.[1]})`);
});

const argumentsOf = (option: string): string[] => {
  const [, name = '', value = ''] = /^(--\w+) '?([^']*)'?$/.exec(option) ?? [];
  return [name, value];
};

interface SimulatorRun {
  readonly code: unknown;
  readonly json: { readonly seeds: number; readonly violations: number };
  readonly stderr: string;
}

function simulator(...args: string[]): Promise<SimulatorRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['test/simulation/main.ts', ...args],
      { cwd: PROJECT_ROOT },
      (error, out, stderr) =>
        resolve({
          code: error ? error.code : 0,
          json: JSON.parse(out.trim().split('\n').at(-1) ?? ''),
          stderr,
        }),
    );
  });
}
