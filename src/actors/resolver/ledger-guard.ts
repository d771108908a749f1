/**
 * Whether this is the ledger that was here before: compared with its anchored head before anything is booked.
 *
 * A ledger that ends before its anchor has lost commits somebody was promised; one with another history is
 * another ledger. Both refuse the start and are left as they are: what to do is for a person to decide
 * (docs/runbook.md).
 */
import { existsSync, statSync } from 'node:fs';
import { openSqlite, type SqliteDatabase, StartRefusedError } from '../../runtime/index.ts';
import { readAnchorFile } from './ledger-anchor.ts';
import { genesisOf, headOf, type LedgerHead, prepareChain } from './ledger-chain.ts';

export type LedgerRefusal = 'LEDGER_MISSING' | 'LEDGER_ROLLED_BACK' | 'LEDGER_DIVERGED';

/** What the ledger itself says, for comparison. */
export interface LedgerHistory {
  head(): LedgerHead;
  /** The hash of one commit, hex; undefined if there is no such commit. */
  hashAt(commitSeq: number): string | undefined;
}

/** The history of an open database; undefined before its schema had one. */
export function historyOf(db: SqliteDatabase): LedgerHistory | undefined {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'commits'").get();
  if (!table) return undefined;
  const chain = prepareChain(db);
  const ledgerId = chain.ledgerId();
  return {
    head: () => headOf(ledgerId, chain.last() ?? genesisOf(ledgerId)),
    hashAt: (seq) => (seq === 0 ? genesisOf(ledgerId) : chain.at(seq))?.hash.toString('hex'),
  };
}

/** Throws StartRefusedError if the anchor knows of something that `history` does not have. */
export function refuseOlderThan(anchor: LedgerHead, history: LedgerHistory | undefined): void {
  const found = history?.head();
  if (!history || !found) throw refusal('LEDGER_ROLLED_BACK', anchor, 'the ledger is from an older version');
  if (found.ledgerId !== anchor.ledgerId)
    throw refusal('LEDGER_DIVERGED', anchor, `this is another ledger, ${found.ledgerId}`);
  if (found.commitSeq < anchor.commitSeq)
    throw refusal('LEDGER_ROLLED_BACK', anchor, `the ledger ends at commit ${found.commitSeq}`);
  if (history.hashAt(anchor.commitSeq) !== anchor.hash)
    throw refusal('LEDGER_DIVERGED', anchor, 'the ledger has another commit there');
}

/**
 * Looks at the files before anything opens them for writing: opening would make an empty ledger in place of a
 * missing one. Throws StartRefusedError.
 */
export function refuseLostLedger(ledgerPath: string, anchorPath: string): void {
  const anchor = readAnchor(anchorPath);
  if (!anchor) return;
  if (!existsSync(ledgerPath) || statSync(ledgerPath).size === 0)
    throw refusal('LEDGER_MISSING', anchor, `${ledgerPath} is missing or empty`);
  const db = openSqlite({ path: ledgerPath, readonly: true, migrations: 'any' });
  try {
    refuseOlderThan(anchor, historyOf(db));
  } finally {
    db.close();
  }
}

function readAnchor(path: string): LedgerHead | undefined {
  try {
    return readAnchorFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartRefusedError('LEDGER_DIVERGED' satisfies LedgerRefusal, `cannot compare: ${why}`);
  }
}

const refusal = (code: LedgerRefusal, anchor: LedgerHead, found: string): StartRefusedError =>
  new StartRefusedError(
    code,
    `the anchor says ledger ${anchor.ledgerId} reached commit ${anchor.commitSeq}, but ${found}; ` +
      'nothing was changed, see docs/runbook.md',
  );
