/**
 * `npm run fuzz -- --inputs N [--seed S] [--only I | --only I-J]`: N seeded inputs (bytes of HTTP requests,
 * handshakes and WebSocket frames, right and wrong) against the real system in a process of its own. The
 * first part meets a system with low limits, the rest one whose limits are out of the way.
 *
 * Last line: {inputs, crashes, rssStartMb, rssEndMb, statuses, canary, seconds, seed}; memory is that of the
 * server process, from when a tenth is done. Exit 1 unless nothing was found: no crash, restart or logged
 * error; for every well-formed request and message exactly one documented answer, never INTERNAL; a player
 * beside it who never notices; a ledger that sums to zero; bounded memory. A finding is told with its input
 * in hex, and `--only` with its number sends it again. Progress on stderr.
 */
import { parseArgs } from 'node:util';
import { auditLedger } from '../support/ledger-audit.ts';
import { LOW_LIMITS, NO_LIMITS } from '../support/limits.ts';
import { type RunningSystem, startSystem } from '../support/system.ts';
import { findCulprit, tellInput } from './culprit.ts';
import { type FuzzOutcome, type FuzzPlan, FuzzRun } from './fuzz-run.ts';
import { partsOf } from './fuzz-session.ts';

/** Of the inputs, to a system with low limits. */
const LIMITED_PART = 0.05;
const LIMITED_MAX = 20_000;
/** What the process may have grown by since it was warm. */
const RSS_GROWTH_MB_MAX = 300;

const say = (line: string): void => console.error(line);

interface Verdict {
  readonly outcome: FuzzOutcome;
  readonly problems: readonly string[];
}

async function fuzz(env: Readonly<Record<string, string>>, plan: FuzzPlan): Promise<Verdict> {
  const system = await startSystem({ env });
  try {
    const outcome = await new FuzzRun(system, plan).run();
    const problems = [...outcome.problems];
    if (outcome.rssEndMb - outcome.rssStartMb > RSS_GROWTH_MB_MAX)
      problems.push(`memory grew from ${outcome.rssStartMb} to ${outcome.rssEndMb} MiB`);
    const isBroken = problems.length > 0 || outcome.finding !== undefined;
    if (!isBroken) problems.push(...(await endProblems(system)));
    for (const problem of problems.slice(0, 20)) say(problem);
    if (problems.length > 0) await findCulprit(env, plan.seed, outcome.suspects, say);
    else if (outcome.finding) tellInput(plan.seed, outcome.finding);
    return { outcome, problems };
  } catch (error) {
    say(system.output().slice(-4_000));
    throw error;
  } finally {
    await system.stop();
  }
}

/** An orderly end, without an error in the log, and books that add up. */
async function endProblems(system: RunningSystem): Promise<string[]> {
  const code = await system.terminate();
  const problems = code === 0 ? [] : [`ended with ${code}: ${system.output().slice(-1_000)}`];
  return [...problems, ...auditLedger(system.dataDir).problems];
}

function rangeOf(only: string | undefined, inputs: number): { from: number; to: number } | undefined {
  if (only === undefined) return { from: 0, to: inputs };
  const match = /^(\d+)(?:-(\d+))?$/.exec(only);
  if (!match) return undefined;
  const from = Number(match[1]);
  return { from, to: Number(match[2] ?? from) + 1 };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { inputs: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  });
  const inputs = Number(values.inputs ?? 20_000);
  const seed = Number(values.seed ?? 1);
  const range = rangeOf(values.only, inputs);
  if (!Number.isInteger(inputs) || inputs < 1 || !Number.isInteger(seed) || !range) {
    say('npm run fuzz -- --inputs N [--seed S] [--only I | --only I-J]: whole numbers, N at least 1');
    return 2;
  }
  const limited = values.only === undefined ? Math.min(LIMITED_MAX, Math.floor(inputs * LIMITED_PART)) : 0;
  const verdicts: Verdict[] = [];
  for (const [env, from, to] of [
    [LOW_LIMITS, range.from, range.from + limited],
    [NO_LIMITS, range.from + limited, range.to],
  ] as const) {
    if (to > from) verdicts.push(await fuzz(env, { seed, parts: partsOf(from, to), onProgress: say }));
    if (verdicts.some(isBad)) break;
  }
  return report(seed, verdicts);
}

const isBad = ({ outcome, problems }: Verdict): boolean =>
  problems.length > 0 || outcome.finding !== undefined;

function report(seed: number, verdicts: readonly Verdict[]): number {
  const statuses: Record<string, number> = {};
  for (const { outcome } of verdicts)
    for (const [status, n] of Object.entries(outcome.statuses))
      statuses[status] = (statuses[status] ?? 0) + n;
  const last = verdicts.at(-1)?.outcome;
  const sum = (pick: (outcome: FuzzOutcome) => number): number =>
    verdicts.reduce((total, { outcome }) => total + pick(outcome), 0);
  const sorted = Object.fromEntries(Object.entries(statuses).sort(([, a], [, b]) => b - a));
  const crashes = verdicts.reduce((total, { problems }) => total + problems.length, 0);
  const { rssStartMb, rssEndMb, canary } = { rssStartMb: 0, rssEndMb: 0, canary: undefined, ...last };
  const seconds = Number(sum((outcome) => outcome.seconds).toFixed(1));
  const result = { inputs: sum((outcome) => outcome.inputs), crashes, rssStartMb, rssEndMb };
  console.log(JSON.stringify({ ...result, statuses: sorted, canary, seconds, seed }));
  return verdicts.some(isBad) ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
