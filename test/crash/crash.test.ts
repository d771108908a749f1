/** The crash harness itself, as `npm run crash` runs it, with three kills. */
import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../support/source-files.ts';

const HARNESS_MS_MAX = 240_000;

test('three kills lose, double and spoil no acknowledged bet', { timeout: HARNESS_MS_MAX }, async () => {
  const { code, stdout, stderr } = await harness('--kills', '3');
  const result: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect({ code, result }, stderr).toMatchObject({
    code: 0,
    result: { kills: 3, ackedChecked: expect.any(Number), lost: 0, doubled: 0, wrong: 0 },
  });
});

function harness(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: PROJECT_ROOT, timeout: HARNESS_MS_MAX };
    execFile(process.execPath, ['test/crash/main.ts', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}
