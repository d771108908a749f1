/**
 * Ticks to many sockets: the product's Broadcaster against raw uWebSockets.js publish (the limit), the `ws`
 * package, Socket.IO with its Redis adapter, and Mosquitto over WebSocket where it is installed.
 *
 * Saturation: the publisher is never more than 48 ticks ahead of the average listener, and publishes at once
 * what it may; the same for all, in rounds that alternate. Every frame is delivered or the run says how many
 * were not. Latency: from the publisher's call to the arrival in the process that holds
 * a twentieth of the sockets, at ten ticks a second.
 *
 * Last line: {ratioToUws, ratioToWs, ratioToSocketIo, ratioToBroker, p99Ms, bytesPerSocket, …}.
 * `--sockets N`, `--rounds N`, `--only NAME`, `--tiny` for the test run.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startTestRedis } from '../test/support/redis-server.ts';
import { type Contender, FanOutRun } from './support/fan-out-run.ts';
import { median, percentile, round } from './support/figures.ts';

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '1000,5000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    tiny: { type: 'boolean', default: false },
  },
});
const socketCounts = values.tiny ? [50] : values.sockets.split(',').map(Number);
const rounds = values.tiny ? 1 : Number(values.rounds);
const SATURATION_MS = values.tiny ? 900 : 4_000;
const TICKS_TIMED = values.tiny ? 5 : 100;
/** Just-in-time compilation. */
const TICKS_BEFORE = values.tiny ? 2 : 20;

const redis = await startTestRedis();
const mosquitto = ['mosquitto', '/usr/sbin/mosquitto'].find((name) => !spawnSync(name, ['-h']).error);
if (!mosquitto || values.tiny) console.error('without Mosquitto');
const CONTENDERS: readonly Contender[] = [
  { name: 'touchline', file: 'peers/fan-out/touchline.ts', greeting: 'touchline' },
  { name: 'uws', file: 'peers/fan-out/uws-publish.ts', greeting: 'plain' },
  { name: 'ws', file: 'peers/fan-out/ws-broadcast.ts', greeting: 'plain' },
  { name: 'socketIo', file: 'peers/fan-out/socket-io.ts', args: [redis.url], greeting: 'socket.io' },
  ...(mosquitto && !values.tiny
    ? [{ name: 'broker', file: 'peers/fan-out/mosquitto.ts', args: [mosquitto], greeting: 'mqtt' }]
    : []),
].filter(({ name }) => name.includes(values.only));

interface Figures {
  readonly sockets: number;
  readonly perSecond: Record<string, number>;
  readonly p50Ms: Record<string, number>;
  readonly p99Ms: Record<string, number>;
  readonly bytesPerSocket: Record<string, number>;
  readonly cpuAtTenTicks: Record<string, number>;
}

async function measure(sockets: number): Promise<Figures> {
  const perSecond: Record<string, number[]> = {};
  const figures: Figures = {
    sockets,
    perSecond: {},
    p50Ms: {},
    p99Ms: {},
    bytesPerSocket: {},
    cpuAtTenTicks: {},
  };
  for (let n = 0; n < rounds; n += 1) {
    for (const contender of CONTENDERS) {
      const { name } = contender;
      const run = await FanOutRun.start(contender, sockets);
      if (n === 0) {
        figures.bytesPerSocket[name] = Math.round(run.bytesPerSocket);
        await run.latencies(TICKS_BEFORE);
        const { ms, cpuFraction } = await run.latencies(TICKS_TIMED);
        figures.p50Ms[name] = round(median(ms));
        figures.p99Ms[name] = round(percentile(ms, 0.99));
        figures.cpuAtTenTicks[name] = round(cpuFraction);
      }
      const { perSecond: rate, fractionDelivered } = await run.saturate(SATURATION_MS);
      perSecond[name] = [...(perSecond[name] ?? []), rate];
      if (fractionDelivered < 1) console.error(`${name} delivered ${round(fractionDelivered)} of all`);
      await run.stop();
      console.error(`${sockets} sockets, round ${n + 1}: ${name} ${Math.round(rate)} frames/s`);
    }
  }
  for (const [name, rates] of Object.entries(perSecond)) figures.perSecond[name] = Math.round(median(rates));
  return figures;
}

const all: Figures[] = [];
for (const sockets of socketCounts) all.push(await measure(sockets));
await redis.stop();
const [first] = all;
const ratioTo = (name: string): number | null => {
  const [ours, theirs] = [first?.perSecond['touchline'], first?.perSecond[name]];
  return ours !== undefined && theirs !== undefined ? round(ours / theirs) : null;
};
console.log(
  JSON.stringify({
    ratioToUws: ratioTo('uws'),
    ratioToWs: ratioTo('ws'),
    ratioToSocketIo: ratioTo('socketIo'),
    ratioToBroker: ratioTo('broker'),
    p99Ms: first?.p99Ms['touchline'] ?? null,
    bytesPerSocket: first?.bytesPerSocket['touchline'] ?? null,
    runs: all,
  }),
);
