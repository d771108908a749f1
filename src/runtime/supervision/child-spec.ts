/**
 * Child specs are data: what to run and what to do when it ends. Vocabulary and defaults follow OTP's
 * supervisor; an illegal spec is refused before anything starts, with its exact reason.
 */

/** `permanent`: always restarted. `transient`: only after a crash. `temporary`: never. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

export interface ChildSpec {
  /** Unique; also the name of the child's mailbox. */
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
  /** More restarts than this within the window: the supervisor gives up. */
  readonly restartsMax: number;
  readonly restartWindowMs: number;
  /** A child that does not answer for this long is hung, and counts as crashed. */
  readonly hungAfterMs: number;
  /** Heap limit of the thread, in MiB (old generation). Buffers are not counted. */
  readonly heapMibMax?: number;
  /**
   * The thread must never be ended by force (it holds native handles whose loss aborts the process): when it
   * hangs, the supervisor gives up and the process is restarted as a whole.
   */
  readonly neverTerminate?: boolean;
}

export type ChildSpecInput = Pick<ChildSpec, 'id' | 'module'> & Partial<ChildSpec>;

const DEFAULTS = {
  settings: {},
  restart: 'permanent',
  shutdownMs: 5_000,
  startMsMax: 15_000,
  restartsMax: 5,
  restartWindowMs: 30_000,
  hungAfterMs: 10_000,
} as const;

export const childSpec = (input: ChildSpecInput): ChildSpec => ({ ...DEFAULTS, ...input });

/** The first thing wrong with the specs as a sentence, or undefined. */
export function childSpecError(specs: readonly ChildSpec[]): string | undefined {
  const seen = new Set<string>();
  for (const spec of specs) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(spec.id))
      return `child id "${spec.id}": lower-case letters, digits and dashes only`;
    if (seen.has(spec.id)) return `child id "${spec.id}" is used twice`;
    seen.add(spec.id);
    if (!(spec.shutdownMs > 0)) return `${spec.id}: shutdownMs must be positive`;
    if (!(spec.startMsMax > 0)) return `${spec.id}: startMsMax must be positive`;
    if (!(spec.hungAfterMs > 0)) return `${spec.id}: hungAfterMs must be positive`;
    if (!Number.isInteger(spec.restartsMax) || spec.restartsMax < 0)
      return `${spec.id}: restartsMax must be an integer ≥ 0`;
    if (!(spec.restartWindowMs > 0)) return `${spec.id}: restartWindowMs must be positive`;
    if (spec.restart === 'temporary' && spec.neverTerminate) {
      return `${spec.id}: a temporary child cannot be neverTerminate, nothing would bring it back`;
    }
  }
  return undefined;
}
