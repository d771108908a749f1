/** A child in a worker thread of its own: the supervisor's side. */
import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../logger.ts';
import type { MetricsSnapshot } from '../metrics.ts';
import type { Child, ChildExit, ChildHealth } from '../supervision/child.ts';
import type { ChildSpec } from '../supervision/child-spec.ts';
import { controlOf } from './worker-rpc.ts';

/** Everything a thread is told at birth. Plain data. */
export interface WorkerBirth {
  readonly id: string;
  readonly module: string;
  readonly settings: unknown;
  readonly redisUrl: string;
  readonly logLevel: LogLevel;
  readonly lastCrash: string | undefined;
}

export interface WorkerChildOptions {
  readonly redisUrl: string;
  readonly logLevel: LogLevel;
}

/** A function for `SupervisorOptions.spawn`. */
export const spawnWorker =
  (options: WorkerChildOptions) =>
  (spec: ChildSpec, lastCrash: string | undefined): Child =>
    new WorkerChild(spec, {
      ...options,
      id: spec.id,
      module: spec.module.href,
      settings: spec.settings,
      lastCrash,
    });

class WorkerChild implements Child {
  readonly #worker: Worker;
  readonly #control: ReturnType<typeof controlOf>;
  readonly #listeners: ((exit: ChildExit) => void)[] = [];
  #error: Error | undefined;
  #exit: ChildExit | undefined;
  #stopping = false;

  constructor(spec: ChildSpec, birth: WorkerBirth) {
    this.#worker = new Worker(new URL('./worker-entry.ts', import.meta.url), {
      name: spec.id,
      workerData: birth,
      ...(spec.heapMibMax === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: spec.heapMibMax } }),
    });
    const ended = new Promise<never>((_resolve, reject) => {
      this.#worker.on('error', (error: unknown) => {
        this.#error = error instanceof Error ? error : new Error(String(error));
      });
      this.#worker.once('exit', (code) => {
        this.#ended(code);
        reject(this.#error ?? new Error(`thread of ${spec.id} ended with code ${code}`));
      });
    });
    ended.catch(() => {});
    this.#control = controlOf(this.#worker, ended);
  }

  start(): Promise<void> {
    return this.#control.start();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    try {
      await this.#control.stop();
    } catch (error) {
      // On a busy machine the thread's end can overtake its answer; an orderly end says the same.
      if (!this.#exit || this.#exit.error) throw error;
    }
  }

  health(): Promise<ChildHealth> {
    return this.#control.health();
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#control.metrics();
  }

  onExit(listener: (exit: ChildExit) => void): void {
    if (this.#exit) listener(this.#exit);
    else this.#listeners.push(listener);
  }

  async kill(): Promise<void> {
    this.#error ??= new Error('ended by force: it did not answer');
    await this.#worker.terminate();
  }

  #ended(code: number): void {
    const orderly = code === 0 && !this.#error && this.#stopping;
    this.#exit = orderly ? {} : { error: this.#error ?? new Error(`thread ended with code ${code}`) };
    for (const listener of this.#listeners.splice(0)) listener(this.#exit);
  }
}
