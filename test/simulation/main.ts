/**
 * The simulator's command line, run by scripts/sim.mjs.
 *
 *   --seeds N      how many seeds, from --seed S (1) on
 *   --minutes M    virtual minutes with faults in each
 *   --twice        every seed twice; the traces must be the same
 *   --mutants      instead: plants mistakes in the product; each must be caught within the seeds or by a test
 *   --only PART    of the mutants only those with PART in their names
 *   --plant NAME   with this mutant in the product: what a finding looks like, or whether a seed notices it
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
import { MUTANTS_ELSEWHERE } from './mutants-elsewhere.ts';
import { FAULT_CLASSES } from './plan.ts';
import { failingTest } from './planted-test.ts';
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
    only: { type: 'string', default: '' },
    plant: { type: 'string' },
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
const planted = MUTANTS.find(({ name }) => name === values.plant);
if (values.plant !== undefined && !planted) {
  console.error(`--plant: there is no mutant "${values.plant}"`);
  process.exit(2);
}
if (planted && (values.trace !== undefined || values.mutants)) {
  console.error('--plant goes with neither --trace nor --mutants');
  process.exit(2);
}
const secondsSince = (): number => Math.round((performance.now() - startedMs) / 100) / 10;
const say = (text: string): void => console.error(text);
const seedsFrom = (count: number): number[] => Array.from({ length: count }, (_, i) => firstSeed + i);

function report({ seed, hash, violations, tail }: SeedResult): void {
  say(`\nseed ${seed} (trace ${hash}):\n${violations.map((text) => `  ${text}`).join('\n')}`);
  say(`the end of its trace:\n${tail.map((line) => `  ${line}`).join('\n')}`);
  const plant = planted ? ` --plant '${planted.name}'` : '';
  say(`again: npm run sim -- --seed ${seed} --minutes ${values.minutes}${plant}\n`);
}

async function simulate(count: number): Promise<boolean> {
  const faults: Record<string, number> = Object.fromEntries(FAULT_CLASSES.map((name) => [name, 0]));
  const goals = new ReachedGoals();
  const total = { seeds: 0, simulatedMs: 0, violations: 0, bets: 0 };
  await runSeeds({
    ...{ threads, faultsMs, twice: values.twice, seeds: seedsFrom(count) },
    ...(planted ? { mutant: planted } : {}),
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
  const isMeant = ({ name }: Mutant): boolean => name.includes(values.only);
  const survivors: string[] = [];
  const note = ({ name }: Mutant, caught: string | undefined): void => {
    say(caught === undefined ? `SURVIVES: ${name}` : `killed: ${name} (${caught})`);
    if (caught === undefined) survivors.push(name);
  };
  const [here, elsewhere] = [MUTANTS.filter(isMeant), MUTANTS_ELSEWHERE.filter(isMeant)];
  for (const mutant of here) note(mutant, await hunt(mutant, count));
  for (const mutant of elsewhere) note(mutant, await failingTest(mutant));
  const mutants = here.length + elsewhere.length;
  const killed = mutants - survivors.length;
  console.log(JSON.stringify({ mutants, killed, survivors, seconds: secondsSince() }));
  return mutants > 0 && survivors.length === 0;
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
