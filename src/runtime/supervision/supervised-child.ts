/**
 * The lives of one child, one after the other: start, heartbeat, orderly or forced end. Whether there is
 * another life is the supervisor's to decide.
 *
 * Invariants: at most one life at a time; each life leads to at most one incident; a life that ends without
 * having been asked to is told to `onEnd` exactly once.
 */
import { type Timer, withDeadline } from '../clock.ts';
import type { MetricsSnapshot } from '../metrics.ts';
import type { Child, ChildExit, ChildHealth } from './child.ts';
import type { ChildSpec } from './child-spec.ts';
import { HEARTBEAT_INTERVAL_MS, HeartbeatJudge, WAIT_MS_MAX } from './heartbeat.ts';
import type { IncidentKind } from './incidents.ts';
import type { ChildReport, LifeEnd, Member, Phase, Standing, TreeEnvironment } from './member.ts';
import { DOWN_RENEW_MS } from './status-board.ts';

interface Life {
  readonly child: Child;
  readonly exited: Promise<void>;
  exit: ChildExit | undefined;
  /** What it was reported for, once it was. */
  cause: Error | undefined;
  /** Its end is our doing. */
  isForced: boolean;
  /** It does not leave and must not be ended: only the end of the process ends it. */
  isLeftBehind: boolean;
}

const FORCED_EXIT_GRACE_MS = 1_000;
/** The size of a heap is told at once, or the thread collects garbage or is inside native code. */
const HEAP_BYTES_MS_MAX = 500;

export class SupervisedChild implements Member {
  readonly #spec: ChildSpec;
  readonly #environment: TreeEnvironment;
  readonly #onEnd: (end: LifeEnd) => void;
  #phase: Phase = 'down';
  #life: Life | undefined;
  #prepared: Child | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #health: ChildHealth | null = null;
  #heartbeat: Timer | undefined;
  #renewal: Timer | undefined;

  constructor(spec: ChildSpec, environment: TreeEnvironment, onEnd: (end: LifeEnd) => void) {
    this.#spec = spec;
    this.#environment = environment;
    this.#onEnd = onEnd;
  }

  get id(): string {
    return this.#spec.id;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get isReady(): boolean {
    return this.#phase === 'running';
  }

  prepare(): void {
    try {
      this.#prepared ??= this.#environment.spawn(this.#spec, undefined);
    } catch {
      // It is tried again, and told, when its turn to start has come.
    }
  }

  start(lastError: string | undefined): Promise<void> {
    this.#phase = 'starting';
    this.#starting = this.#startLife(lastError);
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#renewal?.cancel();
    this.#stopping ??= this.#stopLife().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  expectBack(): void {
    this.#renewal?.cancel();
    void this.#environment.statusBoard.down(this.id);
    this.#renewal = this.#environment.clock.after(DOWN_RENEW_MS, () => this.expectBack());
  }

