/** Mailboxes against a Redis that hangs, is slow, loses answers, is full or is not there. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { mailboxKey, repliesKey } from '../../src/protocol/redis-keys.ts';
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
import { MemoryGuard, usedShare } from '../../src/runtime/redis/memory-guard.ts';
import { type ByteProxy, startByteProxy } from '../support/byte-proxy.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

const common = { clock: systemClock, log: silentLogger, metrics: new Metrics('test') };
const BOX = 'box';

let server: TestRedis;
let proxy: ByteProxy;
/** Straight to the server. */
let direct: RedisConnection;
let directOffice: RedisPostOffice;
/** Through the proxy, as an actor would be connected. */
let redis: RedisConnection;
let office: RedisPostOffice;
let mailbox: Mailbox;

beforeEach(async () => {
  server = await startTestRedis();
  proxy = await startByteProxy(server.port);
  direct = await connect(commandConnection(server.url));
  directOffice = new RedisPostOffice({ redisUrl: server.url, redis: direct, ...common });
  redis = await connect(commandConnection(proxy.url));
  office = new RedisPostOffice({ redisUrl: proxy.url, redis, ...common });
  mailbox = await office.open(BOX);
});
afterEach(async () => {
  await mailbox.close();
  redis.disconnect();
  direct.disconnect();
  await proxy.close();
  await server.stop();
});

