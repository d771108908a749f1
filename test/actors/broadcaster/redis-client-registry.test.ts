import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisClientRegistry } from '../../../src/actors/broadcaster/redis-client-registry.ts';
import { CLIENTS_KEY } from '../../../src/protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { clientRegistryContract } from '../../contract/client-registry.contract.ts';
import { startTestRedis, type TestRedis } from '../../support/redis-server.ts';

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

clientRegistryContract('RedisClientRegistry', async () => ({
  registry: new RedisClientRegistry(redis),
  vanish: async () => void (await redis.del(CLIENTS_KEY)),
}));

it('keeps a Set of <broadcaster>:<connection> with a minute to live', async () => {
  await new RedisClientRegistry(redis).register('broadcaster-1', [7]);
  expect(await redis.type('ws:clients')).toBe('set');
  expect(await redis.smembers('ws:clients')).toEqual(['broadcaster-1:7']);
  expect([59, 60]).toContain(await redis.ttl('ws:clients'));
});
