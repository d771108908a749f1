import { describe } from 'vitest';
import { Metrics } from '../../../src/runtime/index.ts';
import { connect, subscriberConnection } from '../../../src/runtime/redis/redis-connections.ts';
import { RedisSignalBus } from '../../../src/runtime/signals/redis-signal-bus.ts';
import { signalBusContract } from '../../contract/signal-bus.contract.ts';
import { useRedis } from '../../support/use-redis.ts';

const used = useRedis();

describe('Redis signal bus', () =>
  signalBusContract(async () => {
    const subscriber = await connect(subscriberConnection(used.server.url));
    return new RedisSignalBus({ redis: used.redis, subscriber, metrics: new Metrics('test') });
  }));
