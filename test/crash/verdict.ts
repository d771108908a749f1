/**
 * Compares what clients were told with what is in the files, without the product's code: the ledger is read
 * with another SQLite binding, outcomes are derived anew from the recorded ticks.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditLedger } from '../support/ledger-audit.ts';
import type { AckedBet } from './bettor.ts';

export interface Verdict {
  readonly ackedChecked: number;
  /** Sentences. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wrong: readonly string[];
  readonly outcomes: Readonly<Record<string, number>>;
}

/** For a ledger at rest: every key that was ever sent has its answer, every bet its outcome. */
export function judge(dataDir: string, acked: readonly AckedBet[]): Verdict {
  const { bets, problems } = auditLedger(dataDir);
  const lost: string[] = [];
  const doubled: string[] = [];
  const wrong = [...problems];
  const inLedger = new Map(bets.map((bet) => [bet.id, bet]));
  const outcomes: Record<string, number> = {};
  for (const { bet } of acked) {
    const row = inLedger.get(bet.id);
    if (!row) {
      lost.push(`${bet.id} was acknowledged and is not in the ledger`);
      continue;
    }
    outcomes[row.status] = (outcomes[row.status] ?? 0) + 1;
    if (row.status === 'open') wrong.push(`${bet.id} never settled`);
    if (String(row.stake) !== bet.stakeMicros || String(row.payout) !== bet.payoutMicros)
      wrong.push(`${bet.id} has stake ${row.stake} and payout ${row.payout}, other than acknowledged`);
  }
  const known = new Set(acked.map(({ bet }) => bet.id));
  if (known.size !== acked.length) doubled.push(`${acked.length} keys share ${known.size} bets`);
  for (const { id } of bets)
    if (!known.has(id)) doubled.push(`${id} is in the ledger, no key was told of it`);
  doubled.push(...moneyMovedTwice(dataDir));
  return { ackedChecked: acked.length, lost, doubled, wrong, outcomes };
}

/** A bet that was staked, or closed, more than once. The schema forbids it; this does not take its word. */
function moneyMovedTwice(dataDir: string): string[] {
  const ledger = new DatabaseSync(join(dataDir, 'ledger.sqlite'), { readOnly: true });
  try {
    const rows = ledger
      .prepare(
        `SELECT ref, count(*) AS n FROM booked_transfers WHERE ref IN (SELECT id FROM bets)
           AND (from_account LIKE 'wallet:%' OR to_account LIKE 'wallet:%')
         GROUP BY ref, from_account, to_account HAVING n > 1`,
      )
      .all() as { ref: string; n: number }[];
    return rows.map(({ ref, n }) => `${ref}: the same transfer ${n} times`);
  } finally {
    ledger.close();
  }
}
