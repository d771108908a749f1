/** What the dead letters of every kind of mailbox must do. Part of the mailbox contract. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DEAD_LETTERS_MAX, REPLAYS_MAX } from '../../src/runtime/mailbox/dead-letters.ts';
import type { Mailbox } from '../../src/runtime/mailbox/mailbox.ts';
import { letter, type MailboxWorld, numbers, takeAll } from './mailbox-world.ts';

interface Place {
  readonly world: MailboxWorld;
  /** Of the mailbox under test. */
  readonly name: string;
  readonly openMailbox: () => Promise<Mailbox>;
}

export function deadLettersContract(findPlace: () => Place): void {
  describe('dead letters', () => {
    let there: Place;
    beforeEach(() => {
      there = findPlace();
    });
    const dead = () => there.world.deadLetters.list(there.name);
    async function buryNext(mailbox: Mailbox): Promise<void> {
      const [delivery] = await mailbox.take(1);
      if (delivery) await mailbox.bury(delivery, 'it is poison', 1_234);
    }

    it('keep letter, error, attempts and time', async () => {
      const sent = letter(1, { key: 'account-7', trace: 't' });
      await there.world.postOffice.post(there.name, sent);
      await buryNext(await there.openMailbox());
      const about = { actor: there.name, error: 'it is poison', attempts: 1, atMs: 1_234 };
      expect(await dead()).toMatchObject([{ ...about, envelope: sent }]);
      expect(await there.world.deadLetters.actors()).toContain(there.name);
    });

    it('are buried once, even if told twice', async () => {
      await there.world.postOffice.post(there.name, letter(1));
      const mailbox = await there.openMailbox();
      const [delivery] = await mailbox.take(1);
      if (delivery) await mailbox.bury(delivery, 'poison', 1);
      if (delivery) await mailbox.bury(delivery, 'poison', 1);
      expect(await dead()).toHaveLength(1);
    });

    it('come back at the end of the mailbox, as on first delivery, even if marked once', async () => {
      const mailbox = await there.openMailbox();
      await there.world.postOffice.post(there.name, letter(1, { once: true, expiresAtMs: 5 }));
      await buryNext(mailbox);
      await there.world.postOffice.post(there.name, letter(2));
      const [entry] = await dead();
      expect(await there.world.deadLetters.replay(there.name, entry?.id ?? '')).toBe('replayed');
      const deliveries = await takeAll(mailbox, 2);
      expect(numbers(deliveries)).toEqual([2, 1]);
      expect(deliveries[1]).toMatchObject({ attempt: 1, envelope: { replays: 1 } });
      expect(deliveries[1]?.envelope).not.toHaveProperty('expiresAtMs');
      expect(deliveries[1]?.envelope).not.toHaveProperty('once');
      expect(await dead()).toEqual([]);
    });

    it(`stay in quarantine after ${REPLAYS_MAX} replays`, async () => {
      const mailbox = await there.openMailbox();
      await there.world.postOffice.post(there.name, letter(1));
      await buryNext(mailbox);
      for (let replay = 1; replay <= REPLAYS_MAX; replay += 1) {
        expect(await there.world.deadLetters.replay(there.name, (await dead())[0]?.id ?? '')).toBe(
          'replayed',
        );
        await buryNext(mailbox);
      }
      expect(await there.world.deadLetters.replay(there.name, (await dead())[0]?.id ?? '')).toBe(
        'quarantined',
      );
      expect(await dead()).toHaveLength(1);
    });

    it('stay where they are when the mailbox is full', async () => {
      const mailbox = await there.openMailbox();
      await there.world.postOffice.post(there.name, letter(1));
      await buryNext(mailbox);
      await Promise.all(
        Array.from({ length: there.world.lettersMax }, (_, n) =>
          there.world.postOffice.post(there.name, letter(n)),
        ),
      );
      expect(await there.world.deadLetters.replay(there.name, (await dead())[0]?.id ?? '')).toBe('full');
      expect(await dead()).toHaveLength(1);
    });

    it('come back while control letters have room, however many there are', async () => {
      const mailbox = await there.openMailbox();
      await there.world.postOffice.post(there.name, letter(1, { control: true }));
      await buryNext(mailbox);
      await Promise.all(
        Array.from({ length: there.world.lettersMax }, (_, n) =>
          there.world.postOffice.post(there.name, letter(n, { control: true })),
        ),
      );
      expect(await there.world.deadLetters.replay(there.name, (await dead())[0]?.id ?? '')).toBe('replayed');
    });

    it(`are about ${DEAD_LETTERS_MAX} at most, and the oldest go first`, async () => {
      const mailbox = await there.openMailbox();
      const { lettersMax, postOffice } = there.world;
      const buried = DEAD_LETTERS_MAX + 300;
      for (let from = 0; from < buried; from += lettersMax) {
        const batch = Array.from({ length: lettersMax }, (_, n) => letter(from + n));
        await Promise.all(batch.map((sent) => postOffice.post(there.name, sent)));
        const deliveries = await takeAll(mailbox, lettersMax);
        await Promise.all(deliveries.map((delivery) => mailbox.bury(delivery, 'poison', 1)));
      }
      const kept = (await dead()).map(({ envelope }) => (envelope.body as { n: number }).n);
      expect(kept.length).toBeGreaterThanOrEqual(DEAD_LETTERS_MAX);
      expect(kept.length).toBeLessThan(buried);
      expect(kept.at(-1)).toBe(buried - 1);
      expect(kept[0]).toBe(buried - kept.length);
    });

    it('can be dropped, and unknown ones are said to be unknown', async () => {
      const mailbox = await there.openMailbox();
      await there.world.postOffice.post(there.name, letter(1));
      await buryNext(mailbox);
      const [entry] = await dead();
      expect(await there.world.deadLetters.drop(there.name, entry?.id ?? '')).toBe(true);
      expect(await there.world.deadLetters.drop(there.name, entry?.id ?? '')).toBe(false);
      expect(await there.world.deadLetters.replay(there.name, entry?.id ?? '')).toBe('unknown');
      for (const stranger of ['nonsense', '1-1', `${'9'.repeat(20)}-1`]) {
        expect(await there.world.deadLetters.replay(there.name, stranger)).toBe('unknown');
        expect(await there.world.deadLetters.drop(there.name, stranger)).toBe(false);
      }
    });
  });
}
