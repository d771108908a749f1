/**
 * A supervision tree is data: what to run, and what to do when it ends. Vocabulary and defaults follow OTP's
 * supervisor; tree-spec-error.ts refuses an illegal tree before anything starts, with its exact reason.
 */
import type { BudgetTerms } from './restart-budget.ts';

export const RESTART_TYPES = ['permanent', 'transient', 'temporary'] as const;
/** `permanent`: always restarted. `transient`: only after a crash. `temporary`: never. */
export type RestartType = (typeof RESTART_TYPES)[number];

export const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one'] as const;
/** Who is restarted with a child that ended: nobody, all its siblings, or those that start after it. */
export type Strategy = (typeof STRATEGIES)[number];

/** One thread with one actor. `restartsMax` within `restartWindowMs` spent: its supervisor gives up. */
export interface ChildSpec extends BudgetTerms {
  /** Unique in the tree; also the name of the child's mailbox. */
  readonly id: string;
  /** Module that exports `createActor` (see workers/actor-module.ts). */
  readonly module: URL;
  /** Plain data for `createActor`: it crosses into the thread. */
  readonly settings: unknown;
  readonly restart: RestartType;
  /** How long an orderly stop may take before the child is ended by force. */
  readonly shutdownMs: number;
  /** How long a start may take before it counts as a crash. */
  readonly startMsMax: number;
  /** A child that does not answer for this long is hung, and counts as crashed. */
  readonly hungAfterMs: number;
  /** A child whose event loop is late by more than this, heartbeat after heartbeat, counts as hung too. */
  readonly loopLagMsMax: number;
  /** Heap limit of the thread, in MiB (old generation). Buffers are not counted. */
  readonly heapMibMax?: number;
  /**
   * The thread must never be ended by force (it holds native handles whose loss aborts the process). It is
   * asked to end itself instead; if it does not hear that, the supervisor gives up and the process is
   * restarted as a whole. Its heap is watched from outside, because V8 keeps a limit by force.
   */
  readonly neverTerminate?: boolean;
}

/**
 * A supervisor as a child of another. When a budget among its children is spent it stops them all and ends,
 * which its parent sees as a crash of this one child, on the budget given here.
 */
export interface SupervisorSpec extends BudgetTerms {
  /** Unique in the tree. */
  readonly supervisor: string;
  readonly strategy: Strategy;
  readonly restart: RestartType;
  readonly children: readonly TreeSpec[];
}

export type TreeSpec = ChildSpec | SupervisorSpec;

export type ChildSpecInput = Pick<ChildSpec, 'id' | 'module'> & Partial<ChildSpec>;
export type SupervisorSpecInput = Pick<SupervisorSpec, 'supervisor' | 'children'> & Partial<SupervisorSpec>;

const BUDGET_DEFAULTS = {
  restart: 'permanent',
  restartsMax: 5,
  restartWindowMs: 30_000,
  backoffFirstMs: 100,
  backoffMsMax: 10_000,
  backoffResetMs: 30_000,
} as const;

const CHILD_DEFAULTS = {
  ...BUDGET_DEFAULTS,
  settings: {},
  shutdownMs: 5_000,
  startMsMax: 15_000,
  hungAfterMs: 10_000,
  loopLagMsMax: 5_000,
} as const;

/** Budgets multiply with depth (5 × 3 restarts until the parent hears of it), so groups get fewer. */
const SUPERVISOR_DEFAULTS = { ...BUDGET_DEFAULTS, strategy: 'one_for_one', restartsMax: 3 } as const;

export const childSpec = (input: ChildSpecInput): ChildSpec => ({ ...CHILD_DEFAULTS, ...input });

export const supervisorSpec = (input: SupervisorSpecInput): SupervisorSpec => ({
  ...SUPERVISOR_DEFAULTS,
  ...input,
});

export const isSupervisorSpec = (spec: TreeSpec): spec is SupervisorSpec => 'supervisor' in spec;

export const idOf = (spec: TreeSpec): string => (isSupervisorSpec(spec) ? spec.supervisor : spec.id);