  report({ state, restarts, lastError }: Standing): ChildReport {
    const { id, restart } = this.#spec;
    return { kind: 'child', id, state, restart, restarts, lastError, health: this.#health };
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    if (this.#phase !== 'running' || !this.#life) return [];
    const { clock } = this.#environment;
    const snapshot = withDeadline(clock, 1_000, this.#life.child.metrics(), () => new Error('no metrics'));
    return snapshot.then(
      (metrics) => [metrics],
      () => [],
    );
  }

  async #startLife(lastError: string | undefined): Promise<void> {
    const { clock, statusBoard } = this.#environment;
    let life: Life | undefined;
    try {
      life = this.#begin(lastError);
      const late = (): Error => new Error(`start took longer than ${this.#spec.startMsMax} ms`);
      await withDeadline(clock, this.#spec.startMsMax, life.child.start(), late);
    } catch (error) {
      return life ? this.#startFailed(life, error) : this.#notSpawned(error);
    }
    this.#renewal?.cancel();
    await statusBoard.up(this.id);
    if (this.#phase !== 'starting') return;
    this.#phase = 'running';
    if (life.exit) return this.#ended(life, life.exit);
    this.#armHeartbeat(life, new HeartbeatJudge(this.#spec), clock.monotonicMs());
  }

  #begin(lastError: string | undefined): Life {
    const child = this.#prepared ?? this.#environment.spawn(this.#spec, lastError);
    this.#prepared = undefined;
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    const life: Life = {
      child,
      exited,
      exit: undefined,
      cause: undefined,
      isForced: false,
      isLeftBehind: false,
    };
    this.#life = life;
    child.onExit((exit) => {
      life.exit = exit;
      resolve();
      if (this.#life === life && this.#phase === 'running') this.#ended(life, exit);
    });
    return life;
  }

  /** No thread to be had. */
  #notSpawned(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#environment.reportIncident({ kind: 'start-failed', child: this.id, error });
    this.#reset();
    this.#onEnd({ error });
  }

  async #startFailed(life: Life, cause: unknown): Promise<void> {
    const error = life.exit?.outOfMemory ? life.exit.error : cause;
    this.#report(life, life.exit?.outOfMemory ? 'out-of-memory' : 'start-failed', error);
    if (this.#phase !== 'starting') return;
    await this.#leave(life);
    if (this.#phase === 'starting') this.#over(life, { error: life.cause ?? new Error('start failed') });
  }

  #ended(life: Life, { error, outOfMemory }: ChildExit): void {
    if (error) this.#report(life, outOfMemory ? 'out-of-memory' : 'crash', error);
    else this.#environment.log.warn({ child: this.id }, 'child ended by itself, in order');
    this.#over(life, life.cause ? { error: life.cause } : {});
  }

  #over(life: Life, end: LifeEnd): void {
    if (this.#life !== life) return;
    this.#reset();
    this.#onEnd(end);
  }

  async #stopLife(): Promise<void> {
    const { clock, statusBoard } = this.#environment;
    await this.#prepared?.kill();
    this.#prepared = undefined;
    const life = this.#life;
    if (!life || life.isLeftBehind) return this.#reset();
    const late = (): Error => new Error(`stop took longer than ${this.#spec.shutdownMs} ms`);
    const inTime = (work: Promise<void>) => withDeadline(clock, this.#spec.shutdownMs, work, late);
    if (this.#phase === 'starting') await inTime(this.#starting).catch(() => {});
    if (this.#life !== life) return;
    const hasStarted = this.#phase === 'running';
    this.#phase = 'stopping';
    this.#heartbeat?.cancel();
    try {
      if (!hasStarted) throw new Error('it was still starting');
      await inTime(life.child.stop());
      await this.#leave(life);
      if (life.isForced) throw new Error('it stopped, but its thread did not end');
      if (life.exit?.error) throw life.exit.error;
    } catch (error) {
      const crash = life.isForced ? undefined : life.exit?.error;
      this.#report(life, crash ? 'exit-during-stop' : 'stop-failed', crash ?? error);
      await this.#leave(life);
    }
    if (this.#life === life) this.#reset();
    await statusBoard.down(this.id);
  }

  /** A child that is on its way out gets a moment to leave by itself, then is ended by force. */
  async #leave(life: Life): Promise<void> {
    if (!life.isLeftBehind && !(await this.#isGone(life))) await this.#endByForce(life);
  }

  /** Where force is forbidden the child is asked to end itself; if it does not, the process has to end. */
  async #endByForce(life: Life): Promise<void> {
    life.isForced = true;
    if (!this.#spec.neverTerminate) return life.child.kill();
    life.child.leave();
    if (!(await this.#isGone(life))) this.#leaveBehind(life);
  }

  #leaveBehind(life: Life): void {
    if (life.isLeftBehind) return;
    life.isLeftBehind = true;
    const why = life.cause?.message ?? 'asked to leave';
    this.#environment.onLeftBehind(`${this.id} ${why}; it does not leave and must not be ended by force`);
  }

  #isGone(life: Life): Promise<boolean> {
    const { clock } = this.#environment;
    const gone = withDeadline(clock, FORCED_EXIT_GRACE_MS, life.exited, () => new Error('still there'));
    return gone.then(
      () => true,
      () => false,
    );
  }

  #reset(): void {
    this.#heartbeat?.cancel();
    this.#health = null;
    this.#life = undefined;
    this.#phase = 'down';
  }

  #report(life: Life, kind: IncidentKind, cause: unknown): void {
    if (life.cause) return;
    life.cause = cause instanceof Error ? cause : new Error(String(cause));
    this.#environment.reportIncident({ kind, child: this.id, error: life.cause });
  }

  #armHeartbeat(life: Life, judge: HeartbeatJudge, lastMs: number): void {
    const beat = (): void => void this.#beat(life, judge, lastMs);
    this.#heartbeat = this.#environment.clock.after(HEARTBEAT_INTERVAL_MS, beat);
  }

  async #beat(life: Life, judge: HeartbeatJudge, lastMs: number): Promise<void> {
    const health = await this.#askHealth(life);
    const heapBytes = health ? undefined : await this.#heapBytes(life);
    if (this.#life !== life || this.#phase !== 'running') return;
    const nowMs = this.#environment.clock.monotonicMs();
    const verdict = health ? judge.answered(health) : judge.missed(nowMs - lastMs, heapBytes);
    this.#observe(health ?? (this.#health && { ...this.#health, loopDelayMs: judge.silentMs }));
    if (!verdict) return this.#armHeartbeat(life, judge, nowMs);
    this.#report(life, verdict.kind, new Error(verdict.reason));
    // One that hangs with a heap that grows would not hear us, and has no time to lose.
    if (!health && verdict.kind === 'out-of-memory') this.#leaveBehind(life);
    else await this.#endByForce(life);
  }

  /** Undefined if there was none in time. If we ourselves were away meanwhile, it gets that time again. */
  async #askHealth(life: Life): Promise<ChildHealth | undefined> {
    const { clock } = this.#environment;
    const late = (): Error => new Error('no heartbeat');
    const answer = life.child.health();
    const wait = () => withDeadline(clock, HEARTBEAT_INTERVAL_MS, answer, late).catch(() => undefined);
    const fromMs = clock.monotonicMs();
    const health = await wait();
    const wereWeAway = clock.monotonicMs() - fromMs > WAIT_MS_MAX;
    return health ?? (wereWeAway ? wait() : undefined);
  }

  /** Only needed of a child whose heap nobody else keeps within its limit. */
  async #heapBytes(life: Life): Promise<number | undefined> {
    if (!this.#spec.neverTerminate) return undefined;
    const late = (): Error => new Error('no heap size');
    const bytes = withDeadline(this.#environment.clock, HEAP_BYTES_MS_MAX, life.child.heapBytes(), late);
    return bytes.catch(() => undefined);
  }

  #observe(health: ChildHealth | null): void {
    if (!health) return;
    const { metrics } = this.#environment;
    this.#health = health;
    metrics.gauge('event_loop_lag_seconds', health.loopDelayMs / 1_000, { actor: this.id });
    metrics.gauge('child_mailbox_letters', health.mailboxDepth, { child: this.id });
    metrics.gauge('child_heap_bytes', health.heapBytes, { child: this.id });
  }
}
