/** An actor in a real thread for the runtime's own tests: counts into Redis, so the count outlives it. */
import { type Address, address, type Letter } from '../../../src/protocol/envelope.ts';
import { type ActorEnvironment, defineActor } from '../../../src/runtime/index.ts';

export type CounterLetter =
  | Letter<'Add', { by: number }>
  | Letter<'GetCount', Record<never, never>>
  | Letter<'Finish', Record<never, never>>
  | Letter<'Throw', Record<never, never>>
  | Letter<'ThrowOnce', Record<never, never>>
  | Letter<'Exhaust', Record<never, never>>
  | Letter<'Hang', Record<never, never>>;
export interface CounterReplies {
  GetCount: { count: number };
}
export const COUNTER: Address<CounterLetter, CounterReplies> = address('counter');

export interface CounterSettings {
  readonly failStart?: boolean;
  readonly finishInStart?: boolean;
  readonly onStop?: 'throw' | 'exit';
}

export function createActor({ redis, settings }: ActorEnvironment<CounterSettings>) {
  return defineActor<CounterLetter, undefined>({
    name: 'counter',
    start: async (context) => {
      if (await redis.exists('test-fail-start')) throw new Error('cannot start again');
      if (settings.failStart) throw new Error('cannot start');
      if (settings.finishInStart) context.finish();
      return undefined;
    },
    stop: () => {
      if (settings.onStop === 'throw') throw new Error('cannot stop');
      if (settings.onStop === 'exit') process.exit(3);
    },
    receive: async (_state, letters, context) => {
      for (const letter of letters) {
        switch (letter.type) {
          case 'Add':
            await redis.incrby('test-count', letter.body.by);
            break;
          case 'GetCount':
            context.reply(letter, { count: Number(await redis.get('test-count')) });
            break;
          case 'Finish':
            context.finish();
            break;
          case 'Throw':
            throw new Error('thrown on purpose');
          case 'ThrowOnce':
            if (letter.attempt === 1) throw new Error('thrown once');
            break;
          case 'Exhaust':
            if (letter.attempt === 1) fillHeap();
            break;
          case 'Hang':
            if (letter.attempt === 1) for (;;);
            break;
          default:
            letter satisfies never;
        }
      }
    },
  });
}

function fillHeap(): void {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, n) => n + 0.5));
}
