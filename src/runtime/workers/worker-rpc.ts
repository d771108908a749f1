/**
 * The one file that imports comlink: the control plane between the supervisor and an actor's thread. Data
 * never travels here.
 *
 * Comlink calls never settle when their worker dies, and a collected proxy silently drops its calls: so the
 * proxy is pinned here, and every call is raced against the end of the worker (callers add a deadline).
 */
import type { MessagePort, Worker } from 'node:worker_threads';
import { type Endpoint, expose, releaseProxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { MetricsSnapshot } from '../metrics.ts';
import type { ChildHealth } from '../supervision/child.ts';

/** What a thread answers to. */
export interface WorkerControl {
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): Promise<ChildHealth>;
  metrics(): Promise<MetricsSnapshot>;
  /** Ends the thread from inside; never answers. */
  leave(): Promise<void>;
}

export const exposeControl = (control: WorkerControl, port: MessagePort): void =>
  expose(control, endpointOf(port));

/** `ended` rejects when the worker is gone. */
export function controlOf(worker: Worker, ended: Promise<never>): WorkerControl & { release(): void } {
  const remote = wrap<WorkerControl>(endpointOf(worker));
  const orEnd = <T>(call: Promise<T>): Promise<T> => Promise.race([call, ended]);
  return {
    start: () => orEnd(remote.start()),
    stop: () => orEnd(remote.stop()),
    health: () => orEnd(remote.health()),
    metrics: () => orEnd(remote.metrics()),
    leave: () => orEnd(remote.leave()),
    release: () => remote[releaseProxy](),
  };
}

const endpointOf = (port: MessagePort | Worker): Endpoint =>
  nodeEndpoint(port as Parameters<typeof nodeEndpoint>[0]);
