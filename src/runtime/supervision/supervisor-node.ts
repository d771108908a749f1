/**
 * A supervisor: starts its members left to right, restarts them by its strategy, stops them right to left.
 * The decisions are exit-plan.ts and restart-budget.ts; the order of the steps is restart-lane.ts.
 *
 * When the budget of a member is spent it gives up: it stops the others and ends with that as its error,
 * which to a supervisor above is a crash of this one member. Each life of a supervisor has fresh budgets.
 */
import type { MetricsSnapshot } from '../metrics.ts';
import { isSupervisorSpec, type RestartType, type SupervisorSpec, type TreeSpec } from './child-spec.ts';
import { comesBack, planAfterExit } from './exit-plan.ts';
import type {
  LifeEnd,
  Member,
  MemberReport,
  MemberState,
  Phase,
  Standing,
  SupervisorReport,
  TreeEnvironment,
} from './member.ts';
import { type BudgetTerms, RestartBudget } from './restart-budget.ts';
import { type LaneMember, RestartLane } from './restart-lane.ts';
import { SupervisedChild } from './supervised-child.ts';

export interface NodeListener {
  /** This life is over, everything under it is stopped. Not called after a `stop` from outside. */
  readonly onEnd?: (end: LifeEnd) => void;
  /** It begins to give up. */
  readonly onGiveUp?: (reason: string) => void;
}

type NodeSpec = Pick<SupervisorSpec, 'supervisor' | 'strategy' | 'restart' | 'children'>;

/** A member and what became of it, over all its lives in this life of its supervisor. */
interface Place {
  readonly terms: BudgetTerms;
  readonly restart: RestartType;
  readonly member: Member;
  budget: RestartBudget;
  restarts: number;
  lastError: string | null;
  startedAtMs: number;
  /** What it is while it is down. */
  rest: Extract<MemberState, 'stopped' | 'ended' | 'given-up' | 'backing-off'>;
}

export class SupervisorNode implements Member {
  readonly #spec: NodeSpec;
  readonly #environment: TreeEnvironment;
  readonly #listener: NodeListener;
  readonly #places: readonly Place[];
  #lanes: readonly RestartLane[] = [];
  #phase: Phase = 'down';
  /** How many members the start has reached; those after are nobody's siblings yet. */
  #reached = 0;
  #stopping: Promise<void> | undefined;
  #givingUp: Promise<void> | undefined;

  constructor(spec: NodeSpec, environment: TreeEnvironment, listener: NodeListener) {
    this.#spec = spec;
    this.#environment = environment;
    this.#listener = listener;
    this.#places = spec.children.map((child, index) => this.#place(child, index));
  }

  get id(): string {
    return this.#spec.supervisor;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get isReady(): boolean {
    if (this.#phase !== 'running') return false;
    return this.#places.every(({ member, rest }) =>
      member.phase === 'down' ? rest === 'ended' : member.isReady,
    );
  }

