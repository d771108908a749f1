/**
 * `npm start` as somebody runs it in a terminal, on ports and data of the test's own, with the Redis it
 * brings along. May be started again and again on the same data; whatever it started ends with the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInstance } from '../../scripts/redis.mjs';
import { childrenOf, ProcessWatch } from './process-watch.ts';
import { freePortRun } from './redis-server.ts';
import { PROJECT_ROOT } from './source-files.ts';

/** One run. Its processes are known once it is ready. */
export interface StartRun {
  readonly pid: number;
  /** Of Node 22 with the actors. */
  readonly corePid: number;
  readonly redisPid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Ctrl-C: SIGINT to the whole process group, as a terminal sends it. Resolves with the exit code. */
  interrupt(): Promise<number | null>;
  /** SIGKILL to this process alone. */
  kill(): Promise<void>;
}

export class OwnStart {
  readonly url: string;
  readonly adminUrl: string;
  readonly dataDir = mkdtempSync(join(tmpdir(), 'touchline-data-'));
  readonly processes = new ProcessWatch();
  readonly #ports: readonly number[];
  readonly #redisPort: number;

  private constructor([redisPort = 0, ...ports]: readonly number[]) {
    this.#redisPort = redisPort;
    this.#ports = ports;
    this.url = `http://localhost:${ports[0]}`;
    this.adminUrl = `http://127.0.0.1:${ports[1]}`;
  }

  static async create(): Promise<OwnStart> {
    return new OwnStart(await freePortRun(5));
  }

  /** Resolves when it says that it runs; rejects with its output if it ends before. */
  async start(): Promise<StartRun> {
    const { child, output, exited } = this.#spawn(this.#ports);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => {
        if (output().includes(`admin         ${this.adminUrl}`)) resolve();
      });
      void exited.then((code) => reject(new Error(`npm start ended with ${code}:\n${output()}`)));
    });
    const pid = child.pid ?? 0;
    const redisPid = this.#redisPid();
    const corePid = childrenOf(pid).find((each) => each !== redisPid) ?? 0;
    this.processes.see(pid, corePid, redisPid);
    const signal = (to: number, name: NodeJS.Signals): Promise<number | null> => {
      process.kill(to, name);
      return exited;
    };
    return {
      ...{ pid, corePid, redisPid, output },
      interrupt: () => signal(-pid, 'SIGINT'),
      kill: async () => void (await signal(pid, 'SIGKILL')),
    };
  }

  /** Another one on the same data, with ports of its own, that is expected to end by itself. */
  async startBeside(): Promise<{ readonly code: number | null; readonly output: string }> {
    const { output, exited } = this.#spawn(this.#ports.slice(2));
    return { code: await exited, output: output() };
  }

  /** Ends everything it ever started, in whatever state it is, and removes the data. */
  async end(): Promise<void> {
    const started = this.processes.running();
    this.processes.see(this.#redisPid(), ...started.flatMap(childrenOf));
    await this.processes.endByForce();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #redisPid(): number {
    return Number(readInstance(join(this.dataDir, 'redis'))?.pid ?? 0);
  }

  #spawn([port, adminPort]: readonly number[]): {
    readonly child: ChildProcess;
    readonly output: () => string;
    readonly exited: Promise<number | null>;
  } {
    const { REDIS_URL, ...inherited } = process.env;
    const own = { PORT: port, ADMIN_PORT: adminPort, REDIS_PORT: this.#redisPort, DATA_DIR: this.dataDir };
    const texts = Object.entries(own).map(([name, value]) => [name, String(value)]);
    const child = spawn(process.execPath, ['scripts/start.mjs'], {
      cwd: PROJECT_ROOT,
      env: { ...inherited, ...Object.fromEntries(texts) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives to each of its jobs.
      detached: true,
    });
    this.processes.see(child.pid ?? 0);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, output: () => output, exited };
  }
}
