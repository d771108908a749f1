/**
 * Real processes of the whole system whose threads misbehave while they hold uWebSockets.js open. The end is
 * the documented one (docs/adr/0010): that thread alone where it still listens, else the process with code 1;
 * each told once; never an abort, never a signal.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { drawReport } from '../../../src/cli/actors-command.ts';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import type { ActorsReport } from '../../../src/runtime/index.ts';
import { type HostileSystem, startHostileSystem } from '../../support/hostile/hostile-system.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { createPlayer, placeOneBet, until } from '../../support/player.ts';
import { WsClient } from '../../support/ws-client.ts';

const [FIRST, SECOND] = ['broadcaster-0-1', 'broadcaster-0-2'] as const;
/** Longer than a child of this tree may be silent. */
const PAUSE_MS = 3_000;

let system: HostileSystem;
afterEach(() => system.stop());

const report = async (): Promise<ActorsReport> =>
  (await (await fetch(`${system.adminUrl}/actors`)).json()) as ActorsReport;
const restarts = async (): Promise<string[]> =>
  (await report()).actors.flatMap(({ id, restarts: times }) => (times > 0 ? [`${id} ${times}`] : []));
const openSocket = () => new WsClient(`${system.url.replace('http', 'ws')}/v1/ws`).opened();

/** By code, with a word, without the noise of an abort; and its port is free for others. */
async function expectEnd(code: number, told: readonly string[]): Promise<void> {
  expect(await system.gone()).toEqual({ code, signal: null });
  expect(await system.hasTold(told.length)).toEqual(told);
  expect(system.output()).not.toMatch(/Native stack trace|uv_loop_close|FATAL ERROR|Assertion/);
  const server = createServer().listen({ port: Number(new URL(system.url).port), exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

it('a pause of the process blames no thread; one that hangs ends it, and no bet is lost', async () => {
  system = await startHostileSystem({ BROADCASTER_THREADS: '2' });
  const player = await createPlayer(system.url, 10);
  process.kill(system.pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  process.kill(system.pid, 'SIGCONT');
  const { mainThread } = await until(report, (after) => after.mainThread.loopDelayMs > PAUSE_MS / 2);
  // Each child has answered since: what it says of its own loop has come down again.
  const calm = ({ actors }: ActorsReport): boolean =>
    actors.every((actor) => actor.kind === 'child' && (actor.health?.loopDelayMs ?? PAUSE_MS) < 1_000);
  const after = await until(report, calm);
  expect([await restarts(), system.told()]).toEqual([[], []]);
  expect(drawReport({ ...after, mainThread })).toMatch(/^main thread +[0-9]{4} ms/m);
  for (const actor of ['main', 'resolver', FIRST])
    expect(await system.metric(`event_loop_lag_seconds{actor="${actor}"}`)).toBeGreaterThanOrEqual(0);

  const bet = await placeOneBet(player);
  await system.order(FIRST, 'hang');
  await expectEnd(1, [`hang ${FIRST}`]);
  expect(system.output()).toMatch(/"reason":"broadcaster-0-1 hangs: .*does not leave.*"msg":"gives up"/);
  const { problems, bets } = auditLedger(system.dataDir);
  expect(problems).toEqual([]);
  expect(bets.map(({ id }) => id)).toEqual([bet.id]);
});

it('a thread that is late or fills its heap is replaced alone; one that fills it fast is not', async () => {
  const env = { TOUCHLINE_ACTORS: 'broadcaster', BROADCASTER_THREADS: '2' };
  // So that it is the heap that counts, on a slow machine too.
  system = await startHostileSystem({ ...env, HOSTILE_HUNG_AFTER_MS: '60000' });
  const clients = await Promise.all(Array.from({ length: 20 }, openSocket));
  await system.order(FIRST, 'lag');
  await system.order(SECOND, 'leak-heap');
  const told = [`loop-lag ${FIRST}`, `out-of-memory ${SECOND}`];
  expect((await system.hasTold(2)).toSorted()).toEqual(told);
  await until(report, ({ ready, actors }) => ready && actors.every((actor) => actor.restarts === 1));
  for (const [kind, child] of told.map((line) => line.split(' '))) {
    const series = `supervisor_incidents_total{actor="main",child="${child}",incident="${kind}"}`;
    expect(await system.metric(series)).toBe(1);
  }
  expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => 1006));
  (await openSocket()).socket.terminate();

  await system.order(SECOND, 'exhaust-heap');
  await expectEnd(1, [...system.told(), `out-of-memory ${SECOND}`]);
});

it('a thread that exits or never finishes while the process drains costs it nothing more', async () => {
  system = await startHostileSystem({ TOUCHLINE_ACTORS: 'broadcaster', BROADCASTER_THREADS: '2' });
  await system.order(SECOND, 'exit-in-stop');
  await system.order(FIRST, 'wait-in-stop');
  await system.terminate();
  await expectEnd(0, [`exit-during-stop ${SECOND}`, `stop-failed ${FIRST}`]);
});

it('a thread that hangs while the process drains costs it its code; the others stop in order', async () => {
  system = await startHostileSystem({ TOUCHLINE_ACTORS: 'broadcaster', BROADCASTER_THREADS: '2' });
  const clients = await Promise.all(Array.from({ length: 20 }, openSocket));
  await system.order(SECOND, 'hang-in-stop');
  await system.terminate();
  await expectEnd(1, [`stop-failed ${SECOND}`]);
  const codes = await Promise.all(clients.map(({ closed }) => closed));
  expect(new Set(codes)).toEqual(new Set([CLOSE_CODES.SHUTDOWN, 1006]));
});

it('a thread that leaks buffers, which no heap limit sees, makes the process start anew', async () => {
  const env = { TOUCHLINE_ACTORS: 'broadcaster', BROADCASTER_THREADS: '1', RSS_MIB_MAX: '700' };
  system = await startHostileSystem(env);
  await system.order(FIRST, 'leak-buffers');
  await expectEnd(1, ['process-memory main']);
  expect(system.output()).toMatch(/"reason":"the process holds \d+ MiB, more than 700","msg":"gives up"/);
});

it('a defect in the main thread ends the process as any crash, however its threads are', async () => {
  system = await startHostileSystem({ TOUCHLINE_ACTORS: 'broadcaster', BROADCASTER_THREADS: '1' });
  process.kill(system.pid, 'SIGUSR2');
  await expectEnd(1, []);
  expect(system.output()).toMatch(/thrown on purpose.*"msg":"the main thread failed"/);
});
