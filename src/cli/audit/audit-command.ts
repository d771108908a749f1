/**
 * `touchline audit`: derives every settlement anew from the tick log and holds it against the ledger, follows
 * the hash chain to every signed checkpoint, and adds up the money. Reads only; on live files, or on a copy.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../config.ts';
import { type Command, type CommandResult, progress, UsageError } from '../command.ts';
import { ProgressBar } from '../progress-bar.ts';
import { BookedBets } from './booked-bets.ts';
import { RecordedTicks } from './recorded-ticks.ts';
import { audit as runAudit } from './settlement-audit.ts';

export const audit: Command = {
  summary: 'derives every settlement anew from the tick log and compares it with the ledger',
  options: ['--data DIR   default: the data directory of this configuration'],
  async run(args): Promise<CommandResult> {
    const { values } = parseArgs({ args: [...args], options: { data: { type: 'string' } } });
    const dataDir = resolve(values.data ?? readConfig().dataDir);
    const [ledgerPath, tickLogPath] = [join(dataDir, 'ledger.sqlite'), join(dataDir, 'ticks.sqlite')];
    for (const path of [ledgerPath, tickLogPath])
      if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
    const startedMs = performance.now();
    // The ledger first: the log may then know more than it, never less.
    const bets = new BookedBets(ledgerPath);
    const ticks = new RecordedTicks(tickLogPath);
    try {
      const [betCount, lastSeq] = [bets.count, ticks.lastSeq];
      const bar = new ProgressBar('audit');
      const findings = runAudit(ticks, bets, (ticksDone, betsDone) =>
        bar.show(
          lastSeq === 0 ? 1 : ticksDone / lastSeq,
          `${ticksDone} ticks, ${betsDone} of ${betCount} bets`,
        ),
      );
      const { mismatches, ledgerProblems, chainProblems, problems } = findings;
      for (const problem of problems) progress(problem);
      const seconds = Number(((performance.now() - startedMs) / 1_000).toFixed(3));
      const isClean = mismatches + ledgerProblems + chainProblems === 0;
      return {
        json: { ...findings, signers: [...findings.signers], seconds },
        exitCode: isClean ? 0 : 1,
      };
    } finally {
      bets.close();
      ticks.close();
    }
  },
};
