/**
 * Ten thousand sockets on one edge (one Broadcaster thread, one process, its own Redis): memory, CPU at ten
 * ticks a second, how long a tick takes to each, and how long it takes until all are back after the edge was
 * restarted, when they come back as fast as they can.
 *
 * Last line: {sockets, rssMb, bytesPerSocket, cpuAtTenTicks, p50Ms, p99Ms, allBackSeconds};
 * `cpuAtTenTicks` is a fraction of one core. Needs as many open files as sockets, twice. `--sockets N`,
 * `--tiny` for the test run.
 */
import { parseArgs } from 'node:util';
import { freePort, startTestRedis } from '../test/support/redis-server.ts';
import { FanOutRun } from './support/fan-out-run.ts';
import { median, percentile, round } from './support/figures.ts';

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '10000' },
    tiny: { type: 'boolean', default: false },
  },
});
const sockets = values.tiny ? 100 : Number(values.sockets);
const TICKS = values.tiny ? 10 : 150;

const redis = await startTestRedis();
const edge = {
  name: 'edge',
  file: 'peers/fan-out/edge.ts',
  args: [redis.url, '1', String(await freePort())],
  greeting: 'touchline',
};
const run = await FanOutRun.start(edge, sockets);
console.error(`${sockets} sockets: ${Math.round(run.rssBytes / 2 ** 20)} MiB`);
const { ms, cpuFraction } = await run.latencies(TICKS);
const missing = TICKS * run.sampled - ms.length;
if (missing !== 0) console.error(`${missing} ticks did not come`);
const allBackMs = await run.restart(edge);
await run.stop();
await redis.stop();
console.log(
  JSON.stringify({
    sockets,
    rssMb: Math.round(run.rssBytes / 1e6),
    bytesPerSocket: Math.round(run.bytesPerSocket),
    cpuAtTenTicks: round(cpuFraction),
    p50Ms: round(median(ms)),
    p99Ms: round(percentile(ms, 0.99)),
    allBackSeconds: round(allBackMs / 1_000),
  }),
);
