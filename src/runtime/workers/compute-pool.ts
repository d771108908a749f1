/**
 * The one file that imports piscina: a pool of threads for short, CPU-bound, stateless work (recovering
 * signatures, audits, backtests). Never for anything that holds a socket, a timer or a file: the threads are
 * parked between tasks.
 */
import { Piscina } from 'piscina';

export interface ComputePool<Task, Result> {
  /** Rejects if the task throws, or with `ComputePoolFull` at once when the queue is at its limit. */
  run(task: Task): Promise<Result>;
  close(): Promise<void>;
}

export class ComputePoolFull extends Error {}

export interface ComputePoolOptions {
  /** Module whose export `task` is called with each task; it must be synchronous in spirit. */
  readonly module: URL;
  readonly threads: number;
  readonly queueMax: number;
}

/** One thread starts at once and stays: the first task must not pay for its start. Others come and go. */
export function createComputePool<Task, Result>(options: ComputePoolOptions): ComputePool<Task, Result> {
  const pool = new Piscina({
    filename: options.module.href,
    name: 'task',
    minThreads: 1,
    maxThreads: options.threads,
    idleTimeout: 60_000,
    maxQueue: options.queueMax,
  });
  pool.on('error', () => {});
  return {
    run: (task) => {
      if (pool.queueSize >= options.queueMax)
        return Promise.reject(new ComputePoolFull('compute pool is full'));
      return pool.run(task) as Promise<Result>;
    },
    close: () => pool.destroy(),
  };
}

/** The same interface on the caller's own stack: for tests and tools. */
export const inlineComputePool = <Task, Result>(work: (task: Task) => Result): ComputePool<Task, Result> => ({
  run: async (task) => work(task),
  close: async () => {},
});
