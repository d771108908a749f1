/**
 * `touchline ledger`: what the ledger holds, asked of its file. `audit` reads only, also beside a running
 * system; `accept-rollback` is a person's word that a ledger which went back is to be gone on with.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RedisLedgerAnchor, readAnchorFile, writeAnchorFile } from '../actors/resolver/ledger-anchor.ts';
import { auditLedger } from '../actors/resolver/ledger-audit.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../actors/resolver/sqlite-ledger-store.ts';
import { anchorPath, ledgerPath, lockFiles, tickLogPath } from '../actors/tree.ts';
import { readConfig } from '../config.ts';
import { commandConnection, openSqlite, systemClock, systemRandom } from '../runtime/index.ts';
import { holdProcessLock } from '../runtime/sqlite/process-lock.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

export const ledger: Command = {
  summary: 'the ledger: ledger audit|accept-rollback',
  options: [
    'audit            every check, read-only, also beside a running system; exit code 1 if one fails',
    '--full           with audit: read every page of the file too',
    'accept-rollback  go on with a ledger that was refused as rolled back, replaced or missing',
    '--reason TEXT    with accept-rollback: why; it is kept in the ledger',
    '--data DIR       default: the data directory of this configuration',
  ],
  async run(args): Promise<CommandResult> {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { data: { type: 'string' }, full: { type: 'boolean' }, reason: { type: 'string' } },
      allowPositionals: true,
    });
    const [action, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('ledger takes one word: audit or accept-rollback');
    const dataDir = values.data === undefined ? readConfig().dataDir : resolve(values.data);
    if (action === 'audit') return audit(dataDir, values.full ?? false);
    if (action === 'accept-rollback') return acceptRollback(dataDir, values.reason);
    throw new UsageError(`ledger audit|accept-rollback, not "${action ?? ''}"`);
  },
};

function audit(dataDir: string, full: boolean): CommandResult {
  const path = ledgerPath({ dataDir });
  if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  const startedMs = systemClock.monotonicMs();
  const result = auditLedger({
    ...{ ledgerPath: path, anchorPath: anchorPath({ dataDir }), full, onProgress: progress },
    lastAppliedAtMs: (seq) => tickTimeMs(tickLogPath({ dataDir }), seq),
  });
  const tookMs = Math.round(systemClock.monotonicMs() - startedMs);
  return { json: { ...result, tookMs }, exitCode: result.ok ? 0 : 1 };
}

function tickTimeMs(path: string, seq: number): number | undefined {
  if (!existsSync(path)) return undefined;
  const db = openSqlite({ path, readonly: true, migrations: 'any' });
  try {
    return db.prepare<[number], { at_ms: number }>('SELECT at_ms FROM ticks WHERE seq = ?').get(seq)?.at_ms;
  } finally {
    db.close();
  }
}

async function acceptRollback(dataDir: string, reason: string | undefined): Promise<CommandResult> {
  if (!reason) throw new UsageError('ledger accept-rollback needs --reason TEXT: it is kept in the ledger');
  const locks = lockFiles({ dataDir, TOUCHLINE_ACTORS: ['resolver'] }).map(holdProcessLock);
  const path = anchorPath({ dataDir });
  const anchored = readable(path);
  const store = new SqliteLedgerStore(openLedgerDatabase(ledgerPath({ dataDir })));
  try {
    const before = store.books.head();
    const { cursorSeq } = await store.load();
    const said = anchored ? `${anchored.ledgerId} ${anchored.commitSeq} ${anchored.hash}` : 'unreadable';
    const id = systemRandom.id();
    const action = { id, actor: userInfo().username, action: 'accept-rollback', target: said } as const;
    const about = { reason, atMs: systemClock.nowMs(), tickSeq: cursorSeq, bets: 0 };
    await store.commit({ booked: [], answers: [], actions: [{ ...action, ...about }], cursorSeq });
    const head = store.books.head();
    writeAnchorFile(path, head);
    const isCopied = await copyHead(head);
    progress(`accepted: the anchor said ${said}, the ledger goes on behind commit ${before.commitSeq}`);
    if (!isCopied) progress('the copy in Redis could not be written; say it again when Redis runs');
    return { json: { anchored: anchored ?? null, before, head, auditId: id, isCopied }, exitCode: 0 };
  } finally {
    await store.close();
    for (const lock of locks) lock.release();
  }
}

function readable(path: string) {
  try {
    return readAnchorFile(path);
  } catch {
    return undefined;
  }
}

/** Else the copy would refuse the next start. */
async function copyHead(head: Parameters<RedisLedgerAnchor['write']>[0]): Promise<boolean> {
  const redis = commandConnection(readConfig().REDIS_URL);
  redis.on('error', () => {});
  try {
    await redis.connect();
    await new RedisLedgerAnchor(redis).write(head);
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
