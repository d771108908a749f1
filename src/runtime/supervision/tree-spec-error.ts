/**
 * What is wrong with a supervision tree, as one sentence. Checked as if nothing were known of its types: a
 * tree may come from a file.
 */
import {
  type ChildSpec,
  idOf,
  isSupervisorSpec,
  RESTART_TYPES,
  STRATEGIES,
  type Strategy,
  type SupervisorSpec,
  type TreeSpec,
} from './child-spec.ts';

/** Timers take no more; a longer one fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The first thing wrong with the tree, or undefined. */
export function treeSpecError(
  specs: readonly TreeSpec[],
  strategy: Strategy = 'one_for_one',
): string | undefined {
  return strategyError('the root', strategy) ?? childrenError(specs, new Set());
}

function childrenError(specs: readonly TreeSpec[], seen: Set<string>): string | undefined {
  for (const spec of specs) {
    const id = idOf(spec);
    if (!/^[a-z0-9][a-z0-9-]*$/.test(id))
      return `child id "${id}": lower-case letters, digits and dashes only`;
    if (seen.has(id)) return `child id "${id}" is used twice`;
    seen.add(id);
    const error =
      restartError(id, spec) ?? (isSupervisorSpec(spec) ? supervisorError(spec, seen) : childError(spec));
    if (error) return error;
  }
  return undefined;
}

function supervisorError(spec: SupervisorSpec, seen: Set<string>): string | undefined {
  if (spec.children.length === 0) return `${spec.supervisor}: a supervisor needs children`;
  return strategyError(spec.supervisor, spec.strategy) ?? childrenError(spec.children, seen);
}

function childError(spec: ChildSpec): string | undefined {
  const { id, heapMibMax } = spec;
  if (!(spec.module instanceof URL)) return `${id}: module must be a URL`;
  const error =
    durationError(id, 'shutdownMs', spec.shutdownMs) ??
    durationError(id, 'startMsMax', spec.startMsMax) ??
    durationError(id, 'hungAfterMs', spec.hungAfterMs) ??
    durationError(id, 'loopLagMsMax', spec.loopLagMsMax) ??
    settingsError(id, spec.settings);
  if (error) return error;
  if (heapMibMax !== undefined && !(Number.isInteger(heapMibMax) && heapMibMax >= 8))
    return `${id}: heapMibMax must be an integer ≥ 8, less does not hold the runtime itself`;
  if (spec.restart === 'temporary' && spec.neverTerminate)
    return `${id}: a temporary child cannot be neverTerminate, nothing would bring it back`;
  return undefined;
}

function restartError(id: string, spec: TreeSpec): string | undefined {
  if (!RESTART_TYPES.includes(spec.restart))
    return `${id}: restart "${spec.restart}" is none of ${RESTART_TYPES.join(', ')}`;
  if (!Number.isInteger(spec.restartsMax) || spec.restartsMax < 0)
    return `${id}: restartsMax must be an integer ≥ 0`;
  const error =
    durationError(id, 'restartWindowMs', spec.restartWindowMs) ??
    durationError(id, 'backoffFirstMs', spec.backoffFirstMs) ??
    durationError(id, 'backoffMsMax', spec.backoffMsMax) ??
    durationError(id, 'backoffResetMs', spec.backoffResetMs);
  if (error) return error;
  if (spec.backoffMsMax < spec.backoffFirstMs) return `${id}: backoffMsMax must not be below backoffFirstMs`;
  return undefined;
}

function strategyError(id: string, strategy: Strategy): string | undefined {
  if (STRATEGIES.includes(strategy)) return undefined;
  return `${id}: strategy "${strategy}" is none of ${STRATEGIES.join(', ')}`;
}

function durationError(id: string, name: string, ms: number): string | undefined {
  if (!(ms > 0)) return `${id}: ${name} must be positive`;
  return ms > TIMER_MS_MAX ? `${id}: ${name} must be at most ${TIMER_MS_MAX}` : undefined;
}

function settingsError(id: string, settings: unknown): string | undefined {
  try {
    structuredClone(settings);
    return undefined;
  } catch (error) {
    return `${id}: settings cannot cross into a thread: ${error instanceof Error ? error.message : error}`;
  }
}
