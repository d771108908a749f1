/**
 * Stands in for `src/actors/tree.ts` in a real process (see preload.ts): the same children in the same
 * threads, each of which also takes orders, with the patience of a test.
 */
import { childSpecs as realChildSpecs } from '../../../src/actors/tree.ts';
import type { Config } from '../../../src/config.ts';
import type { ChildSpec } from '../../../src/runtime/index.ts';
import type { HostileSettings } from './hostile-actor.ts';

export * from '../../../src/actors/tree.ts';

const module = new URL('./hostile-actor.ts', import.meta.url);

const HUNG_AFTER_MS = Number(process.env['HOSTILE_HUNG_AFTER_MS'] ?? 2_000);

export const childSpecs = (config: Config): ChildSpec[] =>
  realChildSpecs(config).map((spec) => {
    const settings: HostileSettings = { module: spec.module.href, settings: spec.settings };
    const patience = { hungAfterMs: HUNG_AFTER_MS, loopLagMsMax: 500, shutdownMs: 1_000 };
    return { ...spec, module, settings, ...patience, ...(spec.neverTerminate ? { heapMibMax: 96 } : {}) };
  });
