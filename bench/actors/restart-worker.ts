/** Throws when it is told to, and notes when it threw and when its next life handled that letter again. */
import { type Address, address, type Letter } from '../../src/protocol/envelope.ts';
import { type ActorEnvironment, defineActor } from '../../src/runtime/index.ts';

export type CrashLetter = Letter<'CrashOnce', Record<never, never>>;
export interface CrashReplies {
  /** How long the actor was away. */
  CrashOnce: { awayMs: number };
}
export const CRASHER: Address<CrashLetter, CrashReplies> = address('crasher');

export interface CrasherSettings {
  /** One Float64, shared by all lives: when the last one threw. */
  readonly thrownAtMs: SharedArrayBuffer;
}

/** One axis for all threads of the process. */
const nowMs = (): number => performance.timeOrigin + performance.now();

export function createActor({ settings }: ActorEnvironment<CrasherSettings>) {
  const thrownAtMs = new Float64Array(settings.thrownAtMs);
  return defineActor<CrashLetter, undefined>({
    name: CRASHER.name,
    start: () => undefined,
    receive: (_state, letters, context) => {
      for (const letter of letters) {
        if (letter.attempt === 1) {
          thrownAtMs[0] = nowMs();
          throw new Error('thrown on purpose');
        }
        context.reply(letter, { awayMs: nowMs() - (thrownAtMs[0] ?? 0) });
      }
    },
  });
}
