/**
 * Brings one connection from where it was to now, in pieces and at its reader's pace. Whatever happens
 * meanwhile is kept with the rest, so it comes in order, once; `join` is called in the same moment in which
 * nothing is left.
 */
import type { SharedPush } from './push-frame.ts';
import type { SocketSender } from './socket-sender.ts';

/** Pushes after a place in a numbering, and the number of the last one. */
export interface Missed {
  readonly pushes: readonly SharedPush[];
  readonly upToSeq: number;
  readonly isAll: boolean;
}

export interface CatchUp {
  readonly sender: Pick<SocketSender, 'push' | 'room'>;
  readonly sinceSeq: number;
  /** Undefined: not all of it is kept any more. */
  readonly missedAfter: (seq: number) => Missed | undefined;
  readonly join: () => void;
  /** The client has asked for something else meanwhile. */
  readonly isSuperseded: () => boolean;
  /** The reader was too slow for what is kept. */
  readonly fellBehind: () => void;
}

/** About a quarter of what may wait for a reader. */
export const PUSHES_PER_PIECE = 50;

export async function catchUp(options: CatchUp): Promise<void> {
  const { sender, missedAfter, join, isSuperseded, fellBehind } = options;
  let seq = options.sinceSeq;
  for (;;) {
    const missed = missedAfter(seq);
    if (!missed) return fellBehind();
    for (const push of missed.pushes) sender.push(push);
    if (missed.isAll) return join();
    seq = missed.upToSeq;
    if (!(await sender.room()) || isSuperseded()) return;
  }
}
