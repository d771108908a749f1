/**
 * The root of a process: starts children left to right, restarts each on its own (one_for_one), stops them
 * right to left. When a child's restart budget is spent the supervisor gives up: it stops the others and
 * tells its owner, who ends the process; the process manager outside is the next level.
 */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics, MetricsSnapshot } from '../metrics.ts';
import type { Random } from '../random.ts';
import type { SpawnChild } from './child.ts';
import { type ChildSpec, childSpecError } from './child-spec.ts';
import { type ChildReport, SupervisedChild } from './supervised-child.ts';

export interface SupervisorOptions {
  readonly specs: readonly ChildSpec[];
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Called at most once. */
  readonly onGiveUp: (reason: string) => void;
}

export class Supervisor {
  readonly #children: readonly SupervisedChild[];
  readonly #options: SupervisorOptions;
  #gaveUp = false;
  #stopped: Promise<void> | undefined;

  /** Throws on an illegal spec, before anything starts. */
  constructor(options: SupervisorOptions) {
    const error = childSpecError(options.specs);
    if (error) throw new Error(`illegal child spec: ${error}`);
    this.#options = options;
    this.#children = options.specs.map(
      (spec) => new SupervisedChild({ ...options, spec, onGiveUp: (reason) => this.#giveUp(reason) }),
    );
  }

  /** Resolves when every child runs. If one cannot be started, stops those that run and rejects. */
  async start(): Promise<void> {
    for (const child of this.#children) child.prepare();
    for (const child of this.#children) {
      try {
        await child.start();
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  /** Drains and stops every child, last started first. Repeated calls share one stop. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  report(): ChildReport[] {
    return this.#children.map((child) => child.report());
  }

  /** True while every child runs. */
  get ready(): boolean {
    return this.#children.every((child) => child.running);
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    return Promise.all(this.#children.map((child) => child.metrics()));
  }

  async #stopAll(): Promise<void> {
    for (const child of [...this.#children].reverse()) await child.stop();
  }

  #giveUp(reason: string): void {
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    this.#options.log.fatal({ reason }, 'supervisor gives up');
    this.#options.onGiveUp(reason);
  }
}
