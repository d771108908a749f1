/**
 * How far the cores of the machine are used: the same load with 1 and 2 Broadcaster threads. Ticks to many
 * sockets (a whole edge, ticks over Redis, as fast as they are taken), and bets over WebSocket (the whole
 * product in one process). The listeners and the bettors run on the same machine and take their share of it.
 *
 * Last line: {cores, fanout: [{threads, framesPerSecond, p99Ms, cpuAtTenTicks}], bets: [{threads,
 * betsPerSecond, p99Ms, machineBusy}], fanoutRatio, betsRatio}; a ratio is two threads to one, `machineBusy`
 * the share of all cores at work. `--tiny` for the test run.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startTestRedis } from '../test/support/redis-server.ts';
import { startTouchline } from './support/bet-contestants.ts';
import { measureLife } from './support/bet-load.ts';
import { FanOutRun } from './support/fan-out-run.ts';
import { percentile, round } from './support/figures.ts';

const { values } = parseArgs({ options: { tiny: { type: 'boolean', default: false } } });
const isTiny = values.tiny;
const THREADS = [1, 2];
const SOCKETS = isTiny ? 50 : 1_000;
const SATURATION_MS = isTiny ? 900 : 5_000;
const WALLETS = isTiny ? 32 : 1_024;
const BETS = isTiny
  ? { connections: 32, underWay: 4, warmMs: 300, measureMs: 700 }
  : { connections: 256, underWay: 20, warmMs: 2_000, measureMs: 4_000 };

async function fanOut(threads: number) {
  const redis = await startTestRedis();
  const args = [redis.url, String(threads), '0'];
  const edge = { name: 'edge', file: 'peers/fan-out/edge.ts', args, greeting: 'touchline' };
  const run = await FanOutRun.start(edge, SOCKETS);
  const { perSecond } = await run.saturate(SATURATION_MS);
  const { ms, cpuFraction } = await run.latencies(isTiny ? 5 : 50);
  await run.stop();
  await redis.stop();
  const figures = { threads, framesPerSecond: Math.round(perSecond) };
  return { ...figures, p99Ms: round(percentile(ms, 0.99)), cpuAtTenTicks: round(cpuFraction) };
}

async function bets(threads: number) {
  const { ws } = await measureLife('touchline', () => startTouchline(WALLETS, threads), [['ws', BETS]]);
  const { perSecond = 0, p99Ms = 0, machineBusy = 0 } = ws ?? {};
  return { threads, betsPerSecond: perSecond, p99Ms, machineBusy };
}

const fanout: Awaited<ReturnType<typeof fanOut>>[] = [];
const placed: Awaited<ReturnType<typeof bets>>[] = [];
for (const threads of THREADS) {
  fanout.push(await fanOut(threads));
  placed.push(await bets(threads));
  console.error(JSON.stringify({ fanout: fanout.at(-1), bets: placed.at(-1) }));
}
console.log(
  JSON.stringify({
    cores: availableParallelism(),
    fanout,
    bets: placed,
    fanoutRatio: round((fanout[1]?.framesPerSecond ?? 0) / (fanout[0]?.framesPerSecond ?? 1)),
    betsRatio: round((placed[1]?.betsPerSecond ?? 0) / (placed[0]?.betsPerSecond ?? 1)),
  }),
);
