/**
 * A thread that runs seeds one after another. A mutant, if it is given one, is planted before any code of the
 * product is loaded.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { plant } from './mutant-planting.ts';
import type { Mutant } from './mutants.ts';
import type { SeedResult } from './run-seed.ts';

export interface SimWorkerData {
  readonly faultsMs: number;
  /** Each seed is run again, and must leave the same trace. */
  readonly twice: boolean;
  readonly mutant?: Mutant;
}

export type SimWorkerAnswer =
  | { readonly result: SeedResult }
  /** The thread cannot go on; whatever it was doing did not end well. */
  | { readonly seed: number; readonly broken: string }
  /** The mutant could not be planted: nothing that follows would mean anything. */
  | { readonly unplanted: string };

const { faultsMs, twice, mutant } = workerData as SimWorkerData;
const { runSeed } = mutant ? await loadMutated(mutant) : await import('./run-seed.ts');

async function loadMutated(mutant: Mutant) {
  try {
    const planted = plant(mutant);
    const loaded = await import('./run-seed.ts');
    planted.assertPlanted();
    return loaded;
  } catch (error) {
    parentPort?.postMessage({ unplanted: String(error) } satisfies SimWorkerAnswer);
    throw error;
  }
}

async function run(seed: number): Promise<SeedResult> {
  const result = await runSeed(seed, faultsMs);
  if (!twice) return result;
  const again = await runSeed(seed, faultsMs);
  if (again.hash === result.hash) return result;
  const violations = [...result.violations, `two runs left different traces: ${result.hash}, ${again.hash}`];
  return { ...result, violations };
}

parentPort?.on('message', (seed: number) => {
  run(seed).then(
    (result) => parentPort?.postMessage({ result } satisfies SimWorkerAnswer),
    (error: unknown) => {
      const broken = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ seed, broken } satisfies SimWorkerAnswer);
    },
  );
});
