/** The way of a newcomer: the bot of /docs, copied from the page as it is, plays a bet to its end. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BOT_BLOCK } from '../../../src/actors/broadcaster/documents/getting-started.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '1' } });
});
afterAll(() => system.stop());

const unescaped = (html: string): string =>
  html.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

it('the bot on the page signs in, bets and hears the outcome', async () => {
  const response = await fetch(`${system.url}/docs`);
  const policy = response.headers.get('content-security-policy');
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
  expect(policy).not.toContain('unsafe');
  const page = await response.text();
  const block = new RegExp(`<pre id="${BOT_BLOCK}"><code>([\\s\\S]*?)</code></pre>`).exec(page)?.[1];
  const { output, code } = await run(unescaped(block ?? ''));
  expect(output).toMatch(/signed in as 0x[0-9a-fA-F]{40}/);
  expect(output).toMatch(/bet \S+: (won|lost|void)\nbalance: \d+\n$/);
  expect(code).toBe(0);
});

/** As a module of Node's own, nothing beside it but what is installed here. */
function run(program: string): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    cwd: PROJECT_ROOT,
    env: { PATH: process.env['PATH'] ?? '', TOUCHLINE_URL: system.url },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stdin.end(program);
  return new Promise((resolve) => child.once('close', (code) => resolve({ output, code })));
}
