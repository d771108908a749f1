/**
 * One child under supervision: its lives, its restart budget, its heartbeat. The supervisor above decides
 * about order; this decides about one child alone (one_for_one).
 *
 * Invariant: each end of a life leads to exactly one structured report and at most one restart.
 */
import type { Clock, Timer } from '../clock.ts';
import { withDeadline } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics, MetricsSnapshot } from '../metrics.ts';
import type { Random } from '../random.ts';
import { backoffMs } from './backoff.ts';
import type { Child, ChildExit, ChildHealth, SpawnChild } from './child.ts';
import type { ChildSpec } from './child-spec.ts';
import { RestartWindow } from './restart-window.ts';

export type ChildState = 'starting' | 'running' | 'backing-off' | 'stopping' | 'stopped' | 'given-up';

export interface ChildReport {
  readonly id: string;
  readonly state: ChildState;
  readonly restart: ChildSpec['restart'];
  readonly restarts: number;
  readonly lastError: string | null;
  readonly health: ChildHealth | null;
}

export interface SupervisedChildOptions {
  readonly spec: ChildSpec;
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The restart budget is spent, or the child hangs and must not be ended by force. */
  readonly onGiveUp: (reason: string) => void;
}

const HEARTBEAT_INTERVAL_MS = 1_000;
const FORCED_EXIT_GRACE_MS = 1_000;

