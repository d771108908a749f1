/** A Redis that loses a group, has no room for connections or data, or comes back from a damaged file. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { controlMailboxKey, mailboxKey } from '../../src/protocol/redis-keys.ts';
import {
  commandConnection,
  connect,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
} from '../../src/runtime/index.ts';
import type { Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

const common = { clock: systemClock, log: silentLogger, metrics: new Metrics('test') };
const BOX = 'box';

let server: TestRedis;
/** Somebody else's, for looking and for mischief. */
let direct: RedisConnection;
let redis: RedisConnection;
let office: RedisPostOffice;
let mailbox: Mailbox;

beforeEach(async () => {
  server = await startTestRedis();
  direct = await connect(commandConnection(server.url));
  redis = await connect(commandConnection(server.url));
  office = new RedisPostOffice({ redisUrl: server.url, redis, ...common });
  mailbox = await office.open(BOX);
});
afterEach(async () => {
  await mailbox.close();
  redis.disconnect();
  direct.disconnect();
  await server.stop();
});

const letter = (n: number): Envelope => ({
  ...{ id: `l${n}`, type: 'Test', from: 't', sentAtMs: 1, body: { n }, once: true },
});

/** Takes and acks until so many letters came; their ids in order of coming. */
async function takeIds(count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const deliveries = await mailbox.take(100);
    taken.push(...deliveries.map(({ envelope }) => envelope.id));
    await mailbox.ack(deliveries.map(({ deliveryId }) => deliveryId));
  }
  return taken;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false)))
    await new Promise<void>((resolve) => void systemClock.after(5, resolve));
}
const postUntilTaken = (n: number): Promise<void> =>
  until(async () => (await office.post(BOX, letter(n))) === 'posted');
const isWaited = async (): Promise<boolean> => /blocked_clients:[1-9]/.test(await direct.info('clients'));

describe('a mailbox whose group alone vanished', () => {
  it.each([mailboxKey(BOX), controlMailboxKey(BOX)])(
    'under a waiting reader (%s) goes on with the letters there are',
    async (key) => {
      const ids = takeIds(2);
      await until(isWaited);
      await direct.call('XGROUP', 'DESTROY', key, 'actor');
      await postUntilTaken(1);
      await postUntilTaken(2);
      expect(await ids).toEqual(['l1', 'l2']);
      expect(await mailbox.depth()).toBe(0);
    },
  );

  it('between two reads (NOGROUP) goes on with the letters there are', async () => {
    await postUntilTaken(1);
    await direct.call('XGROUP', 'DESTROY', mailboxKey(BOX), 'actor');
    await postUntilTaken(2);
    expect(await takeIds(2)).toEqual(['l1', 'l2']);
  });
});

describe('a Redis without room', () => {
  it('for connections refuses them until there is; then posting and reading go on', async () => {
    const ids = takeIds(2);
    await until(isWaited);
    await direct.config('SET', 'maxclients', 1);
    await direct.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(await office.post(BOX, letter(1))).toBe('unavailable');
    const stats = await direct.info('stats');
    expect(Number(/rejected_connections:(\d+)/.exec(stats)?.[1])).toBeGreaterThan(0);
    await direct.config('SET', 'maxclients', 1_000);
    await postUntilTaken(1);
    await postUntilTaken(2);
    expect(await ids).toEqual(['l1', 'l2']);
  });

  it('for data (noeviction) takes no letter and says so; what it has is still read and acked', async () => {
    await postUntilTaken(1);
    await direct.config('SET', 'maxmemory-policy', 'noeviction');
    await direct.config('SET', 'maxmemory', 100_000);
    expect(await office.post(BOX, letter(2))).toBe('unavailable');
    expect(await takeIds(1)).toEqual(['l1']);
    expect(await mailbox.depth()).toBe(0);
    await direct.config('SET', 'maxmemory', 512 * 1024 * 1024);
    await postUntilTaken(2);
    expect(await takeIds(1)).toEqual(['l2']);
  });
});

describe('the append-only file', () => {
  /** Kills Redis after everything so far is in its file; the file it goes on with. */
  async function killed(): Promise<string> {
    const [, dir = ''] = (await direct.config('GET', 'dir')) as string[];
    // While the disk is busy with an fsync, Redis keeps what it has to write for up to two seconds.
    await until(async () => /aof_buffer_length:0\b/.test(await direct.info('persistence')));
    process.kill(server.pid, 'SIGKILL');
    await until(async () => redis.status !== 'ready' && direct.status !== 'ready');
    const files = readdirSync(join(dir, 'appendonlydir')).filter((name) => name.endsWith('.incr.aof'));
    return join(dir, 'appendonlydir', files.toSorted().at(-1) ?? '');
  }

  it('cut off in its last entry loses that one, and Redis starts', async () => {
    await direct.set('kept', '1');
    await direct.set('lost', '1');
    const file = await killed();
    truncateSync(file, statSync(file).size - 3);
    await server.comeBack();
    await until(async () => (await direct.get('kept')) === '1');
    expect(await direct.get('lost')).toBeNull();
    await postUntilTaken(1);
    expect(await takeIds(1)).toEqual(['l1']);
  });

  it('with garbage inside keeps Redis from starting, which says why', async () => {
    await direct.set('before', '1');
    const file = await killed();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 10, 40);
    writeFileSync(file, bytes);
    await expect(server.comeBack()).rejects.toMatchObject({
      code: 'REDIS_NOT_READY',
      message: expect.stringContaining('Bad file format reading the append only file'),
    });
    expect(await office.post(BOX, letter(1))).toBe('unavailable');
  });

  it('with another value in place of one is taken as it is: nothing of worth is only there', async () => {
    await direct.set('price', 'honest-value');
    const file = await killed();
    writeFileSync(file, readFileSync(file, 'latin1').replace('honest-value', 'forged-value'), 'latin1');
    await server.comeBack();
    await until(async () => (await direct.get('price')) === 'forged-value');
    await postUntilTaken(1);
    expect(await takeIds(1)).toEqual(['l1']);
  });
});
