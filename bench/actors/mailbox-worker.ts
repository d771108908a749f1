/** The consuming end of the mailbox bench: a real actor that counts its letters where all threads see it. */
import { type Address, address, type Letter } from '../../src/protocol/envelope.ts';
import { type ActorEnvironment, defineActor } from '../../src/runtime/index.ts';
import { countHandled } from '../support/flow.ts';

export type CountLetter =
  | Letter<'Count', { readonly text: string }>
  | Letter<'Echo', { readonly text: string }>;
export interface CountReplies {
  Echo: { readonly text: string };
}
export const CONSUMER: Address<CountLetter, CountReplies> = address('bench-consumer');

export interface ConsumerSettings {
  readonly handled: SharedArrayBuffer;
}

export function createActor({ settings }: ActorEnvironment<ConsumerSettings>) {
  return defineActor<CountLetter, undefined>({
    name: CONSUMER.name,
    start: () => undefined,
    receive: (_state, letters, context) => {
      let counted = 0;
      for (const letter of letters) {
        if (letter.type === 'Count') counted += 1;
        else context.reply(letter, letter.body);
      }
      countHandled(settings.handled, counted);
    },
  });
}
