/** The examples and the code of docs/client.md, run as they stand against the real system. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createClient, throwAwayWallet } from '../../../src/client/index.ts';
import { placeOneBet, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));
const TIMEOUT = { timeout: 120_000 };

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '1' } });
});
afterAll(() => system.stop());

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function run(file: string, ...args: readonly string[]): Run {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const child = spawn(process.execPath, [file, ...args], { cwd: PROJECT_DIR, stdio });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => output, ended };
}

test('bot.ts bets once and says what became of it, in at most 40 lines', TIMEOUT, async () => {
  const lines = readFileSync(join(PROJECT_DIR, 'examples/bot.ts'), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(40);
  const bot = run('examples/bot.ts', system.url);
  expect(await bot.ended, bot.output()).toBe(0);
  expect(bot.output()).toMatch(/^BTC\/USD \d+\.\d\d \(ok\)$/m);
  expect(bot.output()).toMatch(/^it wins with \d+\.\d % and pays \d+\.\d\d$/m);
  expect(bot.output()).toMatch(/^(won|lost|void), profit -?\d+(\.\d+)? credits\n$/m);
});

test('watch-prices.ts tells ticks without a gap until it is interrupted', TIMEOUT, async () => {
  const watch = run('examples/watch-prices.ts', system.url);
  const seqs = (): number[] => [...watch.output().matchAll(/^(\d+) 20/gm)].map(([, seq]) => Number(seq));
  await until(
    async () => seqs(),
    ({ length }) => length >= 20,
  );
  watch.child.kill('SIGINT');
  expect(await watch.ended, watch.output()).toBe(0);
  expect(seqs()).toEqual(seqs().map((_, i, [first = 0]) => first + i));
});

test('audit-my-bets.ts proves every settled bet of a wallet', TIMEOUT, async () => {
  const wallet = await throwAwayWallet();
  const client = createClient({ baseUrl: system.url, wallet });
  onTestFinished(() => client.close());
  await client.signIn();
  const bet = await placeOneBet({ client: client.http, wallet, address: wallet.address });
  await client.result(bet.id);
  // A proof waits for the next checkpoint of the ticks.
  await until(() => client.http.proof(bet.id), Boolean);
  const audit = run('examples/audit-my-bets.ts', system.url, wallet.privateKey);
  expect(await audit.ended, audit.output()).toBe(0);
  expect(audit.output()).toMatch(/: proven and derived\n1 bets checked, 0 wrong\n$/);
});

test('the code of docs/client.md runs as it stands there', TIMEOUT, async () => {
  const page = readFileSync(join(PROJECT_DIR, 'docs/client.md'), 'utf8');
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  // One program: each block goes on where the one before it stopped. In the project, for `touchline/client`.
  const file = join(PROJECT_DIR, 'var', `client-md-${process.pid}.ts`);
  onTestFinished(() => rmSync(file, { force: true }));
  mkdirSync(join(PROJECT_DIR, 'var'), { recursive: true });
  writeFileSync(file, blocks.join('\n').replaceAll('http://127.0.0.1:8080', system.url));
  const all = run(file);
  expect(await all.ended, all.output()).toBe(0);
});
