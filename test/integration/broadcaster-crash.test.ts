/**
 * Two real Broadcaster threads on one port under a real supervisor, in this very process, with fifty sockets
 * open: a thread that throws costs its own sockets a reconnect, and nobody anything else. An abort of the
 * process, which no code could catch, would end this test run.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { childSpecs } from '../../src/actors/tree.ts';
import { readConfig } from '../../src/config.ts';
import { CLIENTS_KEY } from '../../src/protocol/redis-keys.ts';
import { priceSignals } from '../../src/protocol/signals.ts';
import {
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/runtime/index.ts';
import { RedisSignalBus } from '../../src/runtime/signals/redis-signal-bus.ts';
import { Supervisor } from '../../src/runtime/supervision/supervisor.ts';
import { spawnWorker } from '../../src/runtime/workers/worker-child.ts';
import { CRASH_KINDS, type CrashKind, crashOrders } from '../support/actors/crashing-broadcaster-worker.ts';
import { tickAt } from '../support/market.ts';
import { freePort, startTestRedis, type TestRedis } from '../support/redis-server.ts';
import { WsClient } from '../support/ws-client.ts';

const SOCKETS = 50;
const CYCLES = 6;
const WAIT = { timeout: 50_000, interval: 20 };
const [FIRST, SECOND] = ['broadcaster-0-1', 'broadcaster-0-2'] as const;

let server: TestRedis;
let redis: RedisConnection;
let signals: RedisSignalBus;
let supervisor: Supervisor;
let port: number;
let gaveUp: string | undefined;
let seq: number;

beforeEach(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
  signals = new RedisSignalBus({ redis, subscriber: redis, metrics: new Metrics('test') });
  port = await freePort();
  gaveUp = undefined;
  seq = 0;
  const config = readConfig({
    PORT: String(port),
    REDIS_URL: server.url,
    TOUCHLINE_ACTORS: 'broadcaster',
    BROADCASTER_THREADS: '2',
  });
  const module = new URL('../support/actors/crashing-broadcaster-worker.ts', import.meta.url);
  supervisor = new Supervisor({
    specs: childSpecs(config).map((spec) => ({ ...spec, module })),
    spawn: spawnWorker({ redisUrl: server.url, logLevel: 'silent' }),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    metrics: new Metrics('main'),
    onGiveUp: (reason) => {
      gaveUp = reason;
    },
  });
  await supervisor.start();
});
afterEach(async () => {
  await supervisor.stop();
  redis.disconnect();
  await server.stop();
});

async function openSockets(count: number): Promise<WsClient[]> {
  const clients = Array.from({ length: count }, () => new WsClient(`ws://127.0.0.1:${port}/v1/ws`));
  await Promise.all(clients.map((client) => client.opened()));
  await Promise.all(clients.map((client) => client.ask({ op: 'subscribe', channels: ['price'], id: 1 })));
  return clients;
}

const isOpen = ({ socket }: WsClient): boolean => socket.readyState === socket.OPEN;
const reportOf = (id: string) => supervisor.report().find((report) => report.id === id);

/** How many sockets the broadcaster holds, as the registry knows. */
const held = async (id: string): Promise<number> =>
  (await redis.smembers(CLIENTS_KEY)).filter((member) => member.startsWith(`${id}:`)).length;
const registered = async (): Promise<number> => (await held(FIRST)) + (await held(SECOND));

/** A tick reaches each of them, without a hole in what they got. */
async function expectServed(clients: readonly WsClient[]): Promise<void> {
  seq += 1;
  const expected = seq;
  signals.publish(priceSignals('btc:usd').name, tickAt(expected));
  for (const client of clients) {
    await client.frame((frame) => frame['push'] === 'price' && frame['seq'] === expected);
    const counted = client.frames.filter(({ push }) => push !== undefined).map(({ n }) => n);
    expect(counted).toEqual(counted.map((_, i) => i + 1));
  }
}

/** Crashes one thread; the sockets that outlived it. */
async function crash(id: string, kind: CrashKind, clients: readonly WsClient[]): Promise<WsClient[]> {
  const restartsBefore = reportOf(id)?.restarts ?? 0;
  const lost = await held(id);
  signals.publish(crashOrders.name, { id, kind });
  await vi.waitUntil(() => clients.filter((client) => !isOpen(client)).length >= lost, WAIT);
  await vi.waitUntil(() => reportOf(id)?.restarts === restartsBefore + 1 && supervisor.ready, WAIT);
  const survivors = clients.filter(isOpen);
  expect(survivors).toHaveLength(clients.length - lost);
  return survivors;
}

describe('a Broadcaster thread that ends unasked with 50 open sockets', () => {
  it.each(CRASH_KINDS)('by %s loses its own sockets only, and comes back', async (kind) => {
    const clients = await openSockets(SOCKETS);
    await vi.waitUntil(async () => (await registered()) === SOCKETS, WAIT);
    await expectServed(clients);
    const survivors = await crash(FIRST, kind, clients);
    await expectServed(survivors);
    expect(reportOf(FIRST)?.lastError).toContain(kind === 'exit' ? 'code 3' : 'thrown on purpose');
    expect(reportOf(SECOND)).toMatchObject({ state: 'running', restarts: 0, lastError: null });

    const all = [...survivors, ...(await openSockets(SOCKETS - survivors.length))];
    await vi.waitUntil(async () => (await registered()) === SOCKETS && (await held(FIRST)) > 0, WAIT);
    await expectServed(all);
    expect(gaveUp).toBeUndefined();
    for (const client of all) client.socket.terminate();
  });

  it(`${CYCLES} times in turns, is replaced each time`, async () => {
    let clients = await openSockets(SOCKETS);
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      await vi.waitUntil(async () => (await registered()) === SOCKETS, WAIT);
      const survivors = await crash(cycle % 2 === 0 ? FIRST : SECOND, 'handler', clients);
      await expectServed(survivors);
      clients = [...survivors, ...(await openSockets(SOCKETS - survivors.length))];
      await expectServed(clients);
    }
    expect(supervisor.report().map(({ restarts }) => restarts)).toEqual([CYCLES / 2, CYCLES / 2]);
    expect(gaveUp).toBeUndefined();
    for (const client of clients) client.socket.terminate();
  }, 120_000);

  it('together with its sibling leaves the process standing, and both come back', async () => {
    const clients = await openSockets(SOCKETS);
    await vi.waitUntil(async () => (await registered()) === SOCKETS, WAIT);
    for (const id of [FIRST, SECOND]) signals.publish(crashOrders.name, { id, kind: 'handler' });
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(Array(SOCKETS).fill(1006));
    await vi.waitUntil(
      () => supervisor.ready && supervisor.report().every(({ restarts }) => restarts === 1),
      WAIT,
    );
    const back = await openSockets(SOCKETS);
    await expectServed(back);
    for (const client of back) client.socket.terminate();
  });
});
