/** ecosystem.config.cjs as an operator uses it: a real pm2 starts it, heals it and stops it. */
import { get } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BetView } from '../../../src/client/index.ts';
import { CLIENTS_KEY } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { OwnPm2, type Pm2App } from '../../support/own-pm2.ts';
import { createPlayer, type Player, placeOneBet, until } from '../../support/player.ts';
import { type ReceivedFrame, WsClient } from '../../support/ws-client.ts';

/** For what takes seconds on an idle machine: a crowded one gets its time. */
const PATIENCE_MS = 180_000;
const BROADCASTERS = ['broadcaster-0-1', 'broadcaster-1-1'];

let pm2: OwnPm2;
let redis: RedisConnection;
let player: Player;
const sockets: WsClient[] = [];

beforeAll(async () => {
  pm2 = await OwnPm2.create({ EDGES: '2' });
  await pm2.run('start', 'ecosystem.config.cjs');
  redis = await connect(commandConnection(pm2.redisUrl));
}, PATIENCE_MS);
afterAll(async () => {
  for (const { socket } of sockets) socket.terminate();
  redis?.disconnect();
  await pm2?.end();
}, PATIENCE_MS);

const named = (apps: readonly Pm2App[], name: string): Pm2App[] => apps.filter((app) => app.name === name);
const isReady = async ({ adminUrl }: Pm2App): Promise<boolean> => (await fetch(`${adminUrl}/readyz`)).ok;

async function actorsOf({ adminUrl }: Pm2App): Promise<string[]> {
  const { actors } = (await (await fetch(`${adminUrl}/actors`)).json()) as {
    actors: { id: string; state: string; restarts: number }[];
  };
  return actors.map(({ id, state }) => `${id} ${state}`);
}

/** Sockets that each edge holds. */
async function socketsHeld(): Promise<number[]> {
  const members = await redis.smembers(CLIENTS_KEY);
  return BROADCASTERS.map((name) => members.filter((member) => member.startsWith(`${name}:`)).length);
}

async function openSocket(): Promise<void> {
  const socket = await new WsClient(`${pm2.url.replace('http', 'ws')}/v1/ws`).opened();
  sockets.push(socket);
  await socket.ask({ op: 'subscribe', channels: ['price'], id: 1 });
}

const pushes = ({ frames }: WsClient): ReceivedFrame[] => frames.filter(({ push }) => push !== undefined);
const seqs = (client: WsClient): number[] => pushes(client).map(({ seq }) => Number(seq));

/** One request on a connection of its own, so that the kernel chooses the edge. */
const ask = (url: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });

it('says online when Redis, the core and both edges are ready', async () => {
  const apps = await pm2.apps();
  expect(apps.map(({ name, status, restarts }) => `${name} ${status} ${restarts}`)).toEqual([
    'redis online 0',
    'touchline-core online 0',
    'touchline-edge online 0',
    'touchline-edge online 0',
  ]);
  const [, ...ours] = apps;
  expect(await Promise.all(ours.map(isReady))).toEqual([true, true, true]);
  expect(await Promise.all(ours.map(actorsOf))).toEqual([
    ['history-writer running', 'resolver running', 'session-guard running', 'price-feed running'],
    ...BROADCASTERS.map((name) => [`${name} running`]),
  ]);
});

it('both edges serve clients on the one port', { timeout: PATIENCE_MS }, async () => {
  const both = (held: number[]): boolean => held.every((count) => count > 0);
  do {
    await openSocket();
    await until(socketsHeld, (held) => held.reduce((sum, count) => sum + count, 0) === sockets.length);
  } while (!both(await socketsHeld()));
});

