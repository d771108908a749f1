/** A real Redis for all tests of a file or describe block, with one connection; both end with it. */
import { afterAll, beforeAll } from 'vitest';
import { commandConnection, connect, type RedisConnection } from '../../src/runtime/index.ts';
import { startTestRedis, type TestRedis } from './redis-server.ts';

export interface UsedRedis {
  /** Set before the first test. */
  server: TestRedis;
  redis: RedisConnection;
}

export function useRedis(): UsedRedis {
  const used = {} as UsedRedis;
  beforeAll(async () => {
    used.server = await startTestRedis();
    used.redis = await connect(commandConnection(used.server.url));
  });
  afterAll(async () => {
    used.redis.disconnect();
    await used.server.stop();
  });
  return used;
}
