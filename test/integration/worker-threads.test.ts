import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLettersKey, mailboxKey } from '../../src/protocol/redis-keys.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import {
  type ChildSpec,
  childSpec,
  commandConnection,
  connect,
  type MemberReport,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/runtime/index.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { subscriberConnection } from '../../src/runtime/redis/redis-connections.ts';
import { RedisSignalBus } from '../../src/runtime/signals/redis-signal-bus.ts';
import { RedisStatusBoard } from '../../src/runtime/supervision/redis-status-board.ts';
import { Supervisor } from '../../src/runtime/supervision/supervisor.ts';
import { spawnWorker } from '../../src/runtime/workers/worker-child.ts';
import { COUNTER, type CounterLetter } from '../support/actors/counter-worker.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

const module = new URL('../support/actors/counter-worker.ts', import.meta.url);
const common = { clock: systemClock, random: systemRandom, log: silentLogger };

let server: TestRedis;
let redis: RedisConnection;
let subscriber: RedisConnection;
let supervisor: Supervisor;
let client: ActorHost<never, undefined>;
let gaveUp: Promise<string>;
interface Told {
  readonly incident: string;
  readonly reason: string;
}
let incidents: Told[];

async function start(input: Partial<ChildSpec> = {}): Promise<void> {
  let giveUp: (reason: string) => void = () => {};
  gaveUp = new Promise((resolve) => {
    giveUp = resolve;
  });
  incidents = [];
  const log = Object.create(silentLogger, { error: { value: (line: Told) => incidents.push(line) } });
  supervisor = new Supervisor({
    ...common,
    log,
    statusBoard: new RedisStatusBoard(redis),
    specs: [childSpec({ id: 'counter', module, ...input })],
    spawn: spawnWorker({ redisUrl: server.url, logLevel: 'silent' }),
    metrics: new Metrics('main'),
    onGiveUp: giveUp,
  });
  await supervisor.start();
}

const askCount = () => client.context.ask(COUNTER, { type: 'GetCount', body: {} }, { deadlineMs: 15_000 });
/** Asks until the counter is not restarting. */
const count = async (): Promise<number> => {
  const answer = await askCount();
  if (answer.ok) return answer.reply.count;
  if (answer.code !== 'ACTOR_RESTARTING') throw new Error(answer.code);
  return count();
};
/** Resolves with the report once its state is `state`. */
const reported = async (state: string): Promise<MemberReport | undefined> => {
  const [report] = supervisor.report();
  if (report?.state === state) return report;
  await new Promise((resolve) => setImmediate(resolve));
  return reported(state);
};
const send = (letter: CounterLetter) => client.context.send(COUNTER, letter);

beforeEach(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
  const metrics = new Metrics('client');
  subscriber = await connect(subscriberConnection(server.url));
  client = new ActorHost<never, undefined>(
    { name: 'client', start: () => undefined, receive: () => {} },
    {
      ...common,
      id: 'client',
      metrics,
      postOffice: new RedisPostOffice({ ...common, redisUrl: server.url, redis, metrics }),
      signals: new RedisSignalBus({ redis, subscriber, metrics }),
      onCrash: () => {},
    },
  );
  await client.start();
});

afterEach(async () => {
  await supervisor.stop();
  await client.stop();
  subscriber.disconnect();
  redis.disconnect();
  await server.stop();
});

