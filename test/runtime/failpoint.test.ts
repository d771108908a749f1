/** Failpoints end their process, so each test has one of its own. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { armFailpoint, failpoint } from '../../src/runtime/failpoint.ts';
import { PROJECT_ROOT } from '../support/source-files.ts';

/** Passes `turn.said` three times as `resolver` and says so; how it ended, and what it said. */
function passThrice(spec: string): { signal: string | null; said: string } {
  const script = `import { armFailpoint, failpoint } from './src/runtime/failpoint.ts';
    import { writeSync } from 'node:fs';
    armFailpoint(process.argv[1], 'resolver');
    for (let n = 1; n <= 3; n += 1) { failpoint('turn.said'); writeSync(1, String(n)); }`;
  const args = ['--input-type=module', '--eval', script, spec];
  const { signal, stdout } = spawnSync(process.execPath, args, { cwd: PROJECT_ROOT, encoding: 'utf8' });
  return { signal, said: stdout };
}

test.each([
  ['turn.said:2', { signal: 'SIGKILL', said: '1' }],
  ['resolver/turn.said:3', { signal: 'SIGKILL', said: '12' }],
  ['price-feed/turn.said:1', { signal: null, said: '123' }],
  ['turn.acked:1', { signal: null, said: '123' }],
])('%s', (spec, end) => {
  expect(passThrice(spec)).toEqual(end);
});

test('nothing is armed without a spec, and a malformed one is refused', () => {
  armFailpoint('', 'resolver');
  failpoint('turn.said');
  expect(() => armFailpoint('turn.said', 'resolver')).toThrow('not a failpoint: "turn.said"');
});
