/** The real Broadcaster in its thread, and a signal that makes one of them throw, as a defect in it would. */
import type { BroadcasterSettings } from '../../../src/actors/broadcaster/broadcaster-settings.ts';
import { createActor as createBroadcaster } from '../../../src/actors/broadcaster/broadcaster-worker.ts';
import type { Channel } from '../../../src/protocol/envelope.ts';
import type { ActorContext, ActorEnvironment } from '../../../src/runtime/index.ts';

export const CRASH_KINDS = ['handler', 'turn', 'timer', 'promise', 'exit'] as const;
export type CrashKind = (typeof CRASH_KINDS)[number];

export interface CrashOrder {
  /** Which broadcaster. */
  readonly id: string;
  /**
   * Where it throws: in a signal's handler, in a turn of the actor, in a timer or a promise nobody guards; or
   * it ends its thread without a word.
   */
  readonly kind: CrashKind;
}

export const crashOrders: Channel<CrashOrder> = { name: 'test-crash-orders' };

export function createActor(environment: ActorEnvironment<BroadcasterSettings>) {
  const broadcaster = createBroadcaster(environment);
  return {
    ...broadcaster,
    start: async (context: ActorContext) => {
      const state = await broadcaster.start(context);
      await context.subscribe(crashOrders, ({ id, kind }) => {
        if (id === context.self) crash(kind, context);
      });
      return state;
    },
  };
}

function crash(kind: CrashKind, context: ActorContext): void {
  const fail = (): never => {
    throw new Error(`thrown on purpose: ${kind}`);
  };
  switch (kind) {
    case 'handler':
      fail();
      break;
    case 'turn':
      context.after(0, fail);
      break;
    case 'timer':
      setTimeout(fail, 0);
      break;
    case 'promise':
      void Promise.resolve().then(fail);
      break;
    case 'exit':
      process.exit(3);
      break;
    default:
      kind satisfies never;
  }
}
