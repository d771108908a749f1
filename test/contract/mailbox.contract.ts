/** What every mailbox must do, whatever it stands on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import type { Delivery, Mailbox, PostOffice } from '../../src/runtime/mailbox/mailbox.ts';

export interface MailboxWorld {
  readonly postOffice: PostOffice;
  /** Letters a mailbox holds at most in this world. */
  readonly lettersMax: number;
  /** Letters buried so far for an actor. */
  deadLetters(actor: string): Promise<{ type: string; error: string }[]>;
  close(): Promise<void>;
}

let nextId = 0;
const letter = (n: number): Envelope => ({
  id: `letter-${nextId++}`,
  type: 'Test',
  from: 'tester',
  sentAtMs: 1,
  body: { n },
});
const numbers = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ envelope }) => (envelope.body as { n: number }).n);
const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ deliveryId }) => deliveryId);

/** Takes until `count` letters came; blocks if they never do. */
async function takeAll(mailbox: Mailbox, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < count) taken.push(...(await mailbox.take(count - taken.length)));
  return taken;
}

export function mailboxContract(createWorld: () => Promise<MailboxWorld>): void {
  let world: MailboxWorld;
  let name: string;
  const open: Mailbox[] = [];
  const openMailbox = async (): Promise<Mailbox> => {
    const mailbox = await world.postOffice.open(name);
    open.push(mailbox);
    return mailbox;
  };

  beforeEach(async () => {
    world = await createWorld();
    name = `box-${nextId++}`;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((mailbox) => mailbox.close()));
    await world.close();
  });

  it('delivers letters in the order they were posted', async () => {
    const mailbox = await openMailbox();
    await Promise.all([1, 2, 3, 4, 5].map((n) => world.postOffice.post(name, letter(n))));
    expect(numbers(await takeAll(mailbox, 5))).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps letters posted before anyone reads', async () => {
    expect(await world.postOffice.post(name, letter(7))).toBe('posted');
    expect(numbers(await (await openMailbox()).take(10))).toEqual([7]);
  });

  it('counts the first delivery as attempt 1 and hands over what was sent', async () => {
    const sent = letter(1);
    await world.postOffice.post(name, sent);
    const [delivery] = await (await openMailbox()).take(1);
    expect(delivery?.attempt).toBe(1);
    expect(delivery?.envelope).toEqual(sent);
  });

  it('delivers no more than asked for', async () => {
    const mailbox = await openMailbox();
    await Promise.all([1, 2, 3].map((n) => world.postOffice.post(name, letter(n))));
    expect(numbers(await mailbox.take(2))).toEqual([1, 2]);
    expect(numbers(await mailbox.take(2))).toEqual([3]);
  });

  it('forgets acked letters and counts the others', async () => {
    const mailbox = await openMailbox();
    await Promise.all([1, 2, 3].map((n) => world.postOffice.post(name, letter(n))));
    const deliveries = await takeAll(mailbox, 3);
    await mailbox.ack(ids(deliveries.slice(0, 2)));
    expect(await mailbox.depth()).toBe(1);
  });

  it('ignores acks of letters it does not know', async () => {
    const mailbox = await openMailbox();
    await mailbox.ack(['1-1', '2-2']);
    expect(await mailbox.depth()).toBe(0);
  });

  it('gives unacked letters to the next reader: first, one at a time, counting attempts', async () => {
    const first = await openMailbox();
    await Promise.all([1, 2, 3].map((n) => world.postOffice.post(name, letter(n))));
    const taken = await takeAll(first, 3);
    await first.ack(ids(taken.slice(1, 2)));
    await first.close();
    await world.postOffice.post(name, letter(4));

    const second = await openMailbox();
    const again = [await second.take(10), await second.take(10), await second.take(10)];
    expect(again.map(numbers)).toEqual([[1], [3], [4]]);
    expect(again.map(([delivery]) => delivery?.attempt)).toEqual([2, 2, 1]);
  });

  it('counts attempts up over several lives', async () => {
    await world.postOffice.post(name, letter(1));
    const attempts: (number | undefined)[] = [];
    for (let life = 1; life <= 3; life += 1) {
      const mailbox = await openMailbox();
      attempts.push((await mailbox.take(1))[0]?.attempt);
      await mailbox.close();
    }
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('refuses the sender when full, keeps what it has, and takes letters again after acks', async () => {
    const mailbox = await openMailbox();
    const posts = Array.from({ length: world.lettersMax + 2 }, (_, n) =>
      world.postOffice.post(name, letter(n)),
    );
    const results = await Promise.all(posts);
    expect(results.filter((result) => result === 'full')).toHaveLength(2);
    expect(results.slice(-2)).toEqual(['full', 'full']);
    const deliveries = await takeAll(mailbox, world.lettersMax);
    await mailbox.ack(ids(deliveries));
    expect(await world.postOffice.post(name, letter(99))).toBe('posted');
  });

  it('buries a letter with its error and goes on with the next', async () => {
    const mailbox = await openMailbox();
    await Promise.all([1, 2].map((n) => world.postOffice.post(name, letter(n))));
    const [poison] = await mailbox.take(1);
    if (poison) await mailbox.bury(poison, 'it is poison');
    expect(await world.deadLetters(name)).toEqual([{ type: 'Test', error: 'it is poison' }]);
    expect(numbers(await mailbox.take(1))).toEqual([2]);
    expect(await mailbox.depth()).toBe(1);
  });

  it('brings replies to the one who asked, not into its letters', async () => {
    const mailbox = await openMailbox();
    await world.postOffice.postReply(name, { ...letter(5), type: 'Reply', correlationId: 'ask-1' });
    const [reply] = await mailbox.takeReplies();
    expect(reply).toMatchObject({ correlationId: 'ask-1', body: { n: 5 } });
    expect(await mailbox.depth()).toBe(0);
  });

  it('wakes a waiting reader when a letter comes', async () => {
    const mailbox = await openMailbox();
    const waiting = mailbox.take(1);
    await world.postOffice.post(name, letter(8));
    expect(numbers(await waiting)).toEqual([8]);
  });

  it('ends waiting reads with nothing when closed', async () => {
    const mailbox = await openMailbox();
    const waiting = Promise.all([mailbox.take(1), mailbox.takeReplies()]);
    await mailbox.close();
    expect(await waiting).toEqual([[], []]);
  });
}
