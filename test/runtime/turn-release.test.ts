/** A long turn that lets go of what it has done already. */
import { describe, expect, it } from 'vitest';
import { type Address, address, type Letter, type Received } from '../../src/protocol/envelope.ts';
import { defineActor } from '../../src/runtime/index.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';

type WorkerLetter = Letter<'Later', { name: string }> | Letter<'Flush', Record<never, never>>;
const WORKER: Address<WorkerLetter, { Later: { done: string } }> = address('worker');

describe('a turn that releases what it did so far', () => {
  /** Answers what waits, and then has more to do until it is told to end. */
  async function createLongTurn() {
    const system = await createTestSystem({ seed: 1 });
    const released = Promise.withResolvers<void>();
    const more = Promise.withResolvers<void>();
    const waiting: Received<WorkerLetter>[] = [];
    const after: string[] = [];
    await system.start(
      defineActor<WorkerLetter, undefined>({
        name: 'worker',
        start: () => undefined,
        receive: async (_state, letters, context) => {
          for (const letter of letters) {
            if (letter.type === 'Later') {
              waiting.push(letter);
              context.defer(letter);
            } else if (letter.type === 'Flush') {
              for (const one of waiting.splice(0)) {
                context.reply(one, { done: one.type });
                context.complete(one);
              }
              await context.release();
              after.push('released');
              released.resolve();
              await more.promise;
              await context.release();
              after.push('released again');
            }
          }
        },
      }),
    );
    const answer = system.asking(WORKER, { type: 'Later', body: { name: 'x' } });
    await system.idle();
    system.deliver(WORKER, { type: 'Flush', body: {} });
    return { system, released, more, after, answer };
  }

  it('lets its answers leave and acks what it completed, before it is over', async () => {
    const { system, more, after, answer } = await createLongTurn();
    expect(await answer).toEqual({ ok: true, reply: { done: 'Later' } });
    const letters = await system.postOffice.open('worker');
    expect(await letters.depth()).toBe(1);
    more.resolve();
    await system.idle();
    expect(after).toEqual(['released', 'released again']);
    expect(await letters.depth()).toBe(0);
  });

  it('does no more when the actor has ended meanwhile', async () => {
    const { system, released, more, after, answer } = await createLongTurn();
    await answer;
    await released.promise;
    const ended = system.restart('worker');
    more.resolve();
    await ended;
    await system.idle();
    // The second and third are of the next life, which gets the letter again.
    expect(after).toEqual(['released', 'released', 'released again']);
  });
});
