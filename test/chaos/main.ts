/**
 * `npm run chaos -- --disconnects N [--seed S] [--clients C]`: clients of src/client that watch prices and
 * bet on the real system through a proxy that cuts connections N times, in the middle of whatever is being
 * said. When all are cut and every bet is settled, what each client was told is compared with what is in the
 * books.
 *
 * Last line: {disconnects, clients, bets, results, ticks, gaps, holes, duplicates, wrongBalances,
 * otherFaults, seconds, seed}. A hole is a tick that is missing without the client saying so (`gaps` are
 * those it told, by reason). Exit 1 unless the four counts of faults are 0 and the ledger is in order.
 * Progress on stderr.
 */
import { parseArgs } from 'node:util';
import { type ChaosReport, runChaosClients } from '../support/chaos-clients.ts';
import { auditLedger } from '../support/ledger-audit.ts';
import { NO_LIMITS } from '../support/limits.ts';
import { startSystem } from '../support/system.ts';

const CLIENTS = 24;
/** On average a connection lives for half of this; a socket takes about 1 kB a second, more with a grid. */
const BYTES_TO_LIVE_MAX = 30_000;
const PATIENCE_MS = 90_000;

const say = (line: string): void => console.error(line);

interface Counts {
  readonly holes: number;
  readonly duplicates: number;
  readonly wrongBalances: number;
  readonly otherFaults: number;
}

function countsOf({ faults }: ChaosReport): Counts {
  const matching = (pattern: RegExp): number => faults.filter((fault) => pattern.test(fault)).length;
  const holes = matching(/ was due$/);
  const duplicates = matching(/ was told twice$/);
  const wrongBalances = matching(/ believes /);
  return {
    holes,
    duplicates,
    wrongBalances,
    otherFaults: faults.length - holes - duplicates - wrongBalances,
  };
}

async function chaos(cuts: number, clients: number, seed: number): Promise<number> {
  const system = await startSystem({ env: NO_LIMITS });
  try {
    const startedMs = performance.now();
    const bytesToLiveMax = BYTES_TO_LIVE_MAX;
    const patienceMs = PATIENCE_MS;
    say(`${clients} clients, ${cuts} disconnects`);
    const report = await runChaosClients({
      url: system.url,
      clients,
      cuts,
      seed,
      bytesToLiveMax,
      patienceMs,
    });
    const seconds = Number(((performance.now() - startedMs) / 1_000).toFixed(1));
    const exitCode = await system.terminate();
    const problems = [
      ...report.faults,
      ...(exitCode === 0 ? [] : [`the system ended with ${exitCode}`]),
      ...(/"level":[56]0/.test(system.output()) ? [system.output().slice(-2_000)] : []),
      ...auditLedger(system.dataDir).problems,
    ];
    for (const problem of problems.slice(0, 20)) say(problem);
    const { placed: bets, results, ticks, gaps } = report;
    const done = { disconnects: report.cuts, clients, bets, results, ticks, gaps };
    console.log(JSON.stringify({ ...done, ...countsOf(report), seconds, seed }));
    return problems.length === 0 && report.cuts >= cuts && results > 0 ? 0 : 1;
  } finally {
    await system.stop();
  }
}

const { values } = parseArgs({
  options: { disconnects: { type: 'string' }, seed: { type: 'string' }, clients: { type: 'string' } },
});
const cuts = Number(values.disconnects ?? 100);
const seed = Number(values.seed ?? 1);
const clients = Number(values.clients ?? CLIENTS);
if (![cuts, clients].every((count) => Number.isInteger(count) && count > 0) || !Number.isInteger(seed)) {
  say('npm run chaos -- --disconnects N [--seed S] [--clients C]: whole numbers, N and C at least 1');
  process.exit(2);
}
chaos(cuts, clients, seed).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
