/** Runs odds work on all cores, one file a task, with a progress bar on standard error. */
import { availableParallelism } from 'node:os';
import { createComputePool } from '../../runtime/index.ts';
import { UsageError } from '../command.ts';
import type { BacktestPart, BacktestTask } from './backtest-file.ts';
import type { KnotCounts } from './odds-fit.ts';
import type { CountTask, OddsResult, OddsTask } from './odds-task.ts';

const REDRAW_MS = 500;
const BAR_WIDTH = 30;

export function runOddsWork(title: string, work: readonly CountTask[]): Promise<KnotCounts[]>;
export function runOddsWork(title: string, work: readonly BacktestTask[]): Promise<BacktestPart[]>;
export async function runOddsWork(
  title: string,
  work: readonly (CountTask | BacktestTask)[],
): Promise<(KnotCounts | BacktestPart)[]> {
  const pool = createComputePool<OddsTask, OddsResult>({
    module: new URL('./odds-task.ts', import.meta.url),
    threads: Math.max(1, Math.min(work.length, availableParallelism())),
    queueMax: work.length,
  });
  const progress = new Int32Array(new SharedArrayBuffer(4 * work.length));
  const draw = (): void => drawBar(title, progress);
  const timer = setInterval(draw, REDRAW_MS);
  try {
    const results = await Promise.all(work.map((item, slot) => pool.run({ work: item, progress, slot })));
    return results.map((result) => {
      if ('refused' in result) throw new UsageError(result.refused);
      return result;
    });
  } finally {
    clearInterval(timer);
    draw();
    process.stderr.write('\n');
    await pool.close();
  }
}

function drawBar(title: string, progress: Int32Array): void {
  const fraction = progress.reduce((sum, permille) => sum + permille, 0) / (1_000 * progress.length);
  const filled = Math.round(fraction * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  process.stderr.write(`\r${title} ${bar} ${(100 * fraction).toFixed(0).padStart(3)} %`);
}
