/**
 * `touchline backtest`: plays recorded prices through the product's own odds, causally, over every cell that
 * would have been offered, and prints how often they were hit against how often the odds said.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { COLUMN_LENGTHS_MS } from '../../domain/cell.ts';
import { type Command, type CommandResult, progress, UsageError } from '../command.ts';
import type { BacktestTask } from './backtest-file.ts';
import { type BacktestReport, backtestReport } from './backtest-report.ts';
import { fitFiles } from './fit-command.ts';
import { repeatOptions } from './list-options.ts';
import { type OddsParams, parseOddsParams, shippedOdds } from './odds-params.ts';
import { runOddsWork } from './odds-pool.ts';
import { reliabilityHtml } from './reliability-html.ts';

const KLINE_COLUMNS = '60s';
const TICK_COLUMNS = '5s,15s';
const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;

export const backtest: Command = {
  summary: 'implied against realised over every offered cell of recorded prices, causally',
  options: [
    '--klines FILE…   Binance Vision bars, CSV, plain or gzipped',
    '--ticks FILE…    recorded quotes or trades, CSV, plain or gzipped',
    `--columns LIST   column lengths, default ${KLINE_COLUMNS} for bars and ${TICK_COLUMNS} for ticks`,
    '--train FILE…    bars to fit the odds on first, default: the odds the product ships',
    '--params FILE    odds fitted before by touchline fit',
    '--report FILE    a reliability diagram and tables, HTML',
  ],
  async run(args): Promise<CommandResult> {
    const options = readOptions(args);
    const params = await paramsOf(options);
    const parts = await runOddsWork('playing', tasksOf(options, params));
    const report = backtestReport(parts, params.fittedOn);
    if (options.report !== undefined) {
      writeFileSync(options.report, reliabilityHtml(report));
      progress(`diagram in ${options.report}`);
    }
    summarise(report);
    return { json: report, exitCode: 0 };
  },
};

interface BacktestOptions {
  readonly klines: readonly string[];
  readonly ticks: readonly string[];
  readonly columns: string | undefined;
  readonly train: readonly string[];
  readonly params: string | undefined;
  readonly report: string | undefined;
}

/** `--klines a b --ticks c`: files that follow an option belong to it. */
function readOptions(args: readonly string[]): BacktestOptions {
  const options = {
    klines: { type: 'string', multiple: true },
    ticks: { type: 'string', multiple: true },
    train: { type: 'string', multiple: true },
    columns: { type: 'string' },
    params: { type: 'string' },
    report: { type: 'string' },
  } as const;
  const { values } = parseArgs({ args: repeatOptions(args, ['klines', 'ticks', 'train']), options });
  const { klines = [], ticks = [], train = [] } = values;
  if (klines.length + ticks.length === 0)
    throw new UsageError('backtest needs --klines FILE… or --ticks FILE…');
  if (train.length > 0 && values.params !== undefined) throw new UsageError('--train or --params, not both');
  return { klines, ticks, train, columns: values.columns, params: values.params, report: values.report };
}

async function paramsOf(options: BacktestOptions): Promise<OddsParams> {
  if (options.train.length > 0) return fitFiles(options.train);
  if (options.params === undefined) return shippedOdds();
  try {
    return parseOddsParams(readFileSync(options.params, 'utf8'));
  } catch (error) {
    throw new UsageError(`${options.params}: ${(error as Error).message}`);
  }
}

function tasksOf(options: BacktestOptions, params: OddsParams): BacktestTask[] {
  const tasks = (kind: BacktestTask['kind'], files: readonly string[], fallback: string): BacktestTask[] =>
    files.flatMap((file) =>
      columnLengths(options.columns ?? fallback).map((columnMs) => ({ kind, file, columnMs, params })),
    );
  const klines = tasks('klines', options.klines, KLINE_COLUMNS);
  const tooShort = klines.find(({ columnMs }) => columnMs % MS_PER_MINUTE !== 0);
  if (tooShort) throw new UsageError('on bars, columns are whole minutes');
  return [...klines, ...tasks('ticks', options.ticks, TICK_COLUMNS)];
}

/** "5s,15s,1m" */
export function columnLengths(text: string): number[] {
  return text.split(',').map((part) => {
    const match = /^(\d+)(s|m)$/.exec(part.trim());
    const columnMs = match ? Number(match[1]) * (match[2] === 'm' ? MS_PER_MINUTE : MS_PER_SECOND) : 0;
    if (!COLUMN_LENGTHS_MS.includes(columnMs)) {
      const known = COLUMN_LENGTHS_MS.map((ms) => `${ms / MS_PER_SECOND}s`).join(', ');
      throw new UsageError(`--columns: "${part}" is not one of ${known}`);
    }
    return columnMs;
  });
}

function summarise({ byMultiplier, cells, rtp, adversarialRtp, worstBucket }: BacktestReport): void {
  for (const { columnSeconds, multiplier, n, implied, realised, rtp: paid } of byMultiplier) {
    const chances = `implied ${(100 * implied).toFixed(2)} %  realised ${(100 * realised).toFixed(2)} %`;
    progress(`${columnSeconds} s  from ${String(multiplier).padEnd(4)}×  n ${n}  ${chances}  paid ${paid}`);
  }
  progress(`${cells} cells, players got back ${rtp}, the best adversary ${adversarialRtp}`);
  if (worstBucket && !worstBucket.isWithin) {
    progress(`worst: from ${worstBucket.multiplier}×, ${(100 * worstBucket.points).toFixed(2)} points off`);
  }
}
