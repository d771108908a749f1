/** What every mailbox must do, whatever it stands on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { deadLettersContract } from './dead-letters.contract.ts';
import { delayedLettersContract } from './delayed-letters.contract.ts';
import { ids, letter, type MailboxWorld, numbers, takeAll, uniqueName } from './mailbox-world.ts';
import { redeliveryContract } from './redelivery.contract.ts';

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
    name = uniqueName('box');
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
    await world.postOffice.post(name, letter(1));
    const [delivery] = await mailbox.take(1);
    if (delivery) await mailbox.bury({ ...delivery, deliveryId: 'nobody' }, 'poison', 1);
    const strangers = [
      '1-1',
      'nobody',
      '',
      '@',
      `1-1@mailbox:${name}`,
      `${'9'.repeat(20)}-1@mailbox:${name}`,
    ];
    await mailbox.forgive(strangers);
    await mailbox.ack(strangers);
    expect(await mailbox.depth()).toBe(1);
    expect(await world.deadLetters.list(name)).toEqual([]);
  });

  it('acks a letter twice without touching another', async () => {
    const mailbox = await openMailbox();
    for (let round = 1; round <= 20; round += 1) {
      await Promise.all([
        world.postOffice.post(name, letter(1, { control: true })),
        world.postOffice.post(name, letter(2)),
      ]);
      const [control, ordinary] = await takeAll(mailbox, 2);
      if (control) await mailbox.ack([control.deliveryId]);
      if (control) await mailbox.ack([control.deliveryId]);
      expect(await mailbox.depth()).toBe(1);
      if (ordinary) await mailbox.ack([ordinary.deliveryId]);
    }
  });

  it('changes nothing once closed', async () => {
    const mailbox = await openMailbox();
    await Promise.all([1, 2].map((n) => world.postOffice.post(name, letter(n))));
    const [first, second] = await takeAll(mailbox, 2);
    await mailbox.close();
    if (first) await mailbox.ack([first.deliveryId]);
    if (second) await mailbox.bury(second, 'poison', 1);
    expect(await world.deadLetters.list(name)).toEqual([]);
    expect(numbers(await takeAll(await openMailbox(), 2))).toEqual([1, 2]);
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
    if (poison) await mailbox.bury(poison, 'it is poison', 17);
    expect(await world.deadLetters.list(name)).toMatchObject([{ error: 'it is poison' }]);
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

  it('brings all replies of one turn, each once, in the order they were given', async () => {
    const mailbox = await openMailbox();
    const given = Array.from({ length: 150 }, (_, n) => n);
    await Promise.all(given.map((n) => world.postOffice.postReply(name, letter(n))));
    const taken: unknown[] = [];
    while (taken.length < given.length)
      taken.push(...(await mailbox.takeReplies()).map(({ body }) => (body as { n: number }).n));
    expect(taken).toEqual(given);
  });

  it('does not bring a new reader the replies to an earlier one', async () => {
    const first = await openMailbox();
    await world.postOffice.postReply(name, letter(1));
    await first.close();
    const second = await openMailbox();
    await world.postOffice.postReply(name, letter(2));
    expect((await second.takeReplies()).map(({ body }) => body)).toEqual([{ n: 2 }]);
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

  describe('control letters', () => {
    it('are delivered before ordinary ones, in their own order', async () => {
      await Promise.all([1, 2].map((n) => world.postOffice.post(name, letter(n))));
      await Promise.all([8, 9].map((n) => world.postOffice.post(name, letter(n, { control: true }))));
      const mailbox = await openMailbox();
      expect(numbers(await takeAll(mailbox, 4))).toEqual([8, 9, 1, 2]);
      expect(await mailbox.depth()).toBe(4);
    });

    it('pass a full mailbox', async () => {
      const mailbox = await openMailbox();
      await Promise.all(
        Array.from({ length: world.lettersMax }, (_, n) => world.postOffice.post(name, letter(n))),
      );
      expect(await world.postOffice.post(name, letter(50))).toBe('full');
      expect(await world.postOffice.post(name, letter(51, { control: true }))).toBe('posted');
      expect(numbers(await mailbox.take(1))[0]).toBe(51);
    });

    it('go before letters that an earlier reader left', async () => {
      await Promise.all([1, 2, 3].map((n) => world.postOffice.post(name, letter(n))));
      const first = await openMailbox();
      await takeAll(first, 3);
      await first.close();
      const second = await openMailbox();
      expect(numbers(await second.take(10))).toEqual([1]);
      await world.postOffice.post(name, letter(9, { control: true }));
      expect(numbers(await second.take(10))).toEqual([9]);
      expect(numbers(await second.take(10))).toEqual([2]);
    });

    it('are acked, redelivered and buried like others', async () => {
      await Promise.all([1, 2, 3].map((n) => world.postOffice.post(name, letter(n, { control: true }))));
      const first = await openMailbox();
      const taken = await takeAll(first, 3);
      await first.ack(ids(taken.slice(0, 1)));
      await first.close();
      const second = await openMailbox();
      const [again] = await second.take(10);
      expect(again).toMatchObject({ attempt: 2, envelope: { body: { n: 2 } } });
      if (again) await second.bury(again, 'poison', 1);
      expect(numbers(await second.take(10))).toEqual([3]);
      expect(await second.depth()).toBe(1);
      expect(await world.deadLetters.replay(name, (await world.deadLetters.list(name))[0]?.id ?? '')).toBe(
        'replayed',
      );
      expect(numbers(await second.take(10))).toEqual([2]);
    });
  });

  describe('to an actor that is known to be down', () => {
    it('refuses asks at once and takes letters all the same, in order', async () => {
      const mailbox = await openMailbox();
      await world.statusBoard.down(name);
      const posts = [
        world.postOffice.post(name, letter(1)),
        world.postOffice.postAsk(name, letter(2, { replyTo: 'tester' })),
        world.postOffice.post(name, letter(3)),
      ];
      expect(await Promise.all(posts)).toEqual(['posted', 'restarting', 'posted']);
      expect(numbers(await takeAll(mailbox, 2))).toEqual([1, 3]);
      expect(await mailbox.depth()).toBe(2);
    });

    it('refuses nothing to others, and takes asks again when it is back', async () => {
      await openMailbox();
      await world.statusBoard.down(name);
      expect(await world.postOffice.postAsk(`${name}-other`, letter(1))).toBe('posted');
      await world.statusBoard.up(name);
      expect(await world.postOffice.postAsk(name, letter(2))).toBe('posted');
    });
  });

  describe('letters to be taken once', () => {
    it('are delivered once though posted again, before and after they were acked', async () => {
      const mailbox = await openMailbox();
      const once = letter(1, { once: true });
      expect(await Promise.all([once, once].map((sent) => world.postOffice.post(name, sent)))).toEqual([
        'posted',
        'posted',
      ]);
      const [first] = await mailbox.take(10);
      if (first) await mailbox.ack([first.deliveryId]);
      expect(await world.postOffice.post(name, once)).toBe('posted');
      await world.postOffice.post(name, letter(2));
      expect(numbers(await mailbox.take(10))).toEqual([2]);
      expect(await mailbox.depth()).toBe(1);
    });

    it('are known behind letters that a full mailbox refuses', async () => {
      await openMailbox();
      const once = letter(1, { once: true });
      await world.postOffice.post(name, once);
      const letters = Array.from({ length: world.lettersMax }, (_, n) => letter(n));
      const results = await Promise.all([...letters, once].map((sent) => world.postOffice.post(name, sent)));
      expect(results.slice(-2)).toEqual(['full', 'posted']);
    });

    it('may be posted again after they were refused by a full mailbox', async () => {
      const mailbox = await openMailbox();
      await Promise.all(
        Array.from({ length: world.lettersMax }, (_, n) => world.postOffice.post(name, letter(n))),
      );
      const once = letter(99, { once: true });
      expect(await world.postOffice.post(name, once)).toBe('full');
      await mailbox.ack(ids(await takeAll(mailbox, world.lettersMax)));
      expect(await world.postOffice.post(name, once)).toBe('posted');
      expect(numbers(await mailbox.take(1))).toEqual([99]);
    });

    it('come again to the next reader while unacked', async () => {
      await world.postOffice.post(name, letter(1, { once: true }));
      const first = await openMailbox();
      await first.take(1);
      await first.close();
      expect(await (await openMailbox()).take(1)).toMatchObject([{ attempt: 2 }]);
    });
  });

  delayedLettersContract(() => ({ world, name, openMailbox }));
  redeliveryContract(() => ({ world, name, openMailbox }));
  deadLettersContract(() => ({ world, name, openMailbox }));
}
