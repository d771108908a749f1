/**
 * `touchline market`: what an operator may do to the running market. Every command is kept in the ledger with
 * who, when and why. There is none that sets a price or an outcome.
 */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { operatorTokenPath } from '../actors/tree.ts';
import { readConfig } from '../config.ts';
import type { OperatorCommand } from '../protocol/letters/operate-market.ts';
import { systemRandom } from '../runtime/index.ts';
import { type Command, type CommandResult, UsageError } from './command.ts';

export const market: Command = {
  summary: 'the running market: market status|pause|resume|void',
  options: [
    'status             whether bets are taken, and what operators did',
    'pause              take no more bets; open ones run on',
    'resume             take bets again',
    'void BET           give the stake of an open bet back',
    'void --column FROM-TO  of all open bets of a column, ms since the Unix epoch',
    '--reason TEXT      why; it is kept in the ledger (not for status)',
    '--actor NAME       who; default: the name of the user',
    '--id ID            a name for the command; sent twice under it, it is done once',
    '--admin URL        default: the admin port of this configuration',
    '--data DIR         where operator.token is; default: the data directory of this configuration',
  ],
  async run(args): Promise<CommandResult> {
    const text = { type: 'string' } as const;
    const options = { admin: text, data: text, reason: text, actor: text, id: text, column: text };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const config = readConfig();
    const admin = values.admin ?? `http://127.0.0.1:${config.ADMIN_PORT}`;
    const dataDir = values.data === undefined ? config.dataDir : resolve(values.data);
    const headers = { authorization: `Bearer ${readToken(operatorTokenPath({ dataDir }))}` };
    const [action = 'status', betId, ...rest] = positionals;
    if (rest.length > 0 || (betId !== undefined && action !== 'void'))
      throw new UsageError('market status|pause|resume|void [BET]');
    if (action === 'status') return exchange(new URL('/operations', admin), { headers });
    if (!values.reason)
      throw new UsageError(`market ${action} needs --reason TEXT: it is kept in the ledger`);
    const body = JSON.stringify({
      id: values.id ?? systemRandom.id(),
      actor: values.actor ?? userInfo().username,
      reason: values.reason,
      command: commandOf(action, betId, values.column),
    });
    return exchange(new URL('/operate', admin), { method: 'POST', headers, body });
  },
};

function commandOf(action: string, betId: string | undefined, column: string | undefined): OperatorCommand {
  if (action === 'pause' || action === 'resume') return { type: action };
  if (action !== 'void') throw new UsageError(`market status|pause|resume|void, not "${action}"`);
  if (betId !== undefined && column === undefined) return { type: 'void', betId };
  const window = /^(\d{1,15})-(\d{1,15})$/.exec(column ?? '');
  if (betId !== undefined || !window)
    throw new UsageError('market void BET, or market void --column FROM-TO');
  return { type: 'void-column', opensAtMs: Number(window[1]), closesAtMs: Number(window[2]) };
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new UsageError(`${path} cannot be read: the core makes it when it starts, for its own user`);
  }
}

async function exchange(url: URL, init: RequestInit): Promise<CommandResult> {
  const answer = await fetch(url, init).catch(() => undefined);
  if (!answer) throw new UsageError(`nothing answers at ${url.origin}; is the core running?`);
  return { json: await answer.json(), exitCode: answer.ok ? 0 : 1 };
}
