/** Mailboxes, dead letters, replies and the status board: memory and Redis give the same answers. */
import fc from 'fast-check';
import { it } from 'vitest';
import type { Envelope } from '../../../src/protocol/envelope.ts';
import { useRedis } from '../../support/use-redis.ts';
import { LETTERS_MAX, MailboxPair } from './mailbox-pair.ts';
import { expectSameAnswers } from './same-answers.ts';

const NAMES = ['left', 'right'] as const;
const RUNS = 40;

const name = fc.constantFrom(...NAMES);
const picks = fc.array(fc.nat(2 * LETTERS_MAX), { maxLength: LETTERS_MAX });
const strangers = fc.subarray([
  '1-1',
  'nobody',
  '99999999999999999999-1@mailbox:left',
  '1-1@mailbox:left',
  '1-1@mailbox:left:control',
  '@',
]);

/** Few ids, so that they are posted again; an id is of one kind for ever. */
const more: fc.Arbitrary<Partial<Envelope>> = fc.oneof(
  fc.constant({}),
  fc.constant({ control: true as const }),
  fc.record({ key: fc.constantFrom('a', 'b'), expiresAtMs: fc.nat(9) }),
  fc.constantFrom('o1', 'o2', 'o3').map((id) => ({ id, once: true as const })),
  fc.constantFrom('c1', 'c2').map((id) => ({ id, once: true as const, control: true as const })),
);
const letter = fc.record({ more, isAsk: fc.boolean() });

const does = <D extends string>(what: D) => fc.constant(what);
const operation = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: does('post'),
      to: name,
      letters: fc.array(letter, { minLength: 1, maxLength: LETTERS_MAX + 2 }),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({ do: does('take'), name, countMax: fc.constantFrom(1, 2, 3, 100) }),
  },
  { weight: 15, arbitrary: fc.record({ do: does('reopen'), name }) },
  { weight: 2, arbitrary: fc.record({ do: does('close'), name }) },
  { weight: 15, arbitrary: fc.record({ do: does('ack'), name, picks, strangers }) },
  { weight: 6, arbitrary: fc.record({ do: does('forgive'), name, picks, strangers }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: does('bury'), name, pick: fc.nat(LETTERS_MAX), error: fc.string() }),
  },
  { weight: 10, arbitrary: fc.record({ do: does('replay'), name, pick: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: does('drop'), name, pick: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: does('postReply'), to: name }) },
  { weight: 3, arbitrary: fc.record({ do: does('takeReplies'), name }) },
  { weight: 4, arbitrary: fc.record({ do: does('setDown'), name, isDown: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: does('evict'), name }) },
  { weight: 2, arbitrary: fc.record({ do: does('flushAll') }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

function perform(pair: MailboxPair, step: Operation): Promise<void> {
  switch (step.do) {
    case 'post':
      return pair.post(step.to, step.letters);
    case 'take':
      return pair.take(step.name, step.countMax);
    case 'reopen':
      return pair.reopen(step.name);
    case 'close':
      return pair.close(step.name);
    case 'ack':
      return pair.ack(step.name, step.picks, step.strangers);
    case 'forgive':
      return pair.forgive(step.name, step.picks, step.strangers);
    case 'bury':
      return pair.bury(step.name, step.pick, step.error);
    case 'replay':
      return pair.replay(step.name, step.pick);
    case 'drop':
      return pair.drop(step.name, step.pick);
    case 'postReply':
      return pair.postReply(step.to);
    case 'takeReplies':
      return pair.takeReplies(step.name);
    case 'setDown':
      return pair.setDown(step.name, step.isDown);
    case 'evict':
      return pair.evict(step.name);
    case 'flushAll':
      return pair.flushAll();
    default:
      return step satisfies never;
  }
}

const used = useRedis();

it('mailboxes', async () => {
  await expectSameAnswers(operation, RUNS, async (operations) => {
    await used.redis.flushall();
    const pair = new MailboxPair(used.redis, used.server.url);
    try {
      for (const each of NAMES) await pair.reopen(each);
      for (const step of operations) {
        await perform(pair, step);
        await pair.expectSameState(NAMES);
      }
      for (const each of NAMES) await pair.expectSameRest(each);
    } finally {
      await pair.end();
    }
  });
});
