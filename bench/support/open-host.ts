/** An actor on the caller's own thread, on real Redis mailboxes, for benches that ask others. */

import type { ActorContext } from '../../src/runtime/actor.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import { Metrics, silentLogger, systemClock, systemRandom } from '../../src/runtime/index.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import {
  commandConnection,
  connect,
  subscriberConnection,
} from '../../src/runtime/redis/redis-connections.ts';
import { RedisSignalBus } from '../../src/runtime/signals/redis-signal-bus.ts';

export interface OpenHost {
  readonly context: ActorContext;
  close(): Promise<void>;
}

/** It only sends and asks. */
export async function openHost(id: string, redisUrl: string): Promise<OpenHost> {
  const redis = await connect(commandConnection(redisUrl));
  const subscriber = await connect(subscriberConnection(redisUrl));
  const common = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: new Metrics(id) };
  const host = new ActorHost<never, undefined>(
    { name: id, start: () => undefined, receive: () => {} },
    {
      ...common,
      id,
      postOffice: new RedisPostOffice({ ...common, redisUrl, redis }),
      signals: new RedisSignalBus({ redis, subscriber, metrics: common.metrics }),
      onCrash: (error) => {
        throw error;
      },
    },
  );
  await host.start();
  return {
    context: host.context,
    close: async () => {
      await host.stop();
      subscriber.disconnect();
      redis.disconnect();
    },
  };
}
