/** Watches the process from outside: its life, that of each thread, its memory and its log. */
import type { ActorsReport } from '../../src/runtime/admin/admin-server.ts';
import type { RunningSystem } from '../support/system.ts';

const POLL_MS = 500;
/** Lines of error and worse, as pino writes them. */
const ERROR_LINE = /^.*"level":[56]0.*$/m;

export class Health {
  readonly #problems = new Set<string>();
  rssMb = 0;
  readonly #system: RunningSystem;
  readonly #pid: number;
  #readUpTo = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(system: RunningSystem) {
    this.#system = system;
    this.#pid = system.pid;
    this.#readUpTo = system.output().length;
  }

  static async of(system: RunningSystem): Promise<Health> {
    const health = new Health(system);
    void system.gone().then(({ code, signal }) => {
      if (health.#timer) health.#problems.add(`the process ended: ${signal ?? code}`);
    });
    await health.look();
    health.#timer = setInterval(() => void health.look(), POLL_MS);
    return health;
  }

  /** Sentences: what is broken. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async look(): Promise<void> {
    const error = ERROR_LINE.exec(this.#system.output().slice(this.#readUpTo));
    if (error) this.#problems.add(`logged: ${error[0].slice(0, 1_000)}`);
    this.#readUpTo = this.#system.output().length;
    const report = await fetch(`${this.#system.adminUrl}/actors`, { signal: AbortSignal.timeout(20_000) })
      .then((answer) => answer.json() as Promise<ActorsReport>)
      .catch(() => undefined);
    if (!report) {
      this.#problems.add('the admin server does not answer');
      return;
    }
    this.rssMb = Math.round(report.residentBytes / 2 ** 20);
    if (report.pid !== this.#pid) this.#problems.add('another process answers');
    for (const { id, state, restarts, lastError } of report.actors)
      if (restarts !== 0 || state !== 'running')
        this.#problems.add(`${id}: ${state}, ${restarts} restarts, ${JSON.stringify(lastError)}`);
  }
}
