/**
 * One Redis of our own: started with the repo's redis.conf, found again after a crash, stopped at the end.
 *
 * Invariants
 * - Only a Redis that this module started is ever stopped: its pid and port stand in `<dir>/instance.json`
 *   and it must answer there with the same `dir` before it is taken for ours.
 * - It runs in a process group of its own, so Ctrl-C in a terminal does not reach it before the core drained.
 *
 * Non-goals: several machines, TLS. Set REDIS_URL for those.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACL_USER, aclRules, withUser, writeAclFile } from './redis-acl.mjs';
import { findProgram, SetupError } from './system-packages.mjs';

const HOST = '127.0.0.1';
const CONFIG_FILE = fileURLToPath(new URL('../redis.conf', import.meta.url));
const PORT_PREFERRED = 6379;
const PORT_ATTEMPTS_MAX = 5;
const POLL_MS = 20;
const REPLY_MS_MAX = 1_000;
/** Loading a full append-only file (some hundred MB) takes seconds, not minutes. */
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;
const LOG_BYTES_MAX = 1_000_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One command on a raw socket; resolves with the reply's text, or undefined if nobody answers. */
function ask(port, command) {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const finish = (reply) => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(REPLY_MS_MAX, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
    socket.once('data', (data) => finish(data.toString('utf8')));
    socket.write(`${command}\r\n`);
  });
}

const answersPing = async (port) => (await ask(port, 'PING'))?.startsWith('+PONG') ?? false;

async function servesDir(port, dir) {
  const reply = await ask(port, 'CONFIG GET dir');
  return reply?.split('\r\n').includes(realpathSync(dir)) ?? false;
}

