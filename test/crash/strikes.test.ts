/** Which failpoints the crash harness knows, and that it comes to each of them. */
import { expect, test } from 'vitest';
import { FAILPOINT_PATTERN } from '../../src/runtime/failpoint.ts';
import { projectFiles } from '../support/source-files.ts';
import { FAILPOINT_NAMES, nameOfFailpoint, StrikePlan } from './strikes.ts';

test('every failpoint of the product is one of the harness, and the other way round', () => {
  const inSource = projectFiles()
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap(({ text }) => [...text.matchAll(/\bfailpoint\('([^']+)'\)/g)])
    .map(([, name]) => name);
  expect([...new Set(inSource)].sort()).toEqual([...FAILPOINT_NAMES].sort());
});

test.for([1, 2, 3])('a plan of 100 kills arms each point three times or more (seed %i)', (seed) => {
  const plan = new StrikePlan(seed);
  const armed = new Map<string, number>();
  let canBeArmed = false;
  for (let kill = 0; kill < 100; kill += 1) {
    const { target, failpoint } = plan.next(canBeArmed);
    canBeArmed = target !== 'redis';
    if (failpoint === '') continue;
    expect(failpoint).toMatch(FAILPOINT_PATTERN);
    const name = nameOfFailpoint(failpoint);
    armed.set(name, (armed.get(name) ?? 0) + 1);
  }
  for (const name of FAILPOINT_NAMES) expect(armed.get(name), name).toBeGreaterThanOrEqual(3);
});
