import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { controlMailboxKey, downKey, mailboxKey } from '../../src/protocol/redis-keys.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { RedisDeadLetters } from '../../src/runtime/mailbox/redis-dead-letters.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { Metrics } from '../../src/runtime/metrics.ts';
import { commandConnection, connect } from '../../src/runtime/redis/redis-connections.ts';
import { RedisStatusBoard } from '../../src/runtime/supervision/redis-status-board.ts';
import { DOWN_TTL_MS } from '../../src/runtime/supervision/status-board.ts';
import { mailboxContract } from '../contract/mailbox.contract.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

async function createWorld(lettersMax = 20, reclaimMs = 30_000) {
  const redis = await connect(commandConnection(server.url));
  const metrics = new Metrics('test');
  const postOffice = new RedisPostOffice({
    ...{ redisUrl: server.url, redis, clock: systemClock, log: silentLogger, metrics },
    lettersMax,
    reclaimMs,
  });
  const deadLetters = new RedisDeadLetters(redis, lettersMax);
  const statusBoard = new RedisStatusBoard(redis);
  return {
    postOffice,
    lettersMax,
    redis,
    metrics,
    deadLetters,
    statusBoard,
    close: async () => redis.disconnect(),
  };
}

const envelope = (n: number): Envelope => ({
  id: `l${n}`,
  type: 'Test',
  from: 't',
  sentAtMs: 1,
  body: { n },
});

describe('redis mailbox', () => {
  mailboxContract(() => createWorld());

  it('nobody is down for ever: the word of a supervisor that dies fades', async () => {
    const world = await createWorld();
    await world.statusBoard.down('faded');
    const leftMs = await world.redis.pttl(downKey('faded'));
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(DOWN_TTL_MS);
    await world.redis.pexpire(downKey('faded'), 0);
    expect(await world.postOffice.postAsk('faded', envelope(1))).toBe('posted');
    await world.close();
  });

  it.each(['FLUSHALL', 'DEL', 'UNLINK'])(
    'a reader waiting while its stream vanishes by %s goes on',
    async (how) => {
      const world = await createWorld();
      const mailbox = await world.postOffice.open('vanishing');
      const waiting = mailbox.take(10);
      if (how === 'FLUSHALL') await world.redis.flushall();
      else await world.redis.call(how, mailboxKey('vanishing'));
      expect(await world.postOffice.post('vanishing', envelope(1))).toBe('posted');
      expect((await waiting).map((delivery) => delivery.envelope.id)).toEqual(['l1']);
      await mailbox.close();
      await world.close();
    },
  );

  it('a letter whose delivery was lost with the connection is delivered again', async () => {
    const world = await createWorld();
    const mailbox = await world.postOffice.open('lossy');
    const thief = await connect(commandConnection(server.url));
    const waiting = mailbox.take(10);
    // The letter goes to the consumer's pending list by another connection, as if the reply had been lost.
    await world.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').catch(() => {});
    await world.postOffice.post('lossy', envelope(2));
    await thief
      .call('XREADGROUP', 'GROUP', 'actor', 'reader', 'STREAMS', mailboxKey('lossy'), '>')
      .catch(() => {});
    await world.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').catch(() => {});
    expect((await waiting).map((delivery) => delivery.envelope.id)).toEqual(['l2']);
    thief.disconnect();
    await mailbox.close();
    await world.close();
  });

  it('letters left with another consumer are taken over, in order, after a while', async () => {
    const world = await createWorld(20, 100);
    const key = mailboxKey('orphaned');
    const mailbox = await world.postOffice.open('orphaned');
    for (const n of [1, 2, 3]) await world.postOffice.post('orphaned', envelope(n));
    const away = ['XREADGROUP', 'GROUP', 'actor', 'gone', 'COUNT', '2', 'STREAMS', key, '>'] as const;
    await world.redis.call(...away);
    const taken: string[] = [];
    while (taken.length < 3) {
      const deliveries = await mailbox.take(10);
      taken.push(...deliveries.map((delivery) => `${delivery.envelope.id}/${delivery.attempt}`));
    }
    expect(taken).toEqual(['l3/1', 'l1/2', 'l2/2']);
    await mailbox.close();
    await world.close();
  });

  it('looking for lost letters does not count up letters that are held', async () => {
    const world = await createWorld(20, 20);
    const mailbox = await world.postOffice.open('patient');
    await world.postOffice.post('patient', envelope(1));
    expect(await mailbox.take(10)).toMatchObject([{ attempt: 1 }]);
    for (let n = 2; n <= 6; n += 1) {
      const waiting = mailbox.take(10);
      await new Promise<void>((resolve) => void systemClock.after(30, resolve));
      await world.postOffice.post('patient', envelope(n));
      await mailbox.ack((await waiting).map(({ deliveryId }) => deliveryId));
    }
    await mailbox.close();
    const next = await world.postOffice.open('patient');
    expect(await next.take(10)).toMatchObject([{ envelope: { id: 'l1' }, attempt: 2 }]);
    await next.close();
    await world.close();
  });

  it('a letter lost with its mailbox may be posted again under its id', async () => {
    const world = await createWorld();
    const mailbox = await world.postOffice.open('forgetful');
    await world.postOffice.post('forgetful', { ...envelope(1), once: true });
    await world.redis.call('DEL', mailboxKey('forgetful'));
    expect(await world.postOffice.post('forgetful', { ...envelope(1), once: true })).toBe('posted');
    expect((await mailbox.take(10)).map(({ envelope: { id } }) => id)).toEqual(['l1']);
    await mailbox.close();
    await world.close();
  });

  it('control letters come back after their stream alone was evicted', async () => {
    const world = await createWorld();
    const mailbox = await world.postOffice.open('half');
    const waiting = mailbox.take(10);
    await world.redis.call('DEL', controlMailboxKey('half'));
    expect(await world.postOffice.post('half', { ...envelope(1), control: true })).toBe('posted');
    expect((await waiting).map(({ envelope: { id } }) => id)).toEqual(['l1']);
    await mailbox.close();
    await world.close();
  });

  it('posting to an absent Redis is unavailable, not an exception', async () => {
    const own = await startTestRedis();
    const redis = await connect(commandConnection(own.url));
    const metrics = new Metrics('test');
    const postOffice = new RedisPostOffice({
      ...{ redisUrl: own.url, redis, clock: systemClock, log: silentLogger, metrics },
    });
    await own.stop();
    expect(await postOffice.post('nobody', envelope(3))).toBe('unavailable');
    redis.disconnect();
  });
});
