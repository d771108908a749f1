/** A child in a worker thread of its own: the supervisor's side. */
import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../logger.ts';
import type { MetricsSnapshot } from '../metrics.ts';
import type { Child, ChildExit, ChildHealth, SpawnChild } from '../supervision/child.ts';
import type { ChildSpec } from '../supervision/child-spec.ts';
import { HEAP_FRACTION_MAX } from '../supervision/heartbeat.ts';
import { limitsOf, SpareThreads } from './spare-threads.ts';
import { controlOf } from './worker-rpc.ts';

/** Everything a thread is told at birth. Plain data. */
export interface WorkerBirth {
  readonly id: string;
  readonly module: string;
  readonly settings: unknown;
  readonly redisUrl: string;
  /** Where the mailboxes are; `redisUrl` if not given. */
  readonly mailboxUrl?: string;
  readonly logLevel: LogLevel;
  readonly lastCrash: string | undefined;
  /** Above this heap in use the thread collects its garbage before it says how much it holds. */
  readonly collectAboveBytes: number;
  /** See failpoint.ts. Only crash tests set one. */
  readonly failpoint?: string;
}

export interface WorkerChildOptions {
  readonly redisUrl: string;
  /** Where the mailboxes are; `redisUrl` if not given. */
  readonly mailboxUrl?: string;
  readonly logLevel: LogLevel;
  readonly failpoint?: string;
}

/**
 * V8 ends a thread that meets its heap limit by force. For one that must not be, its own limit is this much
 * above `heapMibMax`, which is watched from outside: what a runaway thread takes in the seconds before the
 * process ends (measured: 250 MiB a second).
 */
const NEVER_TERMINATE_ROOM_MIB = 2_048;
const MIB = 1024 * 1024;

const ENTRY = new URL('./worker-entry.ts', import.meta.url);

/** A function for `SupervisorOptions.spawn`. */
export function spawnWorker(options: WorkerChildOptions): SpawnChild {
  const spares = new SpareThreads(ENTRY);
  let alive = 0;
  return (spec, lastCrash) => {
    const { id, settings } = spec;
    const module = spec.module.href;
    const limitMib = v8LimitMib(spec);
    const birth = { ...options, id, module, settings, lastCrash, collectAboveBytes: collectAbove(spec) };
    const child = new WorkerChild(spec.id, birth, limitMib, spares.take(module, limitMib));
    alive += 1;
    child.onStarted(() => spares.replace(limitMib));
    child.onExit((exit) => {
      alive -= 1;
      if (alive === 0 && !exit.error) spares.close();
    });
    return child;
  };
}

class WorkerChild implements Child {
  readonly #worker: Worker;
  readonly #control: ReturnType<typeof controlOf>;
  readonly #listeners: ((exit: ChildExit) => void)[] = [];
  #error: Error | undefined;
  #exit: ChildExit | undefined;
  #started: () => void = () => {};

  constructor(id: string, birth: WorkerBirth, limitMib: number | undefined, spare: Worker | undefined) {
    const resourceLimits = limitsOf(limitMib);
    this.#worker = spare ?? new Worker(ENTRY, { name: id, workerData: birth, resourceLimits });
    spare?.postMessage(birth);
    const ended = new Promise<never>((_resolve, reject) => {
      this.#worker.on('error', (error: unknown) => {
        this.#error = error instanceof Error ? error : new Error(String(error));
      });
      this.#worker.once('exit', (code) => {
        this.#ended(code);
        reject(this.#error ?? new Error(`thread of ${id} ended with code ${code}`));
      });
    });
    ended.catch(() => {});
    this.#control = controlOf(this.#worker, ended);
  }

  async start(): Promise<void> {
    await this.#orEnded(this.#control.start());
    this.#started();
  }

  /** Called when the actor runs. */
  onStarted(listener: () => void): void {
    this.#started = listener;
  }

  async stop(): Promise<void> {
    await this.#orEnded(this.#control.stop());
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

  heapBytes(): Promise<number | undefined> {
    return this.#worker.getHeapStatistics().then(
      ({ used_heap_size }) => used_heap_size,
      () => undefined,
    );
  }

  leave(): void {
    this.#control.leave().catch(() => {});
  }

  async kill(): Promise<void> {
    this.#error ??= new Error('ended by force: it did not answer');
    await this.#worker.terminate();
  }

  /** On a busy machine the thread's end can overtake its answer; an orderly end says the same. */
  async #orEnded(answer: Promise<void>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      if (!this.#exit || this.#exit.error) throw error;
    }
  }

  /** An actor that ends its thread with code 0 is done; everything else is a crash. */
  #ended(code: number): void {
    this.#error ??= code === 0 ? undefined : new Error(`thread ended with code ${code}`);
    this.#exit = this.#error ? { error: this.#error, outOfMemory: isOutOfMemory(this.#error) } : {};
    for (const listener of this.#listeners.splice(0)) listener(this.#exit);
  }
}

const v8LimitMib = ({ heapMibMax, neverTerminate }: ChildSpec): number | undefined =>
  heapMibMax !== undefined && neverTerminate ? heapMibMax + NEVER_TERMINATE_ROOM_MIB : heapMibMax;

/** Where V8 keeps the limit it collects by itself. */
const collectAbove = ({ heapMibMax, neverTerminate }: ChildSpec): number =>
  heapMibMax !== undefined && neverTerminate ? heapMibMax * MIB * HEAP_FRACTION_MAX : Infinity;

const isOutOfMemory = (error: Error): boolean => 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
