/**
 * Everything a ledger must hold, asked of its file: read-only, on a live one or a copy, all of it in one
 * state (one read transaction). Each check says in words what is wrong.
 *
 * Non-goals: whether outcomes follow from the ticks (`touchline audit` derives them anew); mending anything.
 */
import { decodeRows } from '../../protocol/codec.ts';
import { openSqlite, type SqliteDatabase } from '../../runtime/index.ts';
import { readAnchorFile } from './ledger-anchor.ts';
import { type AuditQuery, LEDGER_QUERIES } from './ledger-audit-queries.ts';
import type { LedgerHead } from './ledger-chain.ts';
import { historyOf, type LedgerHistory, refuseOlderThan } from './ledger-guard.ts';
import { LedgerReplay } from './ledger-replay.ts';
import { LEDGER_MIGRATIONS } from './sqlite-ledger-store.ts';

export interface AuditOptions {
  readonly ledgerPath: string;
  readonly anchorPath: string;
  /** With it, no bet may be open long after its window. Undefined: there is no tick log to look at. */
  readonly lastAppliedAtMs: (tickSeq: number) => number | undefined;
  /** The pages of the file, too: every one of them. */
  readonly full: boolean;
  readonly onProgress: (line: string) => void;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** At most PROBLEMS_MAX sentences. */
  readonly problems: readonly string[];
}

export interface LedgerAudit {
  readonly ok: boolean;
  readonly head: LedgerHead | undefined;
  readonly transfers: number;
  readonly checks: readonly CheckResult[];
}

const PROBLEMS_MAX = 10;
const ROWS_PER_STEP = 20_000;
/** A bet may stay open so long after its window: the first tick behind a gap settles it. */
const OVERDUE_MS = 2_000;

/** Throws if the file cannot be opened, or is no ledger of this version. */
export function auditLedger(options: AuditOptions): LedgerAudit {
  const db = openSqlite({ path: options.ledgerPath, readonly: true, migrations: 'any' });
  try {
    const isCurrent = db.pragma('user_version', { simple: true }) === LEDGER_MIGRATIONS.length;
    const history = isCurrent ? historyOf(db) : undefined;
    if (!history)
      throw new Error(`${options.ledgerPath} is from an older version; start it once, then audit it`);
    return db.transaction((): LedgerAudit => {
      const replay = new LedgerReplay(db);
      const checks = [
        check('file_is_sound', () => fileProblems(db, options.full)),
        check('chain_and_balances', () => replayProblems(replay, options)),
        ...LEDGER_QUERIES.map(({ name, run }) => check(name, () => queryProblems(db, run))),
        check('no_bet_overdue', () => overdueProblems(db, options)),
        check('outbox_without_gap', () => outboxProblems(db, options.full)),
        check('head_not_before_anchor', () => anchorProblems(options.anchorPath, history)),
      ];
      const ok = checks.every((one) => one.ok);
      return { ok, head: history.head(), transfers: replay.rows, checks };
    })();
  } finally {
    db.close();
  }

  function check(name: string, run: () => string[]): CheckResult {
    const problems = run();
    options.onProgress(`${problems.length === 0 ? 'ok   ' : 'WRONG'} ${name}`);
    for (const problem of problems.slice(0, PROBLEMS_MAX)) options.onProgress(`      ${problem}`);
    return { name, ok: problems.length === 0, problems: problems.slice(0, PROBLEMS_MAX) };
  }
}

function fileProblems(db: SqliteDatabase, full: boolean): string[] {
  const pragma = full ? 'integrity_check' : 'quick_check';
  const words = (db.pragma(pragma) as Record<string, string>[]).flatMap((row) => Object.values(row));
  const keys = db.pragma('foreign_key_check') as { table: string; rowid: number }[];
  return [
    ...words.filter((word) => word !== 'ok'),
    ...keys.map(({ table, rowid }) => `${table} row ${rowid} points to nothing`),
  ];
}

function replayProblems(replay: LedgerReplay, { onProgress }: AuditOptions): string[] {
  const problems: string[] = [];
  for (let told = 0; ; ) {
    const step = replay.step(ROWS_PER_STEP);
    problems.push(...step.problems);
    if (step.isCaughtUp) return problems;
    if (replay.rows - told >= 10 * ROWS_PER_STEP) {
      told = replay.rows;
      onProgress(`      ${told} transfers replayed`);
    }
  }
}

function queryProblems(db: SqliteDatabase, run: AuditQuery['run']): string[] {
  try {
    return run(db);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function overdueProblems(db: SqliteDatabase, { lastAppliedAtMs }: AuditOptions): string[] {
  const cursor = db.prepare<[], { tick_seq: number }>('SELECT tick_seq FROM cursor').get();
  const atMs = cursor && lastAppliedAtMs(cursor.tick_seq);
  if (atMs === undefined) return [];
  return db
    .prepare<[number], { bets: number; closes_at_ms: number }>(
      'SELECT bets, closes_at_ms FROM open_cells JOIN cells ON no = cell_no WHERE closes_at_ms < ?',
    )
    .all(atMs - OVERDUE_MS)
    .map(({ bets, closes_at_ms }) => `${bets} bets are open, ${atMs - closes_at_ms} ms after their window`);
}

function outboxProblems(db: SqliteDatabase, full: boolean): string[] {
  const ends = db
    .prepare<[], { n: number; first: number; last: number }>(
      'SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM outbox',
    )
    .get();
  if (!ends || ends.n === 0) return [];
  const problems: string[] = [];
  if (ends.n !== ends.last - ends.first + 1)
    problems.push(`${ends.n} entries from ${ends.first} to ${ends.last}`);
  if (!full) return problems;
  for (const { seq, body } of db
    .prepare<[], { seq: number; body: Uint8Array }>('SELECT seq, body FROM outbox')
    .all()) {
    try {
      decodeRows(body);
    } catch {
      problems.push(`entry ${seq} cannot be read`);
    }
  }
  return problems;
}

function anchorProblems(path: string, history: LedgerHistory): string[] {
  try {
    const anchor = readAnchorFile(path);
    if (anchor) refuseOlderThan(anchor, history);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