  prepare(): void {
    for (const { member } of this.#places) member.prepare();
  }

  /** Resolves when every member runs or is done, or when this life is over again. */
  async start(): Promise<void> {
    this.#begin();
    for (const index of this.#places.keys()) {
      if (this.#phase !== 'starting') break;
      this.#reached = index + 1;
      const [lane, position] = this.#laneOf(index);
      lane?.add({ stop: [], start: [position] }, 0);
      await lane?.idle();
    }
    await this.#givingUp;
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  expectBack(): void {
    for (const { member, restart } of this.#places) if (restart !== 'temporary') member.expectBack();
  }

  report({ state, restarts, lastError }: Standing): SupervisorReport {
    const { id } = this;
    const { strategy, restart } = this.#spec;
    return {
      kind: 'supervisor',
      id,
      strategy,
      state,
      restart,
      restarts,
      lastError,
      children: this.reports(),
    };
  }

  reports(): MemberReport[] {
    return this.#places.map((place) => place.member.report(this.#standing(place)));
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    return (await Promise.all(this.#places.map(({ member }) => member.metrics()))).flat();
  }

  /** Stops everything and ends with this as its error. Once in a life. */
  giveUp(reason: string): void {
    if (this.#givingUp || (this.#phase !== 'starting' && this.#phase !== 'running')) return;
    this.#listener.onGiveUp?.(reason);
    this.#givingUp = this.stop().then(() => this.#listener.onEnd?.({ error: new Error(reason) }));
  }

  #place(spec: TreeSpec, index: number): Place {
    const onEnd = (end: LifeEnd): void => this.#ended(index, end);
    const member = isSupervisorSpec(spec)
      ? new SupervisorNode(spec, this.#environment, { onEnd })
      : new SupervisedChild(spec, this.#environment, onEnd);
    const fresh = { restarts: 0, lastError: null, startedAtMs: 0, rest: 'stopped' } as const;
    return { terms: spec, restart: spec.restart, member, budget: new RestartBudget(spec), ...fresh };
  }

  #begin(): void {
    const { clock } = this.#environment;
    this.#phase = 'starting';
    this.#reached = 0;
    this.#givingUp = undefined;
    for (const place of this.#places) {
      place.budget = new RestartBudget(place.terms);
      place.rest = 'stopped';
    }
    const members = this.#places.map((place) => this.#laneMember(place));
    this.#lanes =
      this.#spec.strategy === 'one_for_one'
        ? members.map((member) => new RestartLane([member], clock))
        : [new RestartLane(members, clock)];
  }

  /** The lane of a member, and its position there. */
  #laneOf(index: number): [lane: RestartLane | undefined, position: number] {
    return this.#spec.strategy === 'one_for_one' ? [this.#lanes[index], 0] : [this.#lanes[0], index];
  }

  #laneMember(place: Place): LaneMember {
    const { member } = place;
    const { clock } = this.#environment;
    return {
      get isAlive() {
        return member.phase !== 'down';
      },
      start: () => {
        place.startedAtMs = clock.monotonicMs();
        return member.start(place.lastError ?? undefined);
      },
      stop: async () => {
        await member.stop();
        place.rest = 'ended';
      },
      expectBack: () => {
        place.rest = 'backing-off';
        member.expectBack();
      },
    };
  }

  #ended(index: number, { error }: LifeEnd): void {
    const place = this.#places[index];
    if (!place || (this.#phase !== 'starting' && this.#phase !== 'running')) return;
    if (error) place.lastError = error.message;
    place.rest = 'ended';
    if (!comesBack(place.restart, error !== undefined)) return;
    const { clock, random } = this.#environment;
    const nowMs = clock.monotonicMs();
    const delayMs = place.budget.spend(nowMs, nowMs - place.startedAtMs, random);
    if (delayMs === undefined) this.#spent(place);
    else this.#restart(index, place, error !== undefined, delayMs);
  }

  #restart(index: number, place: Place, crashed: boolean, delayMs: number): void {
    const { log, metrics } = this.#environment;
    place.restarts += 1;
    const child = place.member.id;
    metrics.count('supervisor_restarts_total', { child });
    log.warn({ child, strategy: this.#spec.strategy, restarts: place.restarts, delayMs }, 'restarting child');
    const siblings = this.#places.slice(0, this.#reached).map(({ restart, member }) => ({
      restart,
      isAlive: member.phase !== 'down',
    }));
    const plan = planAfterExit(this.#spec.strategy, siblings, index, crashed);
    const [lane, position] = this.#laneOf(index);
    lane?.add(position === index ? plan : { stop: [], start: [position] }, delayMs);
  }

  #spent(place: Place): void {
    const { restartsMax, restartWindowMs } = place.terms;
    const child = place.member.id;
    place.rest = 'given-up';
    const often = `more than ${restartsMax} times in ${restartWindowMs} ms`;
    const reason = `${child} crashed ${often}: ${place.lastError}`;
    this.#environment.reportIncident({ kind: 'crash-loop', child, error: new Error(reason) });
    this.giveUp(reason);
  }

  async #stopAll(): Promise<void> {
    if (this.#phase === 'down') return;
    this.#phase = 'stopping';
    for (const lane of this.#lanes) lane.halt();
    for (const { member } of [...this.#places].reverse()) await member.stop();
    for (const place of this.#places) if (place.rest === 'backing-off') place.rest = 'stopped';
    this.#phase = 'down';
  }

  #standing({ member, rest, restarts, lastError }: Place): Standing {
    return { state: member.phase === 'down' ? rest : member.phase, restarts, lastError };
  }
}
