/** Whether bets are taken, and who said not: an operator, or what was found in the ledger. */
import type { PauseReason } from '../../protocol/letters/operate-market.ts';
import type { ResolverState } from './resolver-state.ts';

/** To be called when one of the causes may have changed. A wrong ledger goes before an operator's word. */
export function updatePause(state: ResolverState): void {
  state.pauseReason = reasonOf(state);
  state.book.paused = state.pauseReason !== undefined;
}

function reasonOf({ areBooksBroken, watch, isOperatorPaused }: ResolverState): PauseReason | undefined {
  if (areBooksBroken || watch.isBroken) return 'LEDGER_CHECK';
  return isOperatorPaused ? 'OPERATOR' : undefined;
}
