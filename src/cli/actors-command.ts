/**
 * `touchline actors`: the live supervision tree of a running process, drawn anew every second until Ctrl-C.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import type { ActorsReport, MemberReport } from '../runtime/index.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

const REFRESH_MS = 1_000;
const MIB = 1024 * 1024;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';
const COLUMNS = ['actor', 'state', 'restart', 'restarts', 'mailbox', 'turns', 'lag', 'heap', 'last error'];
const ERROR_LENGTH_MAX = 60;

export const actors: Command = {
  summary: 'the live tree of a running process: state, restarts, mailbox, lag, memory',
  options: [
    '--admin URL   default: the admin port of this configuration; an edge has its own',
    '--once        draw it once',
  ],
  async run(args): Promise<CommandResult> {
    const options = { admin: { type: 'string' }, once: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const adminUrl = values.admin ?? `http://127.0.0.1:${readConfig().ADMIN_PORT}`;
    const report = values.once ? await readReport(adminUrl) : await watch(adminUrl);
    if (values.once) progress(drawReport(report));
    return { json: { admin: adminUrl, ...report }, exitCode: report.ready ? 0 : 1 };
  },
};

async function readReport(adminUrl: string): Promise<ActorsReport> {
  const answer = await fetch(new URL('/actors', adminUrl)).catch(() => undefined);
  if (!answer?.ok) throw new UsageError(`nothing answers at ${adminUrl}/actors; is the system running?`);
  return (await answer.json()) as ActorsReport;
}

/** Until Ctrl-C; the last report. A process that is away is waited for, once it was seen. */
async function watch(adminUrl: string): Promise<ActorsReport> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  let report = await readReport(adminUrl);
  let note = '';
  while (!interrupted.signal.aborted) {
    progress(`${CLEAR_SCREEN}${drawReport(report)}\n\n${note || 'Ctrl-C ends'}`);
    await sleep(REFRESH_MS, undefined, { signal: interrupted.signal }).catch(() => {});
    try {
      report = await readReport(adminUrl);
      note = '';
    } catch (error) {
      note = error instanceof Error ? error.message : String(error);
    }
  }
  return report;
}

/** The tree as text, one line for the main thread, each child and each supervisor. */
export function drawReport(report: ActorsReport): string {
  const { pid, ready, residentBytes, mainThread, actors: members } = report;
  const main = ['main thread', '', '', '', '', '', ms(mainThread.loopDelayMs), mib(mainThread.heapBytes), ''];
  const rows = [COLUMNS, main, ...members.flatMap((member) => rowsOf(member, ''))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    `process ${pid}: ${ready ? 'ready' : 'not ready'}, ${mib(residentBytes)} resident`,
    '',
    ...lines,
  ].join('\n');
}

function rowsOf(member: MemberReport, indent: string): string[][] {
  const { id, state, restart, restarts } = member;
  const error = shortened(member.lastError ?? '');
  const common = [`${indent}${id}`, state, restart, String(restarts)];
  if (member.kind === 'supervisor') {
    const children = member.children.flatMap((child) => rowsOf(child, `${indent}  `));
    return [[...common, '', '', '', '', [member.strategy, error].filter(Boolean).join('; ')], ...children];
  }
  const { health } = member;
  if (!health) return [[...common, '', '', '', '', error]];
  const { mailboxDepth, turns, loopDelayMs, heapBytes } = health;
  return [[...common, String(mailboxDepth), String(turns), ms(loopDelayMs), mib(heapBytes), error]];
}

const ms = (durationMs: number): string => `${durationMs.toFixed(0)} ms`;

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;

const shortened = (text: string): string => {
  const [line = ''] = text.split('\n');
  return line.length > ERROR_LENGTH_MAX ? `${line.slice(0, ERROR_LENGTH_MAX - 1)}…` : line;
};
