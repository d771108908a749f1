/**
 * What a supervisor does when a child ended by itself: the whole of the strategies, as one pure function.
 *
 * As in OTP: a child that does not come back takes nobody with it. One that does takes those its strategy
 * names: they are stopped in reverse order and started in order, whatever their restart type (it is about
 * their own ends), but for temporary ones, which are never started again. A transient sibling that had
 * finished is started again with the others: the group begins anew.
 */
import type { RestartType, Strategy } from './child-spec.ts';

export interface Sibling {
  readonly restart: RestartType;
  /** Has a life that needs to be stopped. */
  readonly isAlive: boolean;
}

/** Indexes of children, in the order in which to handle them. */
export interface ExitPlan {
  readonly stop: readonly number[];
  readonly start: readonly number[];
}

const NOTHING: ExitPlan = { stop: [], start: [] };

export const comesBack = (restart: RestartType, crashed: boolean): boolean =>
  restart === 'permanent' || (restart === 'transient' && crashed);

export function planAfterExit(
  strategy: Strategy,
  siblings: readonly Sibling[],
  exited: number,
  crashed: boolean,
): ExitPlan {
  const offender = siblings[exited];
  if (!offender || !comesBack(offender.restart, crashed)) return NOTHING;
  const affected = [...siblings.keys()].filter((index) => isAffected(strategy, index, exited));
  return {
    stop: affected.filter((index) => index !== exited && siblings[index]?.isAlive).reverse(),
    start: affected.filter((index) => siblings[index]?.restart !== 'temporary'),
  };
}

function isAffected(strategy: Strategy, index: number, exited: number): boolean {
  switch (strategy) {
    case 'one_for_one':
      return index === exited;
    case 'one_for_all':
      return true;
    case 'rest_for_one':
      return index >= exited;
    default:
      return strategy satisfies never;
  }
}
