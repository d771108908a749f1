/** Signals: the same handlers hear the same, in the same order, from their subscription on. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connect, Metrics } from '../../../src/runtime/index.ts';
import { subscriberConnection } from '../../../src/runtime/redis/redis-connections.ts';
import { MemorySignalBus } from '../../../src/runtime/signals/memory-signal-bus.ts';
import { RedisSignalBus } from '../../../src/runtime/signals/redis-signal-bus.ts';
import type { SignalBus } from '../../../src/runtime/signals/signal-bus.ts';
import { useRedis } from '../../support/use-redis.ts';
import { expectSameAnswers } from './same-answers.ts';

const RUNS = 25;
const HANDLERS = 3;
const channel = fc.constantFrom('one', 'two');
const does = <D extends string>(what: D) => fc.constant(what);
const operation = fc.oneof(
  fc.record({
    do: does('subscribe'),
    channel,
    handlers: fc.array(fc.nat(HANDLERS - 1), { minLength: 1, maxLength: 3 }),
  }),
  { weight: 3, arbitrary: fc.record({ do: does('publish'), channel, signals: fc.array(fc.jsonValue()) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

class Listener {
  readonly bus: SignalBus;
  /** Who heard what, in order. */
  readonly heard: unknown[] = [];
  readonly #handlers;
  #hearSync = (): void => {};

  constructor(bus: SignalBus) {
    this.bus = bus;
    this.#handlers = Array.from({ length: HANDLERS }, (_, handler) => (signal: unknown) => {
      this.heard.push({ handler, signal });
    });
  }

  listenForSync(): Promise<void> {
    return this.bus.subscribe('sync', () => this.#hearSync());
  }

  async perform(step: Operation): Promise<void> {
    if (step.do === 'subscribe') {
      // Whoever is told last that the subscription is in place may rely on it as well.
      const subscribed = step.handlers.map((at) =>
        this.bus.subscribe(step.channel, this.#handlers[at] ?? (() => {})),
      );
      await subscribed.at(-1);
    } else for (const signal of step.signals) this.bus.publish(step.channel, signal);
    // Signals keep their order, so what came before this one is there.
    const synced = new Promise<void>((resolve) => {
      this.#hearSync = resolve;
    });
    this.bus.publish('sync', 0);
    await synced;
  }
}

const used = useRedis();

it('signals', async () => {
  await expectSameAnswers(operation, RUNS, async (operations) => {
    const subscriber = await connect(subscriberConnection(used.server.url));
    const metrics = new Metrics('test');
    const [twin, real] = [
      new Listener(new MemorySignalBus()),
      new Listener(new RedisSignalBus({ redis: used.redis, subscriber, metrics })),
    ];
    try {
      await Promise.all([twin.listenForSync(), real.listenForSync()]);
      for (const step of operations) {
        await Promise.all([twin.perform(step), real.perform(step)]);
        expect(real.heard).toEqual(twin.heard);
      }
    } finally {
      await real.bus.close();
    }
  });
});
