/** What the next reader gets of letters that one left unacked. Part of the mailbox contract. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { ids, letter, type MailboxWorld, numbers, takeAll } from './mailbox-world.ts';

interface Place {
  readonly world: MailboxWorld;
  /** Of the mailbox under test. */
  readonly name: string;
  readonly openMailbox: () => Promise<Mailbox>;
}

export function redeliveryContract(findPlace: () => Place): void {
  describe('redelivery', () => {
    let there: Place;
    beforeEach(() => {
      there = findPlace();
    });

    it('gives unacked letters to the next reader: first, one at a time, counting attempts', async () => {
      const first = await there.openMailbox();
      await Promise.all([1, 2, 3].map((n) => there.world.postOffice.post(there.name, letter(n))));
      const taken = await takeAll(first, 3);
      await first.ack(ids(taken.slice(1, 2)));
      await first.close();
      await there.world.postOffice.post(there.name, letter(4));

      const second = await there.openMailbox();
      const again = [await second.take(10), await second.take(10), await second.take(10)];
      expect(again.map(numbers)).toEqual([[1], [3], [4]]);
      expect(again.map(([delivery]) => delivery?.attempt)).toEqual([2, 2, 1]);
    });

    it('counts attempts up over several lives', async () => {
      await there.world.postOffice.post(there.name, letter(1));
      const attempts: (number | undefined)[] = [];
      for (let life = 1; life <= 3; life += 1) {
        const mailbox = await there.openMailbox();
        attempts.push((await mailbox.take(1))[0]?.attempt);
        await mailbox.close();
      }
      expect(attempts).toEqual([1, 2, 3]);
    });

    it('says of which letter the last reader was given last, and of no other', async () => {
      await Promise.all([1, 2, 3].map((n) => there.world.postOffice.post(there.name, letter(n))));
      const first = await there.openMailbox();
      expect((await takeAll(first, 3)).map(({ isSuspect }) => isSuspect)).toEqual([false, false, false]);
      await first.close();
      const second = await there.openMailbox();
      expect(numbers(await second.take(10))).toEqual([1]);
      await second.close();
      const third = await there.openMailbox();
      const suspects = (await takeAll(third, 3)).filter(({ isSuspect }) => isSuspect);
      expect(numbers(suspects)).toEqual([1]);
    });

    it('suspects the last of a batch with control letters, and none that was forgiven since', async () => {
      for (const forgiven of [0, 1, 2]) {
        const posts = [{ control: true as const }, {}].map((more, n) =>
          there.world.postOffice.post(there.name, letter(n, more)),
        );
        await Promise.all(posts);
        const first = await there.openMailbox();
        const taken = await first.take(10);
        expect(numbers(taken)).toEqual([0, 1]);
        await first.forgive(ids(taken.slice(2 - forgiven)));
        await first.close();
        const second = await there.openMailbox();
        const again = await takeAll(second, 2);
        expect(again.map(({ isSuspect }) => isSuspect)).toEqual([forgiven === 1, forgiven === 0]);
        await second.ack(ids(again));
        await second.close();
      }
    });

    it('counts the attempts of forgiven letters anew, and redelivers them in their place', async () => {
      await Promise.all([1, 2].map((n) => there.world.postOffice.post(there.name, letter(n))));
      const first = await there.openMailbox();
      await takeAll(first, 2);
      await first.close();
      const second = await there.openMailbox();
      const again = await takeAll(second, 2);
      await second.forgive(ids(again.slice(0, 1)));
      await second.close();
      const third = await there.openMailbox();
      const attempts = (await takeAll(third, 2)).map(({ attempt }) => attempt);
      expect(attempts).toEqual([2, 3]);
    });
  });
}