it('a killed edge takes no bet and no other edge with it, and comes back', {
  timeout: PATIENCE_MS,
}, async () => {
  player = await createPlayer(pm2.url, 4);
  const bet = await placeOneBet(player);
  expect(bet.status).toBe('open');
  const before = await pm2.apps();
  const [victim, other] = named(before, 'touchline-edge');
  if (!victim || !other) throw new Error('two edges were started');
  const [held] = await socketsHeld();

  process.kill(victim.pid, 'SIGKILL');
  await pm2.processes.gone([victim.pid]);

  // Its sockets end; every other one goes on without a gap.
  const closed = (): WsClient[] => sockets.filter(({ socket }) => socket.readyState === socket.CLOSED);
  await until(
    async () => closed().length,
    (count) => count === held,
  );
  const left = sockets.filter((client) => !closed().includes(client));
  for (const client of left) {
    const seenSeq = Math.max(...seqs(client));
    await client.frame(({ push, seq }) => push === 'price' && Number(seq) > seenSeq);
    expect(pushes(client).map(({ n }) => n)).toEqual(pushes(client).map((_, index) => index + 1));
  }
  expect((await player.client.bets()).bets.map(({ id }) => id)).toContain(bet.id);

  await expectBack(victim, before);
  const settled: BetView = await until(
    () => player.client.bet(bet.id),
    ({ status }) => status !== 'open',
  );
  expect(settled.multiplier).toBe(bet.multiplier);
  expect(closed()).toHaveLength(held ?? 0);
  const { problems, bets } = auditLedger(pm2.dataDir);
  expect(problems).toEqual([]);
  expect(bets.filter(({ id }) => id === bet.id)).toMatchObject([{ status: settled.status }]);
});

/** A new process in the victim's place, serving clients; nobody else was touched. */
async function expectBack(victim: Pm2App, before: readonly Pm2App[]): Promise<void> {
  const isVictim = ({ adminUrl }: Pm2App): boolean => adminUrl === victim.adminUrl;
  const after = await until(
    () => pm2.apps(),
    (apps) => apps.some((app) => isVictim(app) && app.status === 'online' && app.pid !== victim.pid),
  );
  for (const app of after) {
    const earlier = before.find(({ name, adminUrl }) => name === app.name && adminUrl === app.adminUrl);
    if (isVictim(app) && app.name === victim.name) expect(app.restarts).toBe(1);
    else expect(app).toEqual(earlier);
  }
  expect(await isReady(victim)).toBe(true);
  await until(
    async () => {
      await ask(`${pm2.url}/v1/time`);
      return (await fetch(`${victim.adminUrl}/metrics`)).text();
    },
    (metrics) => /^http_requests_total\{[^}]*\} [1-9]/m.test(metrics),
  );
}

it('stops in the documented order and leaves nothing behind', { timeout: PATIENCE_MS }, async () => {
  redis.disconnect();
  const apps = await pm2.apps();
  const pidsOf = (name: string): number[] => named(apps, name).map(({ pid }) => pid);
  const [core] = named(apps, 'touchline-core');
  if (!core) throw new Error('no core');

  await pm2.run('stop', 'touchline-edge');
  await pm2.processes.gone(pidsOf('touchline-edge'));
  await Promise.all(sockets.map(({ closed }) => closed));
  expect(await isReady(core)).toBe(true);

  await pm2.run('stop', 'touchline-core');
  await pm2.processes.gone(pidsOf('touchline-core'));
  expect(pm2.processes.running()).toEqual(expect.arrayContaining(pidsOf('redis')));

  await pm2.run('stop', 'redis');
  await pm2.processes.gone(pidsOf('redis'));
  const stopped = (await pm2.apps()).map(({ status, exitCode, pid }) => ({ status, exitCode, pid }));
  expect(stopped).toEqual(apps.map(() => ({ status: 'stopped', exitCode: 0, pid: 0 })));
  for (const name of ['core', 'edge']) expect(pm2.log(name)).not.toContain('did not stop in order');

  await pm2.run('kill');
  await pm2.processes.gone();
  expect(auditLedger(pm2.dataDir).problems).toEqual([]);
});
