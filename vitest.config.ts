/**
 * Two groups: `unit` files run side by side, two at a time; `system` files (real processes, real ports, a
 * browser) run after them, one at a time, so that none takes another's processor or memory.
 */
import { defineConfig } from 'vitest/config';

const SYSTEM_TESTS = [
  'test/integration/**/*.test.ts',
  'test/crash/**/*.test.ts',
  'test/browser/**/*.test.ts',
];

export default defineConfig({
  test: {
    // Processes, not threads: native add-ons and worker threads of our own live in the tests.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: SYSTEM_TESTS,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          // A start of the whole system, and a browser, within one test.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