/** A port of ours: the given one, else Redis's usual one, else (`0`) any free one. */
export function findFreePort(preferred) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => (preferred === 0 ? reject(error) : resolve(findFreePort(0))));
    probe.listen({ host: HOST, port: preferred, exclusive: true }, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** State and start time as Linux tells them; undefined elsewhere, or when there is no such process. */
function procStat(pid) {
  try {
    // The name before them may hold spaces, and ends with the last parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return { state: fields[0], startTicks: fields[19] };
  } catch {
    return undefined;
  }
}

/** A zombie is not alive: in containers nobody may collect a process whose parent was killed. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return procStat(pid)?.state !== 'Z';
}

/** Tells a process from a later one that got the same pid; undefined when it does not run. */
export function processIdentity(pid) {
  if (!isAlive(pid)) return undefined;
  const stat = procStat(pid);
  if (stat) return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}-${stat.startTicks}`;
  return (
    spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined
  );
}

/** The recorded instance of that directory, or undefined. */
export function readInstance(dir) {
  try {
    return JSON.parse(readFileSync(join(dir, 'instance.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The address of the Redis that runs for that directory, for command-line tools beside a running system. */
export function runningRedisUrl(dir) {
  const instance = readInstance(dir);
  return instance && isAlive(instance.pid) ? urlOf(instance.port) : undefined;
}

const urlOf = (port) => `redis://${HOST}:${port}`;

function writeInstance(dir, instance) {
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  const path = join(dir, 'instance.json');
  const { pid, port } = instance;
  writeFileSync(`${path}.new`, JSON.stringify({ pid, port, identity: processIdentity(pid), owner }));
  renameSync(`${path}.new`, path);
}

function openLog(path) {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(path, `${path}.old`);
  return openSync(path, 'a');
}

function spawnRedis({ redisServer, configFile, port, dir, args: extraArgs }) {
  const logPath = join(dir, 'redis.log');
  const fd = openLog(logPath);
  const logFromByte = statSync(logPath).size;
  const args = [configFile, '--port', String(port), '--dir', dir, '--daemonize', 'no', ...extraArgs];
  const child = spawn(redisServer, args, { detached: true, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${signal ?? code}`));
  });
  const kill = () => child.kill('SIGKILL');
  return {
    pid: child.pid,
    kill,
    exited,
    readLog: () => readFileSync(logPath).subarray(logFromByte).toString('utf8'),
  };
}

/** Waits until it answers; throws with the end of its log if it ends first. */
async function untilReady({ kill, exited, readLog }, port) {
  let ending;
  exited.then((how) => {
    ending = how;
  });
  const endMs = performance.now() + READY_MS_MAX;
  while (ending === undefined && performance.now() < endMs) {
    if ((await answersPing(port)) && ending === undefined) return;
    await pause(POLL_MS);
  }
  if (ending === undefined) await kill();
  const lines = readLog().trimEnd().split('\n').slice(-12).join('\n');
  const why = ending ?? `no answer in ${READY_MS_MAX / 1000} s`;
  throw new SetupError(
    'REDIS_NOT_READY',
    `redis-server on port ${port} did not get ready: ${why}\n${lines}`,
    'Mend what its log says, or set REDIS_URL to a Redis that runs.',
  );
}

async function stopPid(pid, log) {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  const endMs = performance.now() + STOP_MS_MAX;
  while (isAlive(pid)) {
    if (performance.now() > endMs) {
      log(`redis: pid ${pid} did not stop in ${STOP_MS_MAX / 1000} s, killing it`);
      process.kill(pid, 'SIGKILL');
      return;
    }
    await pause(POLL_MS);
  }
}

/**
 * An instance left behind by an earlier run that was killed. Process identity says whether the recorded pid
 * is still that Redis; it may be loading its file, so it is given the same time as a new one.
 */
async function adopt(dir, wantedPort, log) {
  const instance = readInstance(dir);
  if (instance === undefined) return undefined;
  const { owner, pid, port, identity } = instance;
  if (owner.pid !== process.pid && processIdentity(owner.pid) === owner.identity) {
    throw new SetupError(
      'ALREADY_RUNNING',
      `Touchline already runs on ${dir} (pid ${owner.pid})`,
      'Stop it first, or set DATA_DIR to another directory.',
    );
  }
  if (processIdentity(pid) !== identity) return undefined;
  const left = { pid, port, exited: untilGone(pid) };
  try {
    await untilReady({ kill: () => stopPid(pid, log), exited: left.exited, readLog: () => '' }, port);
  } catch (error) {
    log(`redis: pid ${pid}, left by an earlier run, is no use: ${error.message}`);
    return undefined;
  }
  if (!(await servesDir(port, dir))) return undefined;
  if (wantedPort !== undefined && wantedPort !== port) {
    await stopPid(pid, log);
    return undefined;
  }
  log(`redis: taking over pid ${pid} on port ${port}, left by an earlier run`);
  return left;
}

/**
 * Starts Redis on `port` (default: 6379 if free, else any free port; 0: any free port) with its files in
 * `dir`, or takes over the one an earlier, killed run left there. `exited` resolves with the reason when it
 * ends by itself. `args` are further redis-server arguments; `stopOnExit` stops it when this process
 * ends, killed or not. With `userPassword` it has a user for Touchline alone (redis-acl.mjs), whose `url` it
 * is.
 *
 * @param {{dir: string, port?: number, configFile?: string, redisServer?: string, args?: string[],
 *   userPassword?: string, stopOnExit?: boolean, log?: (line: string) => void}} options
 * @returns {Promise<{url: string, port: number, pid: number, reused: boolean,
 *   exited: Promise<string>, stop: () => Promise<void>}>}
 */
export async function startRedis(options) {
  const { dir, port, userPassword, stopOnExit = false, log = () => {} } = options;
  mkdirSync(dir, { recursive: true });
  const aclArgs = userPassword === undefined ? [] : ['--aclfile', writeAclFile(dir, userPassword)];
  const left = await adopt(dir, port || undefined, log);
  const args = [...(options.args ?? []), ...aclArgs];
  const running = left ?? (await startAnew({ ...options, args }));
  // One that is taken over has another password, or no such user.
  if (left && userPassword !== undefined) await setUser(left.port, userPassword);
  writeInstance(dir, running);
  const { pid } = running;
  const guard = stopOnExit ? stopWithUs(pid) : undefined;
  const stop = async () => {
    guard?.kill('SIGKILL');
    await stopPid(pid, log);
    if (readInstance(dir)?.pid === pid) rmSync(join(dir, 'instance.json'), { force: true });
  };
  return {
    url: userPassword === undefined ? urlOf(running.port) : withUser(urlOf(running.port), userPassword),
    port: running.port,
    pid,
    reused: left !== undefined,
    exited: running.exited,
    stop,
  };
}

async function setUser(port, password) {
  const reply = await ask(port, `ACL SETUSER ${ACL_USER} ${aclRules(password)}`);
  if (!reply?.startsWith('+OK'))
    throw new SetupError(
      'REDIS_NOT_READY',
      `redis on port ${port} takes no user: ${reply}`,
      'Stop it first.',
    );
}

/**
 * Stops that process when this one ends, in whatever way: a shell waits for the end of a pipe that only this
 * process holds open. Exit handlers would miss SIGKILL, and a default SIGTERM.
 */
function stopWithUs(pid) {
  const script = 'read -r _; kill "$0" 2>/dev/null';
  const stdio = ['pipe', 'ignore', 'ignore'];
  const guard = spawn('/bin/sh', ['-c', script, String(pid)], { detached: true, stdio });
  guard.unref();
  guard.stdin.unref();
  return guard;
}

/** A port found free may be gone a moment later, when several start at once: then another one is tried. */
async function startAnew({ dir, port, configFile = CONFIG_FILE, redisServer, args = [] }) {
  const program = redisServer ?? findProgram(['redis-server']) ?? 'redis-server';
  for (let attempt = 1; ; attempt++) {
    const chosen = port || (await findFreePort(port === 0 || attempt > 1 ? 0 : PORT_PREFERRED));
    const running = spawnRedis({ redisServer: program, configFile, port: chosen, dir, args });
    // Written before it answers: should this process be killed now, the next start finds what it left.
    if (running.pid !== undefined) writeInstance(dir, { pid: running.pid, port: chosen });
    try {
      await untilReady(running, chosen);
      return { pid: running.pid, port: chosen, exited: running.exited };
    } catch (error) {
      if (port || attempt === PORT_ATTEMPTS_MAX || !error.message.includes('Address already in use'))
        throw error;
    }
  }
}

/** The end of a process that is not our child; a timer is all there is. Does not keep this process alive. */
function untilGone(pid) {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve('exit');
    }, 200);
    timer.unref();
  });
}
