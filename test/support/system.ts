/**
 * The whole system as players meet it: a real Redis, a real process with all its threads, real SQLite files
 * in a directory of its own. Killed and started again at will; everything it started ends with the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startTestRedis, type TestRedis } from './redis-server.ts';

const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS_MAX = 30_000;

export interface SystemOptions {
  /** Environment on top of the test's own (ports, directories, Redis). */
  readonly env?: Readonly<Record<string, string>>;
  /** Of redis-server, on top of redis.conf. */
  readonly redisArgs?: string[];
  /** Runs before anything uses that Redis. */
  readonly prepareRedis?: (redis: TestRedis) => Promise<void>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningSystem {
  /** Base URL for clients. */
  readonly url: string;
  readonly adminUrl: string;
  readonly dataDir: string;
  readonly redis: TestRedis;
  /** Process id of the core. */
  readonly pid: number;
  /** SIGKILL, as a crash; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts the process again on the same data, ports and Redis; `env` holds for this life only. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when the process is gone, at once if it is, with how it ended. */
  gone(): Promise<ProcessEnd>;
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>;
  /** Everything the process wrote so far. */
  output(): string;
  /** Ends all and removes the data. */
  stop(): Promise<void>;
}

export async function startSystem(options: SystemOptions = {}): Promise<RunningSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), 'touchline-data-'));
  const redis = await startTestRedis(options.redisArgs);
  await options.prepareRedis?.(redis);
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    REDIS_URL: redis.url,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    ...options.env,
  };
  let output = '';
  let child = await launch(env, (text) => {
    output += text;
  });
  const gone = async (): Promise<ProcessEnd> => {
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
    return { code: child.exitCode, signal: child.signalCode };
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await gone();
    return child.exitCode;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    dataDir,
    redis,
    get pid() {
      return child.pid ?? 0;
    },
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
    gone,
    restart: async (extra = {}) => {
      child = await launch({ ...env, ...extra }, (text) => {
        output += text;
      });
    },
    output: () => output,
    stop: async () => {
      await end('SIGTERM');
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface RunningEdge {
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>;
  /** Everything the process wrote so far. */
  output(): string;
  stop(): Promise<void>;
}

/** A broadcaster in a process of its own beside a core that has none: it serves the core's `url`. */
export async function startEdge(
  core: RunningSystem,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningEdge> {
  const env = {
    ...process.env,
    REDIS_URL: core.redis.url,
    PORT: new URL(core.url).port,
    ADMIN_PORT: String(await freePort()),
    DATA_DIR: core.dataDir,
    LOG_LEVEL: 'info',
    TOUCHLINE_ACTORS: 'broadcaster',
    BROADCASTER_THREADS: '1',
    ...more,
  };
  let output = '';
  const child = await launch(env, (text) => {
    output += text;
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const terminate = async (): Promise<number | null> => {
    if (child.kill('SIGTERM')) await ended;
    return child.exitCode;
  };
  return { terminate, output: () => output, stop: async () => void (await terminate()) };
}

/** Resolves when the process says it is ready; rejects with its output if it ends or takes too long. */
function launch(env: NodeJS.ProcessEnv, onOutput: (text: string) => void): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['src/main.ts'], {
      cwd: PROJECT_DIR,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      onOutput(chunk.toString());
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    const fail = (reason: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the system ${reason}:\n${output}`));
    };
    const timer = setTimeout(() => fail('was not ready in time'), READY_MS_MAX);
    child.once('exit', (code) => fail(`ended with ${code}`));
    child.on('message', (message) => {
      if (message !== 'ready') return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(child);
    });
  });
}
