import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/protocol/codec.ts';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { deadLettersKey, mailboxKey } from '../../src/protocol/redis-keys.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { Metrics } from '../../src/runtime/metrics.ts';
import { commandConnection, connect } from '../../src/runtime/redis/redis-connections.ts';
import { mailboxContract } from '../contract/mailbox.contract.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

async function createWorld(lettersMax = 20) {
  const redis = await connect(commandConnection(server.url));
  const metrics = new Metrics('test');
  const postOffice = new RedisPostOffice({
    ...{ redisUrl: server.url, redis, clock: systemClock, log: silentLogger, metrics },
    lettersMax,
  });
  const deadLetters = async (actor: string) => {
    const entries = await redis.xrangeBuffer(deadLettersKey(actor), '-', '+');
    return entries.map(([, fields]) => {
      const values = new Map<string, Buffer>();
      for (let i = 0; i + 1 < fields.length; i += 2) values.set(String(fields[i]), fields[i + 1] as Buffer);
      const envelope = decode(values.get('e') ?? Buffer.alloc(0)) as Envelope;
      return { type: envelope.type, error: String(values.get('error')) };
    });
  };
  return { postOffice, lettersMax, redis, metrics, deadLetters, close: async () => redis.disconnect() };
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
