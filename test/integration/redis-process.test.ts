/** The Redis of `npm start`: whose it is, after crashes too. The owners here are real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRedis } from '../../scripts/redis.mjs';
import { PROJECT_ROOT } from '../support/source-files.ts';

let dir: string;
const owners: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-redis-process-'));
});

afterEach(async () => {
  for (const owner of owners.splice(0)) if (owner.signalCode === null) await kill(owner);
  const left = recordedPid();
  if (left !== undefined) await (await startRedis({ dir, port: 0 })).stop();
  rmSync(dir, { recursive: true, force: true });
});

function recordedPid(): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(dir, 'instance.json'), 'utf8')) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

/** Another process that starts Redis in `dir` and keeps it. Resolves with the Redis's pid. */
async function startOwner(): Promise<{ owner: ChildProcess; redisPid: number }> {
  const script = `import { startRedis } from './scripts/redis.mjs';
    console.log((await startRedis({ dir: process.argv[1], port: 0 })).pid);`;
  const args = ['--input-type=module', '--eval', script, dir];
  const owner = spawn(process.execPath, args, { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, redisPid: Number(line) };
}

async function kill(owner: ChildProcess): Promise<void> {
  const exited = once(owner, 'exit');
  owner.kill('SIGKILL');
  await exited;
}

test('a Redis left by a killed start is taken over, and stopped at the end', async () => {
  const { owner, redisPid } = await startOwner();
  await kill(owner);
  const redis = await startRedis({ dir, port: 0 });
  expect(redis).toMatchObject({ pid: redisPid, reused: true });
  await redis.stop();
  await redis.exited;
  expect(recordedPid()).toBeUndefined();
});

test('a Redis whose owner runs is not taken', async () => {
  await startOwner();
  await expect(startRedis({ dir, port: 0 })).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
});

test('a record of a Redis that is gone is ignored', async () => {
  const { owner, redisPid } = await startOwner();
  await kill(owner);
  process.kill(redisPid, 'SIGKILL');
  const redis = await startRedis({ dir, port: 0 });
  expect(redis.reused).toBe(false);
  await redis.stop();
});

test('a Redis that cannot start is reported with the end of its log', async () => {
  const starting = startRedis({ dir, port: 0, args: ['--no-such-directive', 'yes'] });
  await expect(starting).rejects.toMatchObject({
    code: 'REDIS_NOT_READY',
    message: expect.stringContaining('no-such-directive'),
  });
});

test('it runs with the settings of redis.conf, on loopback', async () => {
  const redis = await startRedis({ dir, port: 0, stopOnExit: true });
  const socket = connect({ host: '127.0.0.1', port: redis.port });
  socket.end('CONFIG GET maxmemory*\r\nCONFIG GET append*\r\nCONFIG GET bind\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const words = text.split('\r\n').filter((word) => !/^[$*]/.test(word));
  const settings = Object.fromEntries(
    words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1]]] : [])),
  );
  expect(settings).toMatchObject({
    maxmemory: String(512 * 1024 * 1024),
    'maxmemory-policy': 'allkeys-lru',
    appendonly: 'yes',
    appendfsync: 'everysec',
    bind: '127.0.0.1 -::1',
  });
  await redis.stop();
});
