/** A pm2 of the test's own: its daemon, its apps, its ports and its directories end with the test. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessWatch } from './process-watch.ts';
import { freePortRun } from './redis-server.ts';
import { PROJECT_ROOT } from './source-files.ts';

const PM2 = createRequire(import.meta.url).resolve('pm2/bin/pm2');
/** The answer of `pm2 jlist` carries the environment of every app. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface Pm2App {
  readonly name: string;
  /** 0 when it does not run. */
  readonly pid: number;
  /** `online` once it said that it is ready. */
  readonly status: string;
  readonly restarts: number;
  /** Of its last end. */
  readonly exitCode: number | undefined;
  /** Base URL of its admin server; redis has none. */
  readonly adminUrl: string;
}

interface ListedApp {
  readonly name: string;
  readonly pid: number;
  readonly pm2_env: {
    readonly status: string;
    readonly restart_time: number;
    readonly exit_code?: number;
    readonly ADMIN_PORT?: string | number;
  };
}

export class OwnPm2 {
  readonly url: string;
  readonly redisUrl: string;
  readonly dataDir = mkdtempSync(join(tmpdir(), 'touchline-data-'));
  /** Every process of the daemon and its apps that was ever listed. */
  readonly processes = new ProcessWatch();
  readonly #home = mkdtempSync(join(tmpdir(), 'touchline-pm2-'));
  readonly #env: NodeJS.ProcessEnv;

  private constructor(ports: readonly number[], env: Readonly<Record<string, string>>) {
    const [port, redisPort, adminPort] = ports;
    this.url = `http://127.0.0.1:${port}`;
    this.redisUrl = `redis://127.0.0.1:${redisPort}`;
    const { REDIS_URL, ...inherited } = process.env;
    this.#env = {
      ...inherited,
      PM2_HOME: this.#home,
      PORT: String(port),
      REDIS_PORT: String(redisPort),
      ADMIN_PORT: String(adminPort),
      DATA_DIR: this.dataDir,
      ...env,
    };
  }

  /** `env` on top of the test's own ports and directories; nothing is started yet. */
  static async create(env: Readonly<Record<string, string>> & { readonly EDGES: string }): Promise<OwnPm2> {
    return new OwnPm2(await freePortRun(3 + Number(env.EDGES)), env);
  }

  /** One call of the command line; rejects with all it printed unless it ends with 0. */
  run(...args: readonly string[]): Promise<string> {
    const options = { cwd: PROJECT_ROOT, env: this.#env, maxBuffer: OUTPUT_BYTES_MAX };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [PM2, ...args], options, (error, stdout, stderr) => {
        this.processes.see(...this.#recordedPids());
        if (error) reject(new Error(`pm2 ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
        else resolve(stdout);
      });
    });
  }

  async apps(): Promise<Pm2App[]> {
    const listed = JSON.parse((await this.run('jlist')).trim().split('\n').at(-1) ?? '') as ListedApp[];
    this.processes.see(...listed.map(({ pid }) => pid));
    return listed.map(({ name, pid, pm2_env: { status, restart_time, exit_code, ADMIN_PORT } }) => ({
      name,
      pid,
      status,
      restarts: restart_time,
      exitCode: exit_code,
      adminUrl: `http://127.0.0.1:${ADMIN_PORT}`,
    }));
  }

  /** What the daemon and the apps of that name (`core`, `edge`, `redis`) wrote so far. */
  log(name: string): string {
    return readFileSync(join(this.dataDir, 'log', `${name}.log`), 'utf8');
  }

  /** Ends everything it ever started, in whatever state it is, and removes its directories. */
  async end(): Promise<void> {
    this.processes.see(...this.#recordedPids());
    if (this.processes.running().length > 0) await this.run('kill').catch(() => {});
    await this.processes.endByForce();
    for (const dir of [this.#home, this.dataDir]) rmSync(dir, { recursive: true, force: true });
  }

  /** pm2 keeps a file with the process id of its daemon and of each app that runs. */
  #recordedPids(): number[] {
    const dir = join(this.#home, 'pids');
    const paths = [join(this.#home, 'pm2.pid'), ...filesIn(dir).map((name) => join(dir, name))];
    return paths.flatMap((path) => {
      try {
        return [Number(readFileSync(path, 'utf8'))];
      } catch {
        return [];
      }
    });
  }
}

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
