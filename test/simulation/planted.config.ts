/** For vitest: the mutant that SIM_MUTANT names is planted in what the tests import; nothing else changes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { MUTANTS_ELSEWHERE } from './mutants-elsewhere.ts';

const mutant = MUTANTS_ELSEWHERE.find(({ name }) => name === process.env['SIM_MUTANT']);
if (!mutant) throw new Error('SIM_MUTANT names no mutant');
const { file, from, to } = mutant;
const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [
    {
      name: 'plants a mutant',
      enforce: 'pre',
      load: (id) => (id === path ? readFileSync(path, 'utf8').replace(from, () => to) : undefined),
    },
  ],
  // What is kept of transformed files knows nothing of mutants.
  test: {
    fsModuleCache: false,
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
