/** Runs one test of the project with a mutant planted: it must fail. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MutantElsewhere } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A test that does not come to its end noticed it, too. */
const TEST_MS_MAX = 60_000;

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The full name of the test that failed, or undefined if the mutant was not noticed. */
export function failingTest({ name, testFile, test }: MutantElsewhere): Promise<string | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-mutant-'));
  const report = join(dir, 'report.json');
  const config = ['--config', 'test/simulation/planted.config.ts'];
  const args = ['run', ...config, '--reporter=json', `--outputFile=${report}`, testFile, '-t', test];
  const options = {
    cwd: ROOT,
    env: { ...process.env, SIM_MUTANT: name },
    timeout: TEST_MS_MAX,
    maxBuffer: 64 * 1024 * 1024,
  };
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [vitest, ...args], options, (error, stdout, stderr) => {
      const json = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
      rmSync(dir, { recursive: true, force: true });
      if (error?.killed) return resolve(`${test} does not end`);
      if (json === undefined) return reject(new Error(`${testFile} did not run:\n${stdout}${stderr}`));
      const ran = (JSON.parse(json) as VitestReport).testResults.flatMap((file) => file.assertionResults);
      resolve(ran.find(({ status }) => status === 'failed')?.fullName);
    });
  });
}