export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #options: SupervisedChildOptions;
  readonly #window: RestartWindow;
  #child: Child | undefined;
  #prepared: Child | undefined;
  #state: ChildState = 'stopped';
  #restarts = 0;
  #lastError: string | undefined;
  #health: ChildHealth | null = null;
  #lastSeenMs = 0;
  #timer: Timer | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: SupervisedChildOptions) {
    this.spec = options.spec;
    this.#options = options;
    this.#window = new RestartWindow(options.spec.restartsMax, options.spec.restartWindowMs);
  }

  /**
   * Spawns the first life without starting it, so that the threads of a process load side by side while their
   * actors still start in order.
   */
  prepare(): void {
    this.#prepared ??= this.#options.spawn(this.spec, undefined);
  }

  /** Starts the first life; a start that fails is retried within the restart budget. */
  async start(): Promise<void> {
    while (this.#state !== 'running' && this.#state !== 'given-up' && this.#state !== 'stopping') {
      if (await this.#startLife()) return;
      const delayMs = this.#nextRestart();
      if (delayMs === undefined) throw new Error(`${this.spec.id} does not start: ${this.#lastError}`);
      await new Promise<void>((resolve) => {
        this.#timer = this.#options.clock.after(delayMs, resolve);
      });
    }
  }

  async stop(): Promise<void> {
    const { clock, log } = this.#options;
    this.#timer?.cancel();
    await this.#prepared?.kill();
    this.#prepared = undefined;
    const child = this.#child;
    const wasRunning = this.#state === 'running' || this.#state === 'starting';
    this.#state = 'stopping';
    if (child && wasRunning) {
      try {
        await withDeadline(
          clock,
          this.spec.shutdownMs,
          child.stop(),
          () => new Error('shutdown took too long'),
        );
      } catch (error) {
        log.error({ child: this.spec.id, error: String(error) }, 'child did not stop in order');
      }
      await this.#waitOrKill(child);
    }
    this.#state = 'stopped';
  }

  report(): ChildReport {
    const { id, restart } = this.spec;
    const lastError = this.#lastError ?? null;
    return { id, state: this.#state, restart, restarts: this.#restarts, lastError, health: this.#health };
  }

  async metrics(): Promise<MetricsSnapshot> {
    if (this.#state !== 'running' || !this.#child) return [];
    return withDeadline(
      this.#options.clock,
      1_000,
      this.#child.metrics(),
      () => new Error('no metrics'),
    ).catch(() => []);
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** True once the child runs; false if this life ended before that (and was reported). */
  async #startLife(): Promise<boolean> {
    const { clock, spawn } = this.#options;
    this.#state = 'starting';
    const child = this.#prepared ?? spawn(this.spec, this.#lastError);
    this.#prepared = undefined;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.onExit((exit) => {
        resolve();
        if (this.#child === child && this.#state === 'running') this.#ended(exit);
      });
    });
    try {
      await withDeadline(clock, this.spec.startMsMax, child.start(), () => new Error('start took too long'));
    } catch (error) {
      if (this.#state === 'starting')
        this.#crashed(error instanceof Error ? error : new Error(String(error)));
      await this.#waitOrKill(child);
      return false;
    }
    if (this.#state !== 'starting') return true;
    this.#state = 'running';
    this.#lastSeenMs = clock.monotonicMs();
    this.#armHeartbeat();
    return true;
  }

  /** A child that is on its way out gets a moment to leave by itself, then is ended by force. */
  async #waitOrKill(child: Child): Promise<void> {
    const gone = withDeadline(
      this.#options.clock,
      FORCED_EXIT_GRACE_MS,
      this.#exited,
      () => new Error('still there'),
    );
    await gone.catch(() => (this.spec.neverTerminate ? undefined : child.kill()));
  }

  #ended(exit: ChildExit): void {
    this.#timer?.cancel();
    this.#health = null;
    if (exit.error) this.#crashed(exit.error);
    const comesBack = this.spec.restart === 'permanent' || (this.spec.restart === 'transient' && exit.error);
    if (!comesBack) {
      this.#state = 'stopped';
      return;
    }
    const delayMs = this.#nextRestart();
    if (delayMs === undefined) return;
    this.#timer = this.#options.clock.after(delayMs, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    try {
      await this.start();
    } catch {
      // The budget is spent; giving up was reported by #nextRestart.
    }
  }

  /** Spends one restart: the delay before it, or undefined if there is none left. */
  #nextRestart(): number | undefined {
    const { clock, random, metrics, log, onGiveUp } = this.#options;
    this.#state = 'backing-off';
    if (!this.#window.allow(clock.monotonicMs())) {
      this.#state = 'given-up';
      const { restartsMax, restartWindowMs } = this.spec;
      onGiveUp(
        `${this.spec.id} crashed more than ${restartsMax} times in ${restartWindowMs} ms: ${this.#lastError}`,
      );
      return undefined;
    }
    this.#restarts += 1;
    metrics.count('supervisor_restarts_total', { child: this.spec.id });
    const delayMs = backoffMs(this.#window.count, random);
    log.warn({ child: this.spec.id, restarts: this.#restarts, delayMs }, 'restarting child');
    return delayMs;
  }

  #crashed(error: Error): void {
    this.#lastError = error.message;
    this.#options.metrics.count('supervisor_crashes_total', { child: this.spec.id });
    const offender = { id: this.spec.id, restart: this.spec.restart, restarts: this.#restarts };
    this.#options.log.error(
      { offender, state: this.#state, reason: error.message, stack: error.stack },
      'child crashed',
    );
  }

  #armHeartbeat(): void {
    this.#timer = this.#options.clock.after(HEARTBEAT_INTERVAL_MS, () => void this.#heartbeat());
  }

  async #heartbeat(): Promise<void> {
    const { clock, onGiveUp } = this.#options;
    const child = this.#child;
    if (!child || this.#state !== 'running') return;
    try {
      this.#health = await withDeadline(
        clock,
        HEARTBEAT_INTERVAL_MS,
        child.health(),
        () => new Error('no heartbeat'),
      );
      this.#lastSeenMs = clock.monotonicMs();
    } catch {
      const silentMs = clock.monotonicMs() - this.#lastSeenMs;
      if (this.#state === 'running' && this.#child === child && silentMs >= this.spec.hungAfterMs) {
        if (this.spec.neverTerminate) {
          this.#state = 'given-up';
          onGiveUp(`${this.spec.id} hangs and must not be ended by force`);
        } else await child.kill();
        return;
      }
    }
    if (this.#state === 'running' && this.#child === child) this.#armHeartbeat();
  }
}
