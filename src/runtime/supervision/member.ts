/**
 * One place under a supervisor: a child, or a supervisor again. The supervisor decides when a life begins
 * and ends; the member carries it out, and tells when a life ended that nobody had asked to end.
 */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics, MetricsSnapshot } from '../metrics.ts';
import type { Random } from '../random.ts';
import type { ChildHealth, SpawnChild } from './child.ts';
import type { RestartType, Strategy } from './child-spec.ts';
import type { ReportIncident } from './incidents.ts';
import type { StatusBoard } from './status-board.ts';

/** Of one life; `down` between lives. */
export type Phase = 'down' | 'starting' | 'running' | 'stopping';

/** `ended`: it is over and does not come back. `given-up`: its budget is spent. */
export type MemberState = Exclude<Phase, 'down'> | 'backing-off' | 'stopped' | 'ended' | 'given-up';

interface Report {
  readonly id: string;
  readonly state: MemberState;
  readonly restart: RestartType;
  readonly restarts: number;
  readonly lastError: string | null;
}

export interface ChildReport extends Report {
  readonly kind: 'child';
  /** As of the last heartbeat: mailbox depth, turns, event-loop lag (or how long it was silent), heap. */
  readonly health: ChildHealth | null;
}

export interface SupervisorReport extends Report {
  readonly kind: 'supervisor';
  readonly strategy: Strategy;
  readonly children: readonly MemberReport[];
}

export type MemberReport = ChildReport | SupervisorReport;

/** What the supervisor above knows of a member, for its report. */
export type Standing = Pick<Report, 'state' | 'restarts' | 'lastError'>;

/** Of a life that ended by itself. */
export interface LifeEnd {
  /** Undefined after an orderly end. */
  readonly error?: Error;
}

export interface Member {
  readonly id: string;
  readonly phase: Phase;
  /** Begins to load the first life, so that the threads of a process load side by side. */
  prepare(): void;
  /** One life: resolves once it runs, or once it has ended before that (and was told to `onEnd`). */
  start(lastError: string | undefined): Promise<void>;
  /** Ends the life in order, by force if need be; nothing is told to `onEnd`. Never rejects. */
  stop(): Promise<void>;
  /** It is down and will be started again: asks to it are refused until it runs. */
  expectBack(): void;
  /** Everything under it runs, or is done for good. */
  readonly isReady: boolean;
  report(standing: Standing): MemberReport;
  metrics(): Promise<MetricsSnapshot[]>;
}

/** What every member of a tree shares. */
export interface TreeEnvironment {
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly statusBoard: StatusBoard;
  readonly reportIncident: ReportIncident;
  /** A thread stays that does not leave and must not be ended: only the end of the process ends it. */
  readonly onLeftBehind: (reason: string) => void;
}