const letter = (n: number, more: Partial<Envelope> = {}): Envelope => ({
  ...{ id: `l${n}`, type: 'Test', from: 't', sentAtMs: 1, body: { n } },
  ...more,
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

/** Looks again and again, with a breath between, and fails rather than look for ever. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let look = 1; look <= 2_000; look += 1) {
    if (await holds()) return;
    await new Promise<void>((resolve) => void systemClock.after(5, resolve));
  }
  throw new Error(`never came true: ${holds}`);
}

/** Posts until it is taken, as a sender does that must be sure. */
const postUntilTaken = (through: RedisPostOffice, envelope: Envelope): Promise<void> =>
  until(async () => (await through.post(BOX, envelope)) === 'posted');

/** Takes and acks letters, and is waiting for the next one. */
async function readerThatWaits(count: number): Promise<{ readonly ids: Promise<string[]> }> {
  const ids = takeIds(count);
  await until(async () => /blocked_clients:[1-9]/.test(await direct.info('clients')));
  return { ids };
}

describe('a mailbox', () => {
  it('goes on after its blocking read hung on a peer that is gone without a word', async () => {
    const { ids } = await readerThatWaits(2);
    proxy.hang();
    await directOffice.post(BOX, letter(1));
    await directOffice.post(BOX, letter(2));
    expect(await ids).toEqual(['l1', 'l2']);
    expect(await mailbox.depth()).toBe(0);
  });

  it('delivers letters again whose delivery was lost on the way', async () => {
    const { ids } = await readerThatWaits(3);
    proxy.loseAnswers();
    await Promise.all([1, 2].map((n) => directOffice.post(BOX, letter(n))));
    await until(async () => (await direct.xpending(mailboxKey(BOX), 'actor'))[0] === 2);
    proxy.cut();
    await directOffice.post(BOX, letter(3));
    expect(await ids).toEqual(['l1', 'l2', 'l3']);
  });

  it('takes a letter once that was posted again because the answer was lost', async () => {
    const once = letter(1, { once: true });
    proxy.loseAnswers();
    const first = office.post(BOX, once);
    await until(async () => (await direct.xlen(mailboxKey(BOX))) > 0);
    proxy.cut();
    expect(await first).toBe('unavailable');
    await postUntilTaken(office, once);
    await directOffice.post(BOX, letter(2));
    expect(await takeIds(2)).toEqual(['l1', 'l2']);
  });

  it('repeats an ack whose answer was lost', async () => {
    await directOffice.post(BOX, letter(1));
    const [delivery] = await mailbox.take(1);
    proxy.loseAnswers();
    const acking = mailbox.ack([delivery?.deliveryId ?? '']);
    await until(async () => (await direct.xlen(mailboxKey(BOX))) === 0);
    proxy.cut();
    await acking;
    await directOffice.post(BOX, letter(2));
    expect(await takeIds(1)).toEqual(['l2']);
  });

  it('waits out a Redis that stands still, and posting to it ends in time', async () => {
    const { ids } = await readerThatWaits(2);
    await direct.call('CLIENT', 'PAUSE', '3000', 'ALL');
    expect(await office.post(BOX, letter(1, { once: true }))).toBe('unavailable');
    await postUntilTaken(office, letter(1, { once: true }));
    await postUntilTaken(office, letter(2, { once: true }));
    expect(await ids).toEqual(['l1', 'l2']);
  });

  it('goes on when a Redis that was killed comes back', async () => {
    await directOffice.post(BOX, letter(1));
    expect((await mailbox.take(1))[0]?.envelope.id).toBe('l1');
    process.kill(server.pid, 'SIGKILL');
    expect(await directOffice.post(BOX, letter(2, { once: true }))).toBe('unavailable');
    await server.comeBack();
    await postUntilTaken(directOffice, letter(2, { once: true }));
    expect(await takeIds(1)).toEqual(['l2']);
  });
});

describe('a Redis that fills up', () => {
  const MAX_BYTES = 32 * 1024 * 1024;
  const FILLER_BYTES = 300_000;
  let fillers = 0;

  /** Brings used memory to that share of the maximum. */
  async function fill(share: number): Promise<void> {
    await direct.config('SET', 'maxmemory', MAX_BYTES);
    await direct.config('SET', 'maxmemory-policy', 'noeviction');
    const isFilled = async () => usedShare(await direct.info('memory')) >= share;
    while (!(await isFilled())) await direct.setrange(`filler-${fillers++}`, FILLER_BYTES, 'x');
  }

  it('refuses asks from nine tenths on; control letters, sends and acks go on', async () => {
    const memory = new MemoryGuard({ redis: direct, ...common });
    const guarded = new RedisPostOffice({ redisUrl: server.url, redis: direct, memory, ...common });
    const ask = (n: number) => guarded.post(BOX, letter(n, { replyTo: 'me' }));
    await memory.look();
    expect(await ask(1)).toBe('posted');
    await fill(0.92);
    await memory.look();
    expect(await ask(2)).toBe('full');
    expect(await guarded.post(BOX, letter(3, { replyTo: 'me', control: true }))).toBe('posted');
    expect(await guarded.post(BOX, letter(4))).toBe('posted');
    await direct.unlink(...Array.from({ length: fillers }, (_, n) => `filler-${n}`));
    await until(async () => usedShare(await direct.info('memory')) < 0.5);
    await memory.look();
    expect(await ask(5)).toBe('posted');
    expect(await takeIds(4)).toEqual(['l3', 'l1', 'l4', 'l5']);
  });

  it('is trimmed from seven tenths on: replies that were taken go', async () => {
    for (const n of [1, 2, 3]) await directOffice.postReply(BOX, letter(n, { correlationId: 'a' }));
    for (let taken = 0; taken < 3; ) taken += (await mailbox.takeReplies()).length;
    const memory = new MemoryGuard({ redis: direct, ...common, trim: () => office.trim() });
    await memory.look();
    expect(await direct.xlen(repliesKey(BOX))).toBe(3);
    await fill(0.75);
    await memory.look();
    expect(await direct.xlen(repliesKey(BOX))).toBe(1);
    expect(memory.isRefusing).toBe(false);
  });

  it('is taken for not full when it does not answer', async () => {
    const memory = new MemoryGuard({ redis, ...common });
    redis.disconnect();
    await memory.look();
    expect(memory.isRefusing).toBe(false);
  });
});
