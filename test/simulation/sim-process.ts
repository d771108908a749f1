/**
 * A process as its process manager sees it: a real Supervisor over actors on real ActorHosts, all on this
 * stack. It ends when it is killed or when its supervisor gives up, and is started again a little later.
 */
import type { AnyActorDefinition } from '../../src/runtime/actor.ts';
import { ActorHost, type HostHealth } from '../../src/runtime/actor-host.ts';
import type { ActorDefinition, Logger, Random } from '../../src/runtime/index.ts';
import { childSpec, type Metrics } from '../../src/runtime/index.ts';
import type { PostOffice } from '../../src/runtime/mailbox/mailbox.ts';
import type { SignalBus } from '../../src/runtime/signals/signal-bus.ts';
import type { Child, ChildExit } from '../../src/runtime/supervision/child.ts';
import type { StatusBoard } from '../../src/runtime/supervision/status-board.ts';
import { Supervisor } from '../../src/runtime/supervision/supervisor.ts';
import { Injected, Life } from './life.ts';
import type { SimClock } from './sim-clock.ts';
import type { Trace } from './trace.ts';

const EXIT_TAKES_MS = 5;
const REBOOT_MS = 400;
const HUNG_AFTER_MS = 3_000;

/** What a process needs of the world around it. */
export interface SimHost {
  readonly clock: SimClock;
  readonly trace: Trace;
  readonly log: Logger;
  readonly statusBoard: StatusBoard;
  /** The actor of this name, on ports that end with this life. */
  actor(id: string, life: Life): AnyActorDefinition;
  postOffice(life: Life): PostOffice;
  signals(life: Life): SignalBus;
  random(id: string): Random;
  metrics(id: string): Metrics;
  /** An actor crashed by itself. */
  crashed(actor: string, error: Error): void;
  reached(goal: string): void;
}

export class SimProcess {
  readonly name: string;
  readonly #host: SimHost;
  readonly #ids: readonly string[];
  readonly #children = new Map<string, SimChild>();
  #supervisor: Supervisor | undefined;
  #life = new Life('unborn');
  #boots = 0;
  #isStopping = false;

  constructor(name: string, ids: readonly string[], host: SimHost) {
    this.name = name;
    this.#ids = ids;
    this.#host = host;
  }

  /** True while every actor runs. */
  get isReady(): boolean {
    return this.#life.isAlive && this.#supervisor?.ready === true;
  }

  lifeOf(id: string): Life | undefined {
    return this.#children.get(id)?.life;
  }

  boot(): void {
    const host = this.#host;
    const { clock, trace, log } = host;
    this.#boots += 1;
    this.#isStopping = false;
    if (this.#boots > 1) host.reached('process restarted');
    trace.line(`boot ${this.name} #${this.#boots}`);
    const life = new Life(this.name);
    this.#life = life;
    const supervisor = new Supervisor({
      specs: this.#ids.map((id) =>
        childSpec({
          id,
          module: new URL('sim:'),
          hungAfterMs: HUNG_AFTER_MS,
          neverTerminate: id.startsWith('broadcaster'),
        }),
      ),
      spawn: (spec, lastCrash) => {
        life.assertAlive();
        return this.#spawn(spec.id, lastCrash);
      },
      clock: life.clock(clock),
      random: host.random(`${this.name} ${this.#boots}`),
      log,
      metrics: host.metrics(this.name),
      statusBoard: host.statusBoard,
      onGiveUp: (reason) => {
        host.reached('supervisor gave up');
        clock.after(0, () => life.isAlive && this.crash(reason));
      },
    });
    this.#supervisor = supervisor;
    // A start that fails is either given up, which ends the process, or told here.
    supervisor
      .start()
      .catch((error: unknown) => clock.after(0, () => life.isAlive && this.crash(String(error))));
  }

  /** As its process manager asks it to: drained, then gone. */
  async stop(): Promise<void> {
    const { trace, reached } = this.#host;
    const life = this.#life;
    if (!life.isAlive || this.#isStopping) return;
    trace.line(`process ${this.name} is asked to stop`);
    this.#isStopping = true;
    await this.#supervisor?.stop();
    if (!life.isAlive) return;
    reached('process drained');
    this.crash('stopped');
  }

  /** Ends every actor at once; what they had not committed is gone. */
  crash(reason: string): void {
    const { clock, trace } = this.#host;
    if (!this.#life.isAlive) return;
    trace.line(`process ${this.name} ends: ${reason}`);
    this.#life.end();
    for (const child of this.#children.values()) child.end();
    this.#children.clear();
    clock.after(REBOOT_MS, () => this.boot());
  }

  #spawn(id: string, lastCrash: string | undefined): Child {
    if (lastCrash !== undefined) this.#host.reached(`restarted ${id.replace(/-\d+$/, '')}`);
    const child = new SimChild(id, lastCrash, this.#host, this.#life);
    this.#children.set(id, child);
    return child;
  }
}

/** What a worker thread is in production. */
class SimChild implements Child {
  readonly life: Life;
  readonly #host: SimHost;
  readonly #process: Life;
  readonly #actor: ActorHost<never, unknown>;
  readonly #exitListeners: ((exit: ChildExit) => void)[] = [];
  #failStart: (error: Error) => void = () => {};
  #hasExited = false;

  constructor(id: string, lastCrash: string | undefined, host: SimHost, process: Life) {
    this.#host = host;
    this.#process = process;
    this.life = new Life(id);
    this.life.crash = (reason) => this.#crash(new Injected(reason));
    this.#actor = new ActorHost(host.actor(id, this.life) as unknown as ActorDefinition<never, unknown>, {
      id,
      postOffice: host.postOffice(this.life),
      signals: host.signals(this.life),
      clock: this.life.clock(host.clock),
      random: host.random(id),
      log: host.log,
      metrics: host.metrics(id),
      onCrash: (error) => this.#crash(error),
      onFinish: () => this.#finish(),
      ...(lastCrash === undefined ? {} : { lastCrash }),
    });
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failStart = reject;
      if (!this.life.isAlive) return reject(new Injected('killed'));
      this.#actor.start().then(resolve, (error: Error) => this.#crash(error));
    });
  }

  async stop(): Promise<void> {
    await this.#actor.stop();
    this.#finish();
  }

  async health() {
    await this.life.awake(this.#host.clock);
    return { ...((await this.#actor.health()) as HostHealth), loopDelayMs: 0, heapBytes: 0 };
  }

  async metrics() {
    return [];
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.#exitListeners.push(listener);
  }

  async heapBytes(): Promise<number> {
    return 0;
  }

  leave(): void {
    const hangs = this.life.hangsUntilMs > this.#host.clock.monotonicMs();
    if (!hangs) this.#crash(new Injected('left'));
  }

  async kill(): Promise<void> {
    this.#host.reached('killed by the supervisor');
    this.#crash(new Injected('killed'));
  }

  /** With its process: nobody is left to be told. */
  end(): void {
    this.#hasExited = true;
    this.life.end();
    this.#actor.kill();
  }

  #finish(): void {
    this.life.end();
    this.#exit({});
  }

  #crash(error: Error): void {
    if (!this.life.isAlive) return;
    this.#host.trace.line(`crash ${this.life.id}: ${error.message}`);
    this.#host.crashed(this.life.id, error);
    this.life.end();
    this.#actor.kill();
    this.#failStart(error);
    this.#exit({ error });
  }

  #exit(exit: ChildExit): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#process.clock(this.#host.clock).after(EXIT_TAKES_MS, () => {
      for (const listener of this.#exitListeners) listener(exit);
    });
  }
}
