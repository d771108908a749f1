import { expect, it } from 'vitest';
import { RedisClientRegistry } from '../../../src/actors/broadcaster/redis-client-registry.ts';
import { CLIENTS_KEY } from '../../../src/protocol/redis-keys.ts';
import { clientRegistryContract } from '../../contract/client-registry.contract.ts';
import { useRedis } from '../../support/use-redis.ts';

const used = useRedis();

clientRegistryContract('RedisClientRegistry', async () => ({
  registry: new RedisClientRegistry(used.redis),
  vanish: async () => void (await used.redis.del(CLIENTS_KEY)),
}));

it('keeps a Set of <broadcaster>:<connection> with a minute to live', async () => {
  await new RedisClientRegistry(used.redis).register('broadcaster-1', [7]);
  expect(await used.redis.type('ws:clients')).toBe('set');
  expect(await used.redis.smembers('ws:clients')).toEqual(['broadcaster-1:7']);
  expect([59, 60]).toContain(await used.redis.ttl('ws:clients'));
});
