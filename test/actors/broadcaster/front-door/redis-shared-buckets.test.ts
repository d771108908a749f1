import { expect, it } from 'vitest';
import { RedisSharedBuckets } from '../../../../src/actors/broadcaster/front-door/redis-shared-buckets.ts';
import { addressLimitKey } from '../../../../src/protocol/redis-keys.ts';
import { commandConnection, connect } from '../../../../src/runtime/index.ts';
import { BUCKETS, sharedBucketsContract } from '../../../contract/shared-buckets.contract.ts';
import { startTestRedis } from '../../../support/redis-server.ts';
import { useRedis } from '../../../support/use-redis.ts';

const used = useRedis();

sharedBucketsContract('RedisSharedBuckets', async () => ({
  buckets: new RedisSharedBuckets(used.redis, BUCKETS),
  close: async () => {},
}));

it('fills the bucket by the time that passed, and forgets a full one', async () => {
  const buckets = new RedisSharedBuckets(used.redis, { burst: 50, perSecond: 10 });
  const [seconds] = await used.redis.time();
  const key = addressLimitKey('e');
  await used.redis.set(key, `1:${Number(seconds) * 1_000 - 3_000}`);
  const taken = await buckets.take('e', 20);
  expect(taken?.granted).toBe(true);
  expect(await used.redis.pttl(key)).toBeGreaterThan(0);
  expect(await used.redis.pttl(key)).toBeLessThanOrEqual(5_000);
});

it('is full when its key holds what it did not write, and says so when Redis is away', async () => {
  await used.redis.set(addressLimitKey('f'), 'nonsense');
  expect(await new RedisSharedBuckets(used.redis, BUCKETS).take('f', 1)).toMatchObject({ remaining: 49 });
  const gone = await startTestRedis();
  const connection = await connect(commandConnection(gone.url));
  await gone.stop();
  expect(await new RedisSharedBuckets(connection, BUCKETS).take('f', 1)).toBeUndefined();
  connection.disconnect();
});
