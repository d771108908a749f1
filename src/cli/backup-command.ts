/**
 * `touchline backup DIR`: both databases and the anchor, of a running system or a stopped one, audited.
 *
 * The ledger is copied before the ticks, so that the ticks reach at least as far. The anchor that goes with
 * the copy is the copy's own head. Not copied: Redis (nothing that matters is only there) and keys.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeAnchorFile } from '../actors/resolver/ledger-anchor.ts';
import { auditLedger } from '../actors/resolver/ledger-audit.ts';
import { anchorPath, ledgerPath, tickLogPath } from '../actors/tree.ts';
import { readConfig } from '../config.ts';
import { copyDatabase } from '../runtime/sqlite/copy-database.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

export const backup: Command = {
  summary: 'a copy of ledger and ticks that can be started: backup DIR',
  options: [
    'DIR         a new or empty directory',
    '--data DIR  what to copy; default: the data directory of this configuration',
  ],
  async run(args): Promise<CommandResult> {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { data: { type: 'string' } },
      allowPositionals: true,
    });
    const [to, ...rest] = positionals;
    if (to === undefined || rest.length > 0) throw new UsageError('backup DIR');
    const from = values.data === undefined ? readConfig().dataDir : resolve(values.data);
    return copy({ dataDir: from }, { dataDir: resolve(to) });
  },
};

function copy(from: { readonly dataDir: string }, to: { readonly dataDir: string }): CommandResult {
  if (!existsSync(ledgerPath(from))) throw new UsageError(`there is no ${ledgerPath(from)}`);
  for (const path of [ledgerPath(to), tickLogPath(to), anchorPath(to)])
    if (existsSync(path)) throw new UsageError(`${path} is there already`);
  mkdirSync(to.dataDir, { recursive: true });
  progress('copying the ledger');
  copyDatabase(ledgerPath(from), ledgerPath(to));
  progress('copying the ticks');
  if (existsSync(tickLogPath(from))) copyDatabase(tickLogPath(from), tickLogPath(to));
  const { ok, head, transfers, checks } = auditLedger({
    ...{ ledgerPath: ledgerPath(to), anchorPath: anchorPath(to), full: false, onProgress: progress },
    lastAppliedAtMs: () => undefined,
  });
  if (head) writeAnchorFile(anchorPath(to), head);
  const failed = checks.filter((check) => !check.ok);
  return { json: { directory: to.dataDir, ok, head, transfers, failed }, exitCode: ok ? 0 : 1 };
}
