/** What a thread of the compute pool does for `touchline fit` and `touchline backtest`: a file at a time. */
import type { ForecastWeights } from '../../domain/rules.ts';
import { type BacktestPart, type BacktestTask, backtest } from './backtest-file.ts';
import { countKnots, type KnotCounts } from './odds-fit.ts';
import { PriceFileError, readBars } from './price-file.ts';

export interface CountTask {
  readonly kind: 'count';
  readonly file: string;
  readonly columnMs: number;
  readonly weights: ForecastWeights;
}

/** `progress[slot]` is set to the permille done; shared memory, since a task cannot call back. */
export interface OddsTask {
  readonly work: CountTask | BacktestTask;
  readonly progress: Int32Array;
  readonly slot: number;
}

/** What is wrong with a file is told as a value: an error loses its class between threads. */
export type OddsResult = KnotCounts | BacktestPart | { readonly refused: string };

export function task({ work, progress, slot }: OddsTask): OddsResult {
  const onPlayed = (fraction: number): void => {
    progress[slot] = Math.floor(fraction * 1_000);
  };
  try {
    if (work.kind === 'count') return countKnots(readBars(work.file), work.columnMs, work.weights, onPlayed);
    return backtest(work, onPlayed);
  } catch (error) {
    if (error instanceof PriceFileError) return { refused: error.message };
    throw error;
  }
}
