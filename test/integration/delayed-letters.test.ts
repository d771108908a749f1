/** Letters held in a real Redis until they are due: over crashes, restarts, losses and other threads. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { delayedKey, heldLettersKey, mailboxKey } from '../../src/protocol/redis-keys.ts';
import {
  type Clock,
  commandConnection,
  connect,
  ManualClock,
  Metrics,
  type RedisConnection,
  silentLogger,
  systemClock,
} from '../../src/runtime/index.ts';
import { LOOK_EVERY_MS, type Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { RedisPostOffice } from '../../src/runtime/mailbox/redis-post-office.ts';
import { startTestRedis, type TestRedis } from '../support/redis-server.ts';

const BOX = 'box';
const AN_HOUR_MS = 3_600_000;
const IDS_KEY = delayedKey(BOX);
const HELD_KEY = heldLettersKey(IDS_KEY);

let server: TestRedis;
let redis: RedisConnection;
/** That of the sender: no mailbox is opened here, so its reader is not told. */
let sender: RedisPostOffice;
const opened: Mailbox[] = [];

const officeOn = (clock: Clock): RedisPostOffice =>
  new RedisPostOffice({
    ...{ redisUrl: server.url, redis, clock, log: silentLogger, metrics: new Metrics('test'), lettersMax: 5 },
  });
const openMailbox = async (clock: Clock = systemClock): Promise<Mailbox> => {
  const mailbox = await officeOn(clock).open(BOX);
  opened.push(mailbox);
  return mailbox;
};
const letter = (n: number, more: Partial<Envelope> = {}): Envelope => ({
  ...{ id: `l${n}`, type: 'Test', from: 't', sentAtMs: 1, body: { n } },
  ...more,
});
async function takeIds(mailbox: Mailbox, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const deliveries = await mailbox.take(count - taken.length);
    taken.push(...deliveries.map(({ envelope }) => envelope.id));
    await mailbox.ack(deliveries.map(({ deliveryId }) => deliveryId));
  }
  return taken;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let look = 1; look <= 2_000; look += 1) {
    if (await holds()) return;
    await new Promise<void>((resolve) => void systemClock.after(5, resolve));
  }
  throw new Error(`never came true: ${holds}`);
}
/** Resolves once so many letters are due by Redis' clock. */
const due = (count: number): Promise<void> =>
  until(async () => {
    const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
    return (await redis.zcount(IDS_KEY, '-inf', `${seconds * 1e6 + micros}`)) === count;
  });

beforeEach(async () => {
  server = await startTestRedis();
  redis = await connect(commandConnection(server.url));
  sender = officeOn(systemClock);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((mailbox) => mailbox.close()));
  redis.disconnect();
  await server.stop();
});

describe('delayed letters', () => {
  it('come although the sender is on another thread and the reader waits already', async () => {
    const mailbox = await openMailbox();
    const taken = takeIds(mailbox, 1);
    await sender.postLater(BOX, letter(1), 20);
    expect(await taken).toEqual(['l1']);
  });

  it('that came due while their reader was down come to the next one, and leave nothing behind', async () => {
    await (await openMailbox()).close();
    await sender.postLater(BOX, letter(1), 20);
    await sender.postLater(BOX, letter(2), 10);
    await due(2);
    expect(await redis.xlen(mailboxKey(BOX))).toBe(0);
    expect(await takeIds(await openMailbox(), 2)).toEqual(['l2', 'l1']);
    expect(await redis.exists(IDS_KEY, HELD_KEY)).toBe(0);
  });

  it('come after a restart of Redis and of everyone', async () => {
    await sender.postLater(BOX, letter(1), 20);
    await sender.postLater(BOX, letter(2), AN_HOUR_MS);
    process.kill(server.pid, 'SIGTERM');
    await server.comeBack();
    expect(await takeIds(await openMailbox(), 1)).toEqual(['l1']);
    expect(await redis.zrange(IDS_KEY, '0', '-1')).toEqual(['l2']);
  });

  it('stay held while the mailbox is full, and follow in order as room is made', async () => {
    const mailbox = await openMailbox();
    for (let n = 1; n <= 5; n += 1) await sender.post(BOX, letter(n));
    for (let n = 6; n <= 10; n += 1) await sender.postLater(BOX, letter(n), 0);
    await due(5);
    expect(await mailbox.depth()).toBe(5);
    expect(await takeIds(mailbox, 10)).toEqual(Array.from({ length: 10 }, (_, n) => `l${n + 1}`));
  });

  it.each([
    ['set', IDS_KEY],
    ['hash', HELD_KEY],
  ])('are lost with their %s, leave nothing behind, and may be sent again', async (_which, key) => {
    const again = letter(1, { once: true });
    await sender.postLater(BOX, again, AN_HOUR_MS);
    await redis.unlink(key);
    expect(await sender.postLater(BOX, again, 20)).toBe('posted');
    const mailbox = await openMailbox();
    expect(await takeIds(mailbox, 1)).toEqual(['l1']);
    await sender.postLater(BOX, letter(2), 0);
    await redis.unlink(key);
    await sender.postLater(BOX, letter(3), 0);
    expect(await takeIds(mailbox, 1)).not.toEqual(['l1']);
    await until(async () => (await redis.exists(IDS_KEY, HELD_KEY)) === 0);
  });

  it('make a mailbox anew that vanished before they were due', async () => {
    const mailbox = await openMailbox();
    const taken = takeIds(mailbox, 1);
    await sender.postLater(BOX, letter(1), 30);
    await redis.unlink(mailboxKey(BOX));
    expect(await taken).toEqual(['l1']);
  });

  it('cost a mailbox that has none one look a second, on its own clock', async () => {
    const clock = new ManualClock(0);
    const arm = clock.after.bind(clock);
    let armed = 0;
    clock.after = (...timer) => {
      armed += 1;
      return arm(...timer);
    };
    await openMailbox(clock);
    const looks = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    /** On to the next look, and until its answer has set the timer of the one after. */
    const tick = async (): Promise<void> => {
      const before = armed;
      clock.fireNext(clock.monotonicMs() + LOOK_EVERY_MS);
      await until(async () => armed > before);
    };
    await tick();
    const before = await looks();
    for (let second = 1; second <= 5; second += 1) await tick();
    expect(await looks()).toBe(before + 5 * 2);
    expect(clock.monotonicMs()).toBe(5 * LOOK_EVERY_MS);
  });
});
