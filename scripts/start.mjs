#!/usr/bin/env node
/**
 * `npm start`: set-up, Redis (unless REDIS_URL names one), then the system on Node 22.
 *
 * Ctrl-C reaches this process once or several times (terminal, npm); the core gets exactly one signal from
 * here and drains, then Redis stops. The core runs in a process group of its own for that. If this process
 * is killed outright, the core notices the closed channel and drains by itself; the next start takes over
 * Redis.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { startRedis } from './redis.mjs';
import { newPassword } from './redis-acl.mjs';
import { ensureSetupOrExit, ROOT } from './setup.mjs';
import { SetupError } from './system-packages.mjs';

/** A second Ctrl-C means "now": but npm passes on the first one too, within milliseconds. */
const SAME_SIGNAL_MS = 500;
/** Above the sum of all actors' shutdown times. */
const DRAIN_MS_MAX = 45_000;
const REDIS_RESTARTS_MAX = 5;
const REDIS_RESTARTS_WINDOW_MS = 60_000;

/** Compiled code for the next start; by the environment, because only so every thread uses it. */
const NODE_COMPILE_CACHE = resolve(ROOT, 'node_modules', '.cache', 'node');

const log = (line) => console.log(line);
const env = process.env;
const dataDir = resolve(ROOT, env.DATA_DIR || 'var');

/** Keeps one Redis running on one port; gives up (calls `onLost`) when it keeps dying. */
async function keepRedis(redisServer, onLost) {
  const options = {
    dir: resolve(dataDir, 'redis'),
    configFile: resolve(ROOT, 'redis.conf'),
    redisServer,
    userPassword: newPassword(),
    log,
  };
  let stopping = false;
  let redis = await startRedis({ ...options, port: env.REDIS_PORT ? Number(env.REDIS_PORT) : undefined });
  const restartsMs = [];
  const watch = () =>
    redis.exited.then(async (how) => {
      if (stopping) return;
      const nowMs = performance.now();
      restartsMs.push(nowMs);
      if (restartsMs.filter((ms) => nowMs - ms < REDIS_RESTARTS_WINDOW_MS).length > REDIS_RESTARTS_MAX) {
        onLost(`it ended ${restartsMs.length} times`);
        return;
      }
      log(`start: redis ended unexpectedly (${how}), starting it again on port ${redis.port}`);
      try {
        redis = await startRedis({ ...options, port: redis.port });
        if (stopping) await redis.stop();
        else watch();
      } catch (error) {
        onLost(error.message);
      }
    });
  watch();
  const stop = () => {
    stopping = true;
    return redis.stop();
  };
  return { url: redis.url, stop };
}

/**
 * Turns signals to this process into exactly one to the core, whenever they come: during set-up and while
 * Redis starts they are remembered.
 */
function catchSignals() {
  let firstAtMs;
  let core;
  const kill = (reason) => {
    log(`start: ${reason}, killing the core (pid ${core.pid})`);
    core.kill('SIGKILL');
  };
  const deliver = (signal) => {
    core.kill(signal);
    setTimeout(() => kill('the drain took too long'), DRAIN_MS_MAX).unref();
  };
  const stop = (signal) => {
    const nowMs = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      if (core) deliver(signal);
    } else if (core && nowMs - firstAtMs > SAME_SIGNAL_MS) {
      kill('second signal');
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(signal));
  process.on('SIGHUP', () => stop('SIGTERM'));
  const setCore = (started) => {
    core = started;
  };
  return { stop, setCore, isStopping: () => firstAtMs !== undefined };
}

function startCore(node, redisUrl) {
  return spawn(node, ['src/main.ts', ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE, ...env, REDIS_URL: redisUrl, DATA_DIR: dataDir },
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves when the core has ended, with its exit code (128 + signal number when it was killed). */
function untilEnd(core) {
  return new Promise((resolveEnd) => {
    core.once('error', (error) => resolveEnd({ code: 1, how: error.message }));
    core.once('exit', (code, signal) => {
      resolveEnd({ code: code ?? 128 + constants.signals[signal], how: signal ?? `exit ${code}` });
    });
  });
}

async function main() {
  const signals = catchSignals();
  const { node, redisServer } = await ensureSetupOrExit({ redis: !env.REDIS_URL, log });
  if (signals.isStopping()) return 130;
  let isRedisLost = false;
  const onRedisLost = (why) => {
    isRedisLost = true;
    console.error(`start: redis is lost: ${why}`);
    signals.stop('SIGTERM');
  };
  const redis = env.REDIS_URL ? undefined : await keepRedis(redisServer, onRedisLost);
  let code = 130;
  if (!signals.isStopping()) {
    const core = startCore(node, redis?.url ?? env.REDIS_URL);
    signals.setCore(core);
    const end = await untilEnd(core);
    code = isRedisLost ? end.code || 1 : end.code;
    if (!signals.isStopping()) console.error(`start: the core ended by itself (${end.how})`);
    else if (end.code !== 0) console.error(`start: the core ended with ${end.how} while draining`);
  }
  await redis?.stop();
  return code;
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`start: ${error.code}: ${error.message}`);
  process.exit(1);
}
