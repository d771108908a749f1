/** A child that does what the test says: the supervisor's port on one stack. */
import type { Child, ChildExit, ChildHealth } from '../../../src/runtime/supervision/child.ts';
import type { ChildSpec } from '../../../src/runtime/supervision/child-spec.ts';

export class ScriptedChild implements Child {
  readonly spec: ChildSpec;
  readonly lastCrash: string | undefined;
  readonly events: string[];
  startError: Error | undefined;
  stopError: Error | undefined;
  /** Ends with this while it stops. */
  exitOnStop: Error | undefined;
  hangs = false;
  killed = false;
  loopDelayMs = 0;
  heapBytesNow = 0;
  isGone = false;
  #listeners: ((exit: ChildExit) => void)[] = [];

  constructor(spec: ChildSpec, lastCrash: string | undefined, events: string[]) {
    this.spec = spec;
    this.lastCrash = lastCrash;
    this.events = events;
  }

  async start(): Promise<void> {
    this.events.push(`start ${this.spec.id}`);
    if (!this.startError) return;
    this.exit(this.startError);
    throw this.startError;
  }

  async stop(): Promise<void> {
    this.events.push(`stop ${this.spec.id}`);
    if (this.hangs) return new Promise(() => {});
    if (this.stopError) throw this.stopError;
    this.exit(this.exitOnStop);
    if (this.exitOnStop) throw this.exitOnStop;
  }

  health(): Promise<ChildHealth> {
    if (this.hangs) return new Promise(() => {});
    const state = 'running';
    return Promise.resolve({
      state,
      mailboxDepth: 0,
      pendingAsks: 0,
      turns: 0,
      loopDelayMs: this.loopDelayMs,
      heapBytes: this.heapBytesNow,
    });
  }

  async metrics(): Promise<[]> {
    return [];
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#listeners.push(listener);
  }

  async heapBytes(): Promise<number> {
    return this.heapBytesNow;
  }

  leave(): void {
    if (this.hangs) return;
    this.events.push(`leave ${this.spec.id}`);
    this.exit(new Error('left'));
  }

  async kill(): Promise<void> {
    this.killed = true;
    this.events.push(`kill ${this.spec.id}`);
    this.exit(new Error('killed'));
  }

  /** Ends this life: with an error, a crash. */
  exit(error?: Error, outOfMemory = false): void {
    this.isGone = true;
    for (const listener of this.#listeners.splice(0)) listener(error ? { error, outOfMemory } : {});
  }
}
