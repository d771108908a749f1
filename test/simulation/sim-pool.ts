/** Runs seeds on several threads; a seed that neither ends nor fails is itself a finding. */
import { Worker } from 'node:worker_threads';
import type { SeedResult } from './run-seed.ts';
import type { SimWorkerAnswer, SimWorkerData } from './sim-worker.ts';

const SEED_MS_MAX = 120_000;

export interface PoolOptions extends SimWorkerData {
  readonly threads: number;
  readonly seeds: Iterable<number>;
  /** False stops the run. */
  readonly onResult: (result: SeedResult) => boolean;
}

/** Resolves when every seed is done, or nobody wants more. */
export async function runSeeds(options: PoolOptions): Promise<void> {
  const seeds = options.seeds[Symbol.iterator]();
  let wanted = true;
  const next = (): number | undefined => {
    const { value, done } = wanted ? seeds.next() : { value: undefined, done: true };
    return done ? undefined : value;
  };
  const lane = async (): Promise<void> => {
    for (let seed = next(); seed !== undefined; ) {
      const worker = new Worker(new URL('./sim-worker.ts', import.meta.url), { workerData: dataOf(options) });
      try {
        while (seed !== undefined) {
          const result = await runOne(worker, seed);
          wanted &&= options.onResult(result);
          seed = next();
          if (result.hash === '') break;
        }
      } finally {
        await worker.terminate();
      }
    }
  };
  await Promise.all(Array.from({ length: options.threads }, lane));
}

const dataOf = ({ faultsMs, twice, mutant }: PoolOptions): SimWorkerData => ({
  faultsMs,
  twice,
  ...(mutant ? { mutant } : {}),
});

function runOne(worker: Worker, seed: number): Promise<SeedResult> {
  return new Promise((resolve, reject) => {
    const settle = (result: SeedResult): void => {
      clearTimeout(timer);
      worker.off('error', onError).off('exit', onExit).off('message', onMessage);
      resolve(result);
    };
    const timer = setTimeout(() => settle(brokenSeed(seed, 'the seed does not come to an end')), SEED_MS_MAX);
    const onError = (error: unknown): void => settle(brokenSeed(seed, String(error)));
    const onExit = (): void => settle(brokenSeed(seed, 'the thread ended'));
    const onMessage = (answer: SimWorkerAnswer): void => {
      if ('unplanted' in answer) reject(new Error(answer.unplanted));
      else settle('result' in answer ? answer.result : brokenSeed(seed, answer.broken));
    };
    worker.on('error', onError).on('exit', onExit).on('message', onMessage);
    worker.postMessage(seed);
  });
}

/** Without a hash: its thread is not used again. */
const brokenSeed = (seed: number, violation: string): SeedResult => ({
  seed,
  hash: '',
  violations: [violation],
  faults: {},
  reached: [],
  simulatedMs: 0,
  bets: 0,
  tail: [],
});
