/**
 * What one member of a supervisor may spend on restarts: how many within a window (more: its supervisor gives
 * up), and how long to wait before each. Pure: time and randomness are handed in.
 *
 * The two forget on their own terms: the window slides, the backoff begins anew after a life that lasted.
 */
import type { Random } from '../random.ts';
import { backoffMs } from './backoff.ts';
import { RestartWindow } from './restart-window.ts';

export interface BudgetTerms {
  readonly restartsMax: number;
  readonly restartWindowMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMsMax: number;
  /** A life at least this long was a stable one: the next restart is immediate again. */
  readonly backoffResetMs: number;
}

export class RestartBudget {
  readonly #terms: BudgetTerms;
  readonly #window: RestartWindow;
  #inARow = 0;

  constructor(terms: BudgetTerms) {
    this.#terms = terms;
    this.#window = new RestartWindow(terms.restartsMax, terms.restartWindowMs);
  }

  /** Spends one restart after a life of `livedMs`: the delay before it, or undefined if none is left. */
  spend(nowMs: number, livedMs: number, random: Random): number | undefined {
    const { backoffFirstMs: firstMs, backoffMsMax: msMax, backoffResetMs } = this.#terms;
    if (livedMs >= backoffResetMs) this.#inARow = 0;
    if (!this.#window.allow(nowMs)) return undefined;
    this.#inARow += 1;
    return backoffMs(this.#inARow, { firstMs, msMax }, random);
  }
}
