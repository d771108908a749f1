/**
 * The simulator's command line, run by scripts/sim.mjs.
 *
 *   --seeds N      how many seeds, from --seed S (1) on
 *   --minutes M    virtual minutes with faults in each
 *   --twice        every seed twice; the traces must be the same
 *   --mutants      instead: plants mistakes in the product; each must be caught within the seeds
 *   --trace FILE   writes the whole trace of the one seed --seed to a file
 *
 * Progress goes to stderr; the last line of stdout is one JSON object. Exits 1 if anything was found, or if a
 * run of GOALS_FROM_SEEDS seeds or more did not reach every goal.
 */
import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { GOALS, ReachedGoals } from './goals.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { FAULT_CLASSES } from './plan.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { runSeeds } from './sim-pool.ts';

const GOALS_FROM_SEEDS = 100;
const MUTANT_SEEDS = 150;
const MS_PER_HOUR = 3_600_000;
const PROGRESS_EVERY_SEEDS = 50;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
    twice: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string' },
    trace: { type: 'string' },
  },
});

function positive(name: 'seeds' | 'seed' | 'minutes' | 'threads', fallback?: string): number {
  const number = Number(values[name] ?? fallback);
  if (number > 0 && (name === 'minutes' || Number.isSafeInteger(number))) return number;
  console.error(`--${name} takes a positive number, not ${values[name]}`);
  process.exit(2);
}

const firstSeed = positive('seed');
const faultsMs = Math.round(positive('minutes') * 60_000);
const threads = positive('threads');
const startedMs = performance.now();
const secondsSince = (): number => Math.round((performance.now() - startedMs) / 100) / 10;
const say = (text: string): void => console.error(text);
const seedsFrom = (count: number): number[] => Array.from({ length: count }, (_, i) => firstSeed + i);

function report({ seed, hash, violations, tail }: SeedResult): void {
  say(`\nseed ${seed} (trace ${hash}):\n${violations.map((text) => `  ${text}`).join('\n')}`);
  say(`the end of its trace:\n${tail.map((line) => `  ${line}`).join('\n')}`);
  say(`again: npm run sim -- --seeds 1 --seed ${seed} --minutes ${values.minutes}\n`);
}

async function simulate(count: number): Promise<boolean> {
  const faults: Record<string, number> = Object.fromEntries(FAULT_CLASSES.map((name) => [name, 0]));
  const goals = new ReachedGoals();
  const total = { seeds: 0, simulatedMs: 0, violations: 0, bets: 0 };
  await runSeeds({
    ...{ threads, faultsMs, twice: values.twice, seeds: seedsFrom(count) },
    onResult: (result) => {
      total.seeds += 1;
      total.simulatedMs += result.simulatedMs;
      total.bets += result.bets;
      total.violations += result.violations.length;
      for (const [name, times] of Object.entries(result.faults)) faults[name] = (faults[name] ?? 0) + times;
      for (const goal of result.reached) goals.reach(goal);
      if (result.violations.length > 0) report(result);
      if (count === 1) say(`seed ${result.seed}: trace ${result.hash}, ${result.bets} bets`);
      if (total.seeds % PROGRESS_EVERY_SEEDS === 0)
        say(`${total.seeds} of ${count} seeds, ${total.violations} violations, ${secondsSince()} s`);
      return true;
    },
  });
  const missing = goals.missing();
  const areGoalsDue = count >= GOALS_FROM_SEEDS;
  if (areGoalsDue && missing.length > 0) say(`never reached: ${missing.join(', ')}`);
  console.log(
    JSON.stringify({
      seeds: total.seeds,
      simulatedHours: Number((total.simulatedMs / MS_PER_HOUR).toFixed(2)),
      bets: total.bets,
      faults,
      violations: total.violations,
      goalsReached: `${GOALS.length - missing.length}/${GOALS.length}`,
      seconds: secondsSince(),
    }),
  );
  return total.violations === 0 && (!areGoalsDue || missing.length === 0);
}

/** The violation that caught it, or undefined. */
async function hunt(mutant: Mutant, count: number): Promise<string | undefined> {
  let caught: string | undefined;
  await runSeeds({
    ...{ threads, faultsMs, twice: false, seeds: seedsFrom(count), mutant },
    onResult: ({ seed, violations }) => {
      const [first] = violations;
      if (first !== undefined) caught ??= `seed ${seed}: ${first.split('\n')[0]}`;
      return caught === undefined;
    },
  });
  return caught;
}

async function killMutants(count: number): Promise<boolean> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(values.only ?? ''));
  const survivors: string[] = [];
  for (const mutant of mutants) {
    const caught = await hunt(mutant, count);
    say(`${caught === undefined ? 'SURVIVES' : 'killed'}: ${mutant.name}${caught ? ` (${caught})` : ''}`);
    if (caught === undefined) survivors.push(mutant.name);
  }
  const killed = mutants.length - survivors.length;
  console.log(JSON.stringify({ mutants: mutants.length, killed, survivors, seconds: secondsSince() }));
  return survivors.length === 0;
}

async function traceOne(path: string): Promise<boolean> {
  const file = createWriteStream(path);
  const { hash, violations } = await runSeed(firstSeed, faultsMs, (line) => file.write(`${line}\n`));
  await new Promise<void>((resolve) => file.end(resolve));
  console.log(JSON.stringify({ seed: firstSeed, hash, violations }));
  return violations.length === 0;
}

let isWell: boolean;
if (values.trace !== undefined) isWell = await traceOne(values.trace);
else if (values.mutants) isWell = await killMutants(positive('seeds', String(MUTANT_SEEDS)));
else isWell = await simulate(positive('seeds', '1'));
process.exit(isWell ? 0 : 1);