describe('an actor in a worker thread', () => {
  it('handles letters and answers asks through Redis', async () => {
    await start();
    await send({ type: 'Add', body: { by: 2 } });
    await send({ type: 'Add', body: { by: 3 } });
    expect(await count()).toBe(5);
    expect(supervisor.report()).toMatchObject([{ id: 'counter', state: 'running', restarts: 0 }]);
  });

  it('that throws is restarted, and its mailbox resumes where it stood', async () => {
    await start();
    await send({ type: 'ThrowOnce', body: {} });
    await send({ type: 'Add', body: { by: 1 } });
    expect(await count()).toBe(1);
    expect(supervisor.report()[0]).toMatchObject({ state: 'running', restarts: 1, lastError: 'thrown once' });
  });

  it('that throws at a poison letter in every life buries it and goes on', async () => {
    await start();
    await send({ type: 'Throw', body: {} });
    await send({ type: 'Add', body: { by: 7 } });
    expect(await count()).toBe(7);
    const dead = await redis.xrange(deadLettersKey('counter'), '-', '+');
    expect(dead).toHaveLength(1);
    expect(dead[0]?.[1]).toContain('thrown on purpose');
  });

  it('that hangs is ended by force and restarted', async () => {
    await start({ hungAfterMs: 1_000 });
    await send({ type: 'Hang', body: {} });
    await send({ type: 'Add', body: { by: 1 } });
    expect(await count()).toBe(1);
    expect(supervisor.report()[0]?.restarts).toBe(1);
  });

  it('that cannot start makes the supervisor give up with its reason', async () => {
    const started = start({ settings: { failStart: true }, restartsMax: 1 });
    await expect(started).rejects.toThrow('could not start: counter crashed more than 1 times');
    expect(await gaveUp).toContain('cannot start');
    expect(incidents.map(({ incident }) => incident)).toEqual(['start-failed', 'start-failed', 'crash-loop']);
  });

  it('that fills its heap crashes alone: the process lives, the actor comes back', async () => {
    await start({ heapMibMax: 32 });
    await send({ type: 'Exhaust', body: {} });
    await send({ type: 'Add', body: { by: 1 } });
    expect(await count()).toBe(1);
    expect(incidents).toMatchObject([{ incident: 'out-of-memory' }]);
    expect(supervisor.report()[0]).toMatchObject({ state: 'running', restarts: 1 });
  });

  it.each([
    ['exit', 'exit-during-stop', 'thread ended with code 3'],
    ['throw', 'stop-failed', 'cannot stop'],
  ] as const)('that does %s while it stops is told once', async (onStop, incident, reason) => {
    await start({ settings: { onStop } });
    await supervisor.stop();
    expect(incidents).toMatchObject([{ incident, reason }]);
  });

  it('that is down refuses asks at once with ACTOR_RESTARTING, and keeps letters', async () => {
    await start({ backoffFirstMs: 600_000, backoffMsMax: 600_000 });
    await redis.set('test-fail-start', '1');
    await send({ type: 'ThrowOnce', body: {} });
    await reported('backing-off');
    await expect.poll(askCount).toEqual({ ok: false, code: 'ACTOR_RESTARTING' });
    expect(await send({ type: 'Add', body: { by: 3 } })).toBe('posted');
    await supervisor.stop();
    await redis.del('test-fail-start');
    await start();
    expect(await count()).toBe(3);
  });

  it('loses its mailbox to FLUSHALL and goes on without a restart', async () => {
    await start();
    await send({ type: 'Add', body: { by: 1 } });
    expect(await count()).toBe(1);
    await redis.flushall();
    await send({ type: 'Add', body: { by: 4 } });
    expect(await count()).toBe(4);
    expect(supervisor.report()[0]?.restarts).toBe(0);
  });

  it.each([
    ['permanent', 'running', 1],
    ['transient', 'ended', 0],
    ['temporary', 'ended', 0],
  ] as const)('%s, that finishes: %s, without an incident', async (restart, state, restarts) => {
    await start({ restart });
    await send({ type: 'Add', body: { by: 1 } });
    await send({ type: 'Finish', body: {} });
    await expect.poll(() => supervisor.report()[0], { timeout: 10_000 }).toMatchObject({ state, restarts });
    expect(incidents).toEqual([]);
    expect(await redis.get('test-count')).toBe('1');
    expect(await redis.xlen(mailboxKey('counter'))).toBe(0);
  });

  it('that finishes in its start has started and ended in order', async () => {
    await start({ restart: 'transient', settings: { finishInStart: true } });
    await reported('ended');
    expect(supervisor.ready).toBe(true);
    expect(incidents).toEqual([]);
  });

  it('keeps unhandled letters over an orderly stop', async () => {
    await start();
    expect(await count()).toBe(0);
    await supervisor.stop();
    await send({ type: 'Add', body: { by: 9 } });
    await start();
    expect(await count()).toBe(9);
  });
});
