/**
 * Chains a log that is older than its chain, a step at a time with the actor free in between, so that a start
 * takes no longer however old the log is. Says how far it is, seldom.
 */
import type { ActorContext } from '../../runtime/index.ts';
import type { TickChain } from './tick-chain.ts';

/** About 15 ms of work. */
const TICKS_PER_STEP = 5_000;
const PAUSE_MS = 20;
const STEPS_PER_REPORT = 50;

export function keepChained(chain: TickChain, context: ActorContext, steps = 0): void {
  const waiting = chain.catchUp(TICKS_PER_STEP);
  if (waiting > 0) {
    if (steps % STEPS_PER_REPORT === 0) context.log.info({ waiting }, 'chaining recorded ticks');
    context.after(PAUSE_MS, () => keepChained(chain, context, steps + 1));
  } else if (steps > 0) {
    context.log.info({ headSeq: chain.head().seq }, 'all recorded ticks are chained');
  }
}
