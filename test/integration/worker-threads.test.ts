import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLettersKey } from '../../src/protocol/redis-keys.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import {
  type ChildSpec,
  childSpec,
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/runtime/index.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { subscriberConnection } from '../../src/runtime/redis/redis-connections.ts';
import { RedisSignalBus } from '../../src/runtime/signals/redis-signal-bus.ts';
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

async function start(input: Partial<ChildSpec> = {}): Promise<void> {
  let giveUp: (reason: string) => void = () => {};
  gaveUp = new Promise((resolve) => {
    giveUp = resolve;
  });
  supervisor = new Supervisor({
    ...common,
    specs: [childSpec({ id: 'counter', module, ...input })],
    spawn: spawnWorker({ redisUrl: server.url, logLevel: 'silent' }),
    metrics: new Metrics('main'),
    onGiveUp: giveUp,
  });
  await supervisor.start();
}

const count = async (): Promise<number> => {
  const answer = await client.context.ask(COUNTER, { type: 'GetCount', body: {} }, { deadlineMs: 15_000 });
  if (!answer.ok) throw new Error(answer.code);
  return answer.reply.count;
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
    await expect(started).rejects.toThrow('counter does not start: cannot start');
    expect(await gaveUp).toContain('cannot start');
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

  it('keeps unhandled letters over an orderly stop', async () => {
    await start();
    expect(await count()).toBe(0);
    await supervisor.stop();
    await send({ type: 'Add', body: { by: 9 } });
    await start();
    expect(await count()).toBe(9);
  });
});
