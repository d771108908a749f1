/**
 * How long a crashed actor is away: from the throw in its real thread until its next life handles the next
 * letter, on a real Redis, without backoff.
 *
 * Last line: {p50Ms, p99Ms}. `--tiny` for the test run.
 */
import { childSpec, Metrics, silentLogger, systemClock, systemRandom } from '../src/runtime/index.ts';
import { Supervisor } from '../src/runtime/supervision/supervisor.ts';
import { spawnWorker } from '../src/runtime/workers/worker-child.ts';
import { startTestRedis } from '../test/support/redis-server.ts';
import { CRASHER } from './actors/restart-worker.ts';
import { percentile, round } from './support/figures.ts';
import { openHost } from './support/open-host.ts';

const restarts = process.argv.includes('--tiny') ? 3 : 60;
const PAUSE_MS = 1_000;
const common = { clock: systemClock, random: systemRandom, log: silentLogger };

const redis = await startTestRedis();
const supervisor = new Supervisor({
  ...common,
  specs: [
    childSpec({
      id: CRASHER.name,
      module: new URL('./actors/restart-worker.ts', import.meta.url),
      settings: { thrownAtMs: new SharedArrayBuffer(8) },
      // So short that every crash is the first of its window and after a long life: no backoff, no end.
      restartWindowMs: 1,
      backoffResetMs: 1,
    }),
  ],
  spawn: spawnWorker({ redisUrl: redis.url, logLevel: 'silent' }),
  metrics: new Metrics('main'),
  onGiveUp: (reason) => {
    throw new Error(reason);
  },
});
const client = await openHost('client', redis.url);
await supervisor.start();

const awayMs: number[] = [];
for (let restart = 0; restart < restarts; restart += 1) {
  // As in life, crashes are apart: the next spare thread has been made.
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const answer = await client.context.ask(CRASHER, { type: 'CrashOnce', body: {} }, { deadlineMs: 30_000 });
  if (!answer.ok) throw new Error(`no answer: ${answer.code}`);
  awayMs.push(answer.reply.awayMs);
}

await supervisor.stop();
await client.close();
await redis.stop();
console.log(
  JSON.stringify({ p50Ms: round(percentile(awayMs, 0.5)), p99Ms: round(percentile(awayMs, 0.99)) }),
);
