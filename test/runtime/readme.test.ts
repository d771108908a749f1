/** The code in the runtime's README runs as it stands there. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const README = new URL('../../src/runtime/README.md', import.meta.url);

it('the counter of the README runs and passes its own test', () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(README, 'utf8')) ?? [];
  expect(code.split('\n').length).toBeLessThanOrEqual(36);
  const dir = mkdtempSync(join(tmpdir(), 'touchline-readme-'));
  try {
    const file = join(dir, 'counter.test.ts');
    // In the README, paths are relative to the README.
    writeFileSync(
      file,
      code.replace(/from '(\.[^']+)'/g, (_all, path) => `from '${new URL(path, README).href}'`),
    );
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const output = execFileSync(process.execPath, ['--test', '--test-reporter=tap', file], { env });
    expect(output.toString()).toMatch(/# pass 1\n# fail 0/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
