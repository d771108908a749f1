import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditLedger } from '../../support/ledger-audit.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '2' } });
});
afterAll(() => system.stop());

it('touchline demo settles at least 20 bets on replayed ticks and agrees with every outcome', async () => {
  const { code, lastLine, stderr } = await new Promise<{ code: number; lastLine: string; stderr: string }>(
    (resolve) => {
      execFile(
        process.execPath,
        ['src/cli/main.ts', 'demo', '--url', system.url],
        { cwd: PROJECT_DIR },
        (error, stdout, stderr) =>
          resolve({
            code: error ? Number(error.code) : 0,
            lastLine: stdout.trim().split('\n').at(-1) ?? '',
            stderr,
          }),
      );
    },
  );
  expect(code, stderr).toBe(0);
  const result = JSON.parse(lastLine) as Record<string, number | string>;
  expect(result).toMatchObject({ mismatches: 0, ledgerSum: '0' });
  expect(Number(result['bets'])).toBeGreaterThanOrEqual(20);
  expect(Number(result['won']) + Number(result['lost']) + Number(result['void'])).toBe(result['bets']);
  expect(Number(result['overHttp'])).toBeGreaterThan(0);
  expect(Number(result['overWs'])).toBeGreaterThan(0);
  expect(auditLedger(system.dataDir).problems).toEqual([]);
});
