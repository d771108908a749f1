/**
 * The root of a process's tree. When it gives up (a budget at its own level is spent, or a child does not
 * leave that must not be ended by force) its owner ends the process; the process manager outside is the next
 * level.
 */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics, MetricsSnapshot } from '../metrics.ts';
import type { Random } from '../random.ts';
import type { SpawnChild } from './child.ts';
import type { Strategy, TreeSpec } from './child-spec.ts';
import { incidentReporter } from './incidents.ts';
import type { MemberReport } from './member.ts';
import { noStatusBoard, type StatusBoard } from './status-board.ts';
import { SupervisorNode } from './supervisor-node.ts';
import { treeSpecError } from './tree-spec-error.ts';

export interface SupervisorOptions {
  readonly specs: readonly TreeSpec[];
  /** Of the root itself; `one_for_one` if not given. */
  readonly strategy?: Strategy;
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where senders learn that a child is down; without one their asks wait. */
  readonly statusBoard?: StatusBoard;
  /** Called at most once, before the children are stopped; `stop()` tells when they are. */
  readonly onGiveUp: (reason: string) => void;
}

export class Supervisor {
  readonly #root: SupervisorNode;
  readonly #onGiveUp: (reason: string) => void;
  #gaveUp: string | undefined;
  #hasLeftBehind = false;

  /** Throws on an illegal tree, before anything starts. */
  constructor(options: SupervisorOptions) {
    const { specs, strategy = 'one_for_one', statusBoard = noStatusBoard, log, metrics } = options;
    const error = treeSpecError(specs, strategy);
    if (error) throw new Error(`illegal child spec: ${error}`);
    this.#onGiveUp = options.onGiveUp;
    const reportIncident = incidentReporter(log, metrics);
    const onLeftBehind = (reason: string): void => {
      this.#hasLeftBehind = true;
      this.#root.giveUp(reason);
    };
    this.#root = new SupervisorNode(
      { supervisor: 'root', strategy, restart: 'temporary', children: specs },
      { ...options, statusBoard, reportIncident, onLeftBehind },
      { onGiveUp: (reason) => this.#giveUp(reason) },
    );
  }

  /** Resolves when every child runs. If one cannot be started, stops those that run and rejects. */
  async start(): Promise<void> {
    this.#root.prepare();
    await this.#root.start();
    if (this.#gaveUp !== undefined) throw new Error(`could not start: ${this.#gaveUp}`);
  }

  /** Drains and stops every child, last started first. Repeated calls share one stop. */
  stop(): Promise<void> {
    return this.#root.stop();
  }

  /** The live tree, without the root. */
  report(): MemberReport[] {
    return this.#root.reports();
  }

  /**
   * A thread runs that did not leave when asked and must not be ended: `process.exit` would, and abort the
   * process. See end-process.ts.
   */
  get hasLeftBehind(): boolean {
    return this.#hasLeftBehind;
  }

  /** True while every child runs, but for those that are done. */
  get ready(): boolean {
    return this.#root.isReady;
  }

  metrics(): Promise<MetricsSnapshot[]> {
    return this.#root.metrics();
  }

  #giveUp(reason: string): void {
    if (this.#gaveUp !== undefined) return;
    this.#gaveUp = reason;
    this.#onGiveUp(reason);
  }
}
