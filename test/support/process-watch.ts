/**
 * Processes a test is answerable for and that are not its children: those that pm2 or `npm start` started.
 * Known by process id and start time, so that a later process with the same id is never taken for one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { processIdentity } from '../../scripts/redis.mjs';

const POLL_MS = 50;

export class ProcessWatch {
  readonly #identities = new Map<number, string>();

  /** Takes note of running processes; others are ignored. */
  see(...pids: readonly number[]): void {
    for (const pid of pids) {
      const identity = pid > 0 ? processIdentity(pid) : undefined;
      if (identity !== undefined) this.#identities.set(pid, identity);
    }
  }

  /** Those seen that still run. */
  running(): number[] {
    return [...this.#identities].flatMap(([pid, identity]) =>
      processIdentity(pid) === identity ? [pid] : [],
    );
  }

  /** Resolves when none of these (default: none at all) runs; the test's own timeout is the limit. */
  async gone(pids: readonly number[] = [...this.#identities.keys()]): Promise<void> {
    while (this.running().some((pid) => pids.includes(pid)))
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  /** For the end of a test, however it went. */
  async endByForce(): Promise<void> {
    for (const pid of this.running()) process.kill(pid, 'SIGKILL');
    await this.gone();
  }
}

/** Process ids of the running children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    return process.platform === 'linux'
      ? numbersIn(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
      : numbersIn(execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }));
  } catch {
    return [];
  }
}

const numbersIn = (text: string): number[] => text.split(/\s+/).filter(Boolean).map(Number);
