/** What the supervisor needs of a running child, wherever it runs: a thread, or a test's own stack. */
import type { HostHealth } from '../actor-host.ts';
import type { MetricsSnapshot } from '../metrics.ts';
import type { ChildSpec } from './child-spec.ts';

export interface ChildHealth extends HostHealth {
  /** How late timers fired at most in the child's thread since it was asked last, ms. */
  readonly loopDelayMs: number;
  /** Heap in use in the child's thread. */
  readonly heapBytes: number;
}

export interface ChildExit {
  /** Undefined after an orderly end. */
  readonly error?: Error;
  /** It ended because its heap was full. */
  readonly outOfMemory?: boolean;
}

export interface Child {
  /** Resolves when the actor runs; rejects if it could not start. */
  start(): Promise<void>;
  /** Orderly end; resolves when it is over. */
  stop(): Promise<void>;
  health(): Promise<ChildHealth>;
  metrics(): Promise<MetricsSnapshot>;
  /** Called exactly once, however the child ends. */
  onExit(listener: (exit: ChildExit) => void): void;
  /** Heap in use, seen from outside: a child that answers nothing has one too. Undefined once it ended. */
  heapBytes(): Promise<number | undefined>;
  /** Asks the child to end itself at once; its exit hooks run. One that hangs does not hear it. */
  leave(): void;
  /** Ends the child by force, at once; its exit hooks do not run. */
  kill(): Promise<void>;
}

/** `lastCrash` is what ended the previous life, if there was one. */
export type SpawnChild = (spec: ChildSpec, lastCrash: string | undefined) => Child;
