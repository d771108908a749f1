/** The lock of one process against another: both are real. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdProcessLock, LockHeldError } from '../../../src/runtime/sqlite/process-lock.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';

let path: string;
let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-lock-'));
  path = join(dir, 'writer.lock');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  rmSync(dir, { recursive: true });
});

/** Another process that tries to be the owner, and lives on. Resolves with what came of it. */
async function rival(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const script = `import { holdProcessLock } from './src/runtime/sqlite/process-lock.ts';
    try { globalThis.lock = holdProcessLock(process.argv[1]); console.log('held'); }
    catch (error) { console.log(error.code); }
    setInterval(() => {}, 1_000);`;
  const args = ['--input-type=module', '--eval', script, path];
  const child = spawn(process.execPath, args, { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: line.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

test('the second process is refused at once, and told who the first one is', async () => {
  const { child, said } = await rival();
  expect(said).toBe('held');
  expect(() => holdProcessLock(path)).toThrow(LockHeldError);
  expect(() => holdProcessLock(path)).toThrow(`held by the running process ${child.pid}`);
});

test('SIGKILL of the owner frees it', async () => {
  const { child } = await rival();
  await kill(child);
  const lock = holdProcessLock(path);
  expect((await rival()).said).toBe('ALREADY_RUNNING');
  lock.release();
  expect((await rival()).said).toBe('held');
});

test('of processes that come at the same time one is the owner', async () => {
  const said = (await Promise.all(Array.from({ length: 4 }, rival))).map((each) => each.said);
  expect(said.toSorted()).toEqual(['ALREADY_RUNNING', 'ALREADY_RUNNING', 'ALREADY_RUNNING', 'held']);
});
