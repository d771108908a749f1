/**
 * `touchline import FILE…`: recorded klines and ticks into the tick log of a data directory that no system is
 * using, as if they had been recorded here. All or nothing of what is checked; see tick-import.ts.
 */
import { mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteTickLog } from '../../actors/history-writer/sqlite-tick-log.ts';
import { lockFiles, tickLogPath } from '../../actors/tree.ts';
import { readConfig } from '../../config.ts';
import { DEFAULT_MARKET_RULES } from '../../domain/rules.ts';
import { SYMBOL } from '../../domain/tick.ts';
import { holdProcessLock, LockHeldError, type ProcessLock } from '../../runtime/sqlite/process-lock.ts';
import { type Command, type CommandResult, progress, UsageError } from '../command.ts';
import { ProgressBar } from '../progress-bar.ts';
import { ImportRefused, importTicks } from './tick-import.ts';

/** Nobody may write the log, and nobody may be settling from it. */
const WRITERS = ['history-writer', 'resolver'] as const;
/** So many bad rows are told one by one; the rest are counted. */
const BAD_ROWS_TOLD_MAX = 20;
const EXIT_INTERRUPTED = 130;

export const importCommand: Command = {
  summary: 'recorded klines and ticks into the tick log of a system that is not running',
  options: [
    'FILE…           oldest first, gzipped or not: Binance klines (ms or µs), book ticker and trade CSV,',
    '                Kraken trades, at_ms,mid_cents, raw Binance frames; a bar becomes four ticks',
    '--data DIR      default: the data directory of this configuration',
    `--symbol NAME   default and only market: ${SYMBOL}`,
    '--skip-bad      leave malformed rows out and count them, instead of refusing the whole',
  ],
  async run(args): Promise<CommandResult> {
    const { values, positionals: files } = parseArgs({
      args: [...args],
      options: { data: { type: 'string' }, symbol: { type: 'string' }, 'skip-bad': { type: 'boolean' } },
      allowPositionals: true,
    });
    if (files.length === 0) throw new UsageError('import needs a file');
    if ((values.symbol ?? SYMBOL) !== SYMBOL) throw new UsageError(`the only market is ${SYMBOL}`);
    const config = readConfig();
    const dataDir = values.data === undefined ? config.dataDir : resolve(values.data);
    return importInto(dataDir, files, values['skip-bad'] ?? false);
  },
};

async function importInto(
  dataDir: string,
  files: readonly string[],
  skipBad: boolean,
): Promise<CommandResult> {
  mkdirSync(dataDir, { recursive: true });
  const locks: ProcessLock[] = [];
  try {
    for (const path of lockFiles({ dataDir, TOUCHLINE_ACTORS: [...WRITERS] }))
      locks.push(holdProcessLock(path));
    return await importLocked(dataDir, files, skipBad);
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    const { refused, file, line, reason } = refusal;
    progress(`${refused}: ${file === undefined ? '' : `${file}:${line}: `}${reason}`);
    return { json: { dataDir, ...refusal, imported: 0 }, exitCode: 1 };
  } finally {
    for (const lock of locks) lock.release();
  }
}

async function importLocked(
  dataDir: string,
  files: readonly string[],
  skipBad: boolean,
): Promise<CommandResult> {
  const interrupted = new AbortController();
  const onInterrupt = (): void => interrupted.abort();
  process.once('SIGINT', onInterrupt);
  const log = openSqliteTickLog(tickLogPath({ dataDir }));
  try {
    const { show, end } = progressOf(files);
    const report = await importTicks({
      ...{ log, files, tickMs: DEFAULT_MARKET_RULES.tickMs, nowMs: Date.now(), signal: interrupted.signal },
      onProgress: show,
      ...(skipBad ? { onBadRow: tellOfFirst(BAD_ROWS_TOLD_MAX) } : {}),
    });
    if (!report.interrupted) end(report.imported);
    return { json: { dataDir, ...report }, exitCode: report.interrupted ? EXIT_INTERRUPTED : 0 };
  } finally {
    process.off('SIGINT', onInterrupt);
    log.close();
  }
}

function progressOf(files: readonly string[]) {
  const bytesTotal = files.reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const bars = { checking: new ProgressBar('checking '), importing: new ProgressBar('importing') };
  const note = (ticks: number): string => `${ticks.toLocaleString('en')} ticks`;
  return {
    // What was read last is not worked through yet.
    show: (pass: keyof typeof bars, bytesRead: number, ticks: number): void =>
      bars[pass].show(Math.min(0.99, bytesRead / Math.max(1, bytesTotal)), note(ticks)),
    end: (ticks: number): void => bars.importing.show(1, note(ticks)),
  };
}

function tellOfFirst(count: number) {
  let told = 0;
  return (file: string, line: number, reason: string): void => {
    told += 1;
    if (told <= count) progress(`left out: ${file}:${line}: ${reason}`);
  };
}

interface Refusal {
  readonly refused: string;
  readonly file?: string;
  readonly line?: number;
  readonly reason: string;
}

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof LockHeldError) return { refused: error.code, reason: error.message };
  if (!(error instanceof ImportRefused)) return undefined;
  const { code, file, line, message } = error;
  return { refused: code, file, line, reason: message };
}
