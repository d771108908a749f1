/** What mailboxes of every kind must do with delayed letters. Part of the mailbox contract. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/protocol/envelope.ts';
import type { Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { ids, letter, type MailboxWorld, numbers, takeAll } from './mailbox-world.ts';

interface Place {
  readonly world: MailboxWorld;
  /** Of the mailbox under test. */
  readonly name: string;
  readonly openMailbox: () => Promise<Mailbox>;
}

const SOON_MS = 40;
const AN_HOUR_MS = 3_600_000;

export function delayedLettersContract(findPlace: () => Place): void {
  describe('delayed letters', () => {
    let there: Place;
    beforeEach(() => {
      there = findPlace();
    });
    const post = (n: number, more: Partial<Envelope> = {}) =>
      there.world.postOffice.post(there.name, letter(n, more));
    const postLater = (n: number, dueInMs: number, more: Partial<Envelope> = {}) =>
      there.world.postOffice.postLater(there.name, letter(n, more), dueInMs);
    const cancelLater = (id: string) => there.world.postOffice.cancelLater(there.name, id);
    const fill = () => Promise.all(Array.from({ length: there.world.lettersMax }, (_, n) => post(n)));

    it('come when they are due, in that order, behind what was posted before', async () => {
      const sent = letter(1, { key: 'account-7', trace: 't' });
      const posts = [
        postLater(9, AN_HOUR_MS),
        postLater(3, 2 * SOON_MS),
        there.world.postOffice.postLater(there.name, sent, SOON_MS),
        postLater(2, SOON_MS),
        post(0),
      ];
      expect(new Set(await Promise.all(posts))).toEqual(new Set(['posted']));
      const mailbox = await there.openMailbox();
      const taken = await takeAll(mailbox, 4);
      expect(numbers(taken)).toEqual([0, 1, 2, 3]);
      expect(taken[1]).toMatchObject({ envelope: sent, attempt: 1 });
    });

    it('wake a reader that waits, and are due at once without a delay', async () => {
      const mailbox = await there.openMailbox();
      const first = mailbox.take(10);
      await postLater(1, SOON_MS);
      expect(numbers(await first)).toEqual([1]);
      await postLater(2, 0);
      expect(numbers(await mailbox.take(10))).toEqual([2]);
    });

    it('do not count as in the mailbox, and wait for a reader', async () => {
      await postLater(1, 0);
      await postLater(2, AN_HOUR_MS);
      const mailbox = await there.openMailbox();
      expect(numbers(await mailbox.take(10))).toEqual([1]);
      expect(await mailbox.depth()).toBe(1);
    });

    it('are acked and redelivered like others once they came', async () => {
      await Promise.all([postLater(1, 0), postLater(2, 0)]);
      const first = await there.openMailbox();
      await first.ack(ids((await takeAll(first, 2)).slice(0, 1)));
      await first.close();
      expect(await (await there.openMailbox()).take(10)).toMatchObject([{ attempt: 2 }]);
    });

    it('stay held, in order, while the mailbox is full; control letters have room of their own', async () => {
      const { lettersMax } = there.world;
      const mailbox = await there.openMailbox();
      await fill();
      await Promise.all([100, 101].map((n) => postLater(n, 0)));
      await postLater(200, SOON_MS, { control: true });
      const taken = await takeAll(mailbox, lettersMax + 1);
      expect(numbers(taken)).toContain(200);
      expect(await mailbox.depth()).toBe(lettersMax + 1);
      await mailbox.ack(ids(taken));
      expect(numbers(await takeAll(mailbox, 2))).toEqual([100, 101]);
    });

    it('are refused when as many are held; control letters have room of their own', async () => {
      const { lettersMax } = there.world;
      await Promise.all(Array.from({ length: lettersMax }, (_, n) => postLater(n, AN_HOUR_MS)));
      expect(await postLater(100, 0)).toBe('full');
      expect(await postLater(101, 0, { control: true })).toBe('posted');
      expect(await post(102)).toBe('posted');
      const taken = numbers(await takeAll(await there.openMailbox(), 2));
      expect(taken.sort()).toEqual([101, 102]);
    });

    it('are held once under one id: the first counts', async () => {
      const id = 'alarm';
      await postLater(1, SOON_MS, { id, once: true });
      expect(await postLater(2, 0, { id, once: true })).toBe('posted');
      await postLater(3, 2 * SOON_MS);
      expect(numbers(await takeAll(await there.openMailbox(), 2))).toEqual([1, 3]);
    });

    it('do not come again under an id that was posted already, at once or later', async () => {
      const [once, other] = [
        { id: 'one', once: true },
        { id: 'two', once: true },
      ] as const;
      await postLater(1, SOON_MS, once);
      await post(2, once);
      await post(3, other);
      expect(await postLater(4, 0, other)).toBe('posted');
      await postLater(5, 2 * SOON_MS);
      expect(numbers(await takeAll(await there.openMailbox(), 3))).toEqual([2, 3, 5]);
      expect(await postLater(6, 0, once)).toBe('posted');
      await post(7);
      expect(numbers(await (await there.openMailbox()).take(1))).toEqual([2]);
    });

    it('can be taken back until they came, and sent anew then', async () => {
      const [id, control] = ['recalled', { id: 'urgent', once: true, control: true }] as const;
      await postLater(1, AN_HOUR_MS, { id, once: true });
      await postLater(2, AN_HOUR_MS, control);
      expect(await cancelLater(id)).toBe(true);
      expect(await cancelLater('urgent')).toBe(true);
      expect(await cancelLater(id)).toBe(false);
      expect(await cancelLater('unheard-of')).toBe(false);
      await postLater(3, 0, { id, once: true });
      expect(numbers(await (await there.openMailbox()).take(10))).toEqual([3]);
      expect(await cancelLater(id)).toBe(false);
    });
  });
}
