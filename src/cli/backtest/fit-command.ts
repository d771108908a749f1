/** `touchline fit`: odds fitted on recorded bars, as a file that `touchline backtest --params` reads. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type Command, type CommandResult, progress, UsageError } from '../command.ts';
import { fittedModule } from './fitted-module.ts';
import { repeatOptions } from './list-options.ts';
import { fittedParams, fitWeights } from './odds-fit.ts';
import type { OddsParams } from './odds-params.ts';
import { runOddsWork } from './odds-pool.ts';
import { PriceFileError, readBars } from './price-file.ts';

const FIT_COLUMN_MS = 60_000;

export const fit: Command = {
  summary: 'fits the odds on recorded bars: the volatility forecast and the prior of the calibration',
  options: [
    '--klines FILE…   Binance Vision bars, CSV, plain or gzipped',
    '--out FILE       where the parameters go: JSON, or the module the product ships if it ends in .ts',
  ],
  async run(args): Promise<CommandResult> {
    const options = {
      klines: { type: 'string', multiple: true },
      out: { type: 'string' },
    } as const;
    const { values } = parseArgs({ args: repeatOptions(args, ['klines']), options });
    const files = values.klines ?? [];
    if (files.length === 0 || values.out === undefined) {
      throw new UsageError('fit --klines FILE… --out FILE');
    }
    const params = await fitFiles(files);
    writeFileSync(
      values.out,
      values.out.endsWith('.ts') ? fittedModule(params) : `${JSON.stringify(params)}\n`,
    );
    progress(`fitted odds in ${values.out}`);
    return { json: { out: values.out, fittedOn: params.fittedOn, weights: params.weights }, exitCode: 0 };
  },
};

export async function fitFiles(files: readonly string[]): Promise<OddsParams> {
  const series = files.map((file) => readFile(file));
  const weights = fitWeights(series);
  const counts = await runOddsWork(
    'fitting',
    files.map((file) => ({ kind: 'count', file, columnMs: FIT_COLUMN_MS, weights })),
  );
  return fittedParams(
    files.map((file) => basename(file)),
    weights,
    counts,
  );
}

function readFile(file: string) {
  try {
    return readBars(file);
  } catch (error) {
    throw error instanceof PriceFileError ? new UsageError(error.message) : error;
  }
}
