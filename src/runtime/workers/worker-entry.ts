/**
 * The first code of every actor thread: connects to Redis, builds the actor from its module, runs it on an
 * ActorHost, answers the supervisor. The first error ends the thread by being thrown, so the supervisor sees
 * it whole; exit hooks registered by the actor run in every case but a forced end.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ActorDefinition } from '../actor.ts';
import { ActorHost } from '../actor-host.ts';
import { systemClock } from '../clock.ts';
import { armFailpoint } from '../failpoint.ts';
import { createLogger } from '../logger.ts';
import { LoopLag } from '../loop-lag.ts';
import { RedisPostOffice } from '../mailbox/redis-post-office.ts';
import { Metrics } from '../metrics.ts';
import { RedisOutboxStream } from '../outbox/redis-outbox-stream.ts';
import { systemRandom } from '../random.ts';
import { MemoryGuard } from '../redis/memory-guard.ts';
import { commandConnection, connect, subscriberConnection } from '../redis/redis-connections.ts';
import { RedisSignalBus } from '../signals/redis-signal-bus.ts';
import type { ActorModule } from './actor-module.ts';
import { heapBytesInUse } from './heap-use.ts';
import type { SpareBirth } from './spare-threads.ts';
import type { WorkerBirth } from './worker-child.ts';
import { exposeControl, type WorkerControl } from './worker-rpc.ts';

interface Ends {
  readonly onCrash: (error: Error) => void;
  readonly onFinish: () => void;
}

async function createHost(birth: WorkerBirth, module: Promise<ActorModule>, ends: Ends) {
  const { id, redisUrl, mailboxUrl = redisUrl } = birth;
  const log = createLogger(birth.logLevel, id);
  const metrics = new Metrics(id);
  const [redis, subscriber] = await Promise.all([
    connect(commandConnection(redisUrl)),
    connect(subscriberConnection(redisUrl)),
  ]);
  const common = { clock: systemClock, random: systemRandom, log, metrics };
  const signals = new RedisSignalBus({ redis, subscriber, metrics });
  const mailboxRedis = mailboxUrl === redisUrl ? redis : await connect(commandConnection(mailboxUrl));
  const memory = new MemoryGuard({ redis: mailboxRedis, ...common, trim: () => postOffice.trim() });
  const postOffice = new RedisPostOffice({
    ...{ redisUrl: mailboxUrl, redis: mailboxRedis, memory, ...common },
  });
  memory.start();
  const { createActor } = await module;
  const onExit = (cleanup: () => void): void => void process.on('exit', cleanup);
  const outboxes: RedisOutboxStream[] = [];
  const outbox = (name: string): RedisOutboxStream => {
    const stream = new RedisOutboxStream(name, { redisUrl: mailboxUrl, redis: mailboxRedis, ...common });
    outboxes.push(stream);
    return stream;
  };
  const environment = { id, settings: birth.settings as never, redis, outbox, onExit, ...common };
  const definition = (await createActor(environment)) as ActorDefinition<never, unknown>;
  const { lastCrash } = birth;
  const host = new ActorHost(definition, {
    ...{ id, postOffice, signals, ...ends, ...common },
    ...(lastCrash === undefined ? {} : { lastCrash }),
  });
  const disconnect = async (): Promise<void> => {
    memory.stop();
    await signals.close();
    for (const stream of outboxes) await stream.close();
    redis.disconnect();
    mailboxRedis.disconnect();
  };
  return { host, metrics, disconnect };
}

function control(birth: WorkerBirth): WorkerControl {
  armFailpoint(birth.failpoint ?? '', birth.id);
  // Loaded at once: the threads of a process load side by side, and start one after the other.
  const module = import(birth.module) as Promise<ActorModule>;
  module.catch(() => {});
  let lag: LoopLag | undefined;
  let running: Awaited<ReturnType<typeof createHost>> | undefined;
  const here = (): NonNullable<typeof running> => {
    if (!running) throw new Error(`${birth.id} is not started`);
    return running;
  };
  const leave = async (): Promise<void> => {
    await here().disconnect();
    // What was answered must leave before the thread ends.
    setImmediate(() => {
      parentPort?.unref();
      process.exit(0);
    });
  };
  return {
    async start() {
      lag = new LoopLag();
      try {
        running = await createHost(birth, module, { onCrash: endThread, onFinish: () => void leave() });
        await running.host.start();
      } catch (error) {
        // Leaving by itself lets the actor's exit hooks run; being ended by force would not.
        setImmediate(() => process.exit(1));
        throw error;
      }
    },
    async stop() {
      await here().host.stop();
      await leave();
    },
    async health() {
      const loopDelayMs = lag?.takeMs() ?? 0;
      const heapBytes = await heapBytesInUse(birth.collectAboveBytes);
      return { ...(await here().host.health()), loopDelayMs, heapBytes };
    },
    metrics: () => here().metrics.snapshot(),
    leave: async () => process.exit(1),
  };
}

/** Outside of any promise, so that it becomes the thread's `error` event. */
function endThread(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** A spare loads what it may need, and answers to the supervisor once it is told whom to be. */
function wait(port: MessagePort, { modules }: SpareBirth): void {
  port.once('message', (birth: WorkerBirth) => exposeControl(control(birth), port));
  // One that cannot be loaded is reported by whoever needs it.
  for (const module of modules) import(module).catch(() => {});
}

const birth = workerData as WorkerBirth | SpareBirth;
if (parentPort && 'modules' in birth) wait(parentPort, birth);
else if (parentPort) exposeControl(control(birth as WorkerBirth), parentPort);
