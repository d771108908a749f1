/** Every statement the ledger runs, prepared once per connection. */
import type { RecentReserve } from '../../domain/recent-reserves.ts';
import type { Micros } from '../../domain/units.ts';
import type { BetStatus } from '../../protocol/bet-view.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';
import { BET_TERMS_COLUMNS, type BetRow, type StoredBetRow } from './bet-rows.ts';
import type { ChainedAction, ChainedLimits } from './ledger-chain.ts';
import type { StoredOdds } from './odds-snapshot.ts';

export type LedgerStatements = ReturnType<typeof prepareLedger>;

type TotalsRow = {
  readonly sum_micros: number;
  readonly house_micros: number;
  readonly escrow_micros: number;
  readonly wallets: number;
};
type AnswerRow = { readonly fingerprint: string; readonly answer: string };
type BetsQuery = {
  readonly wallet: string;
  readonly limit: number;
  readonly beforeId: string | null;
  status: string | null;
};

export function prepareLedger(db: SqliteDatabase) {
  const terms = BET_TERMS_COLUMNS.join(', ');
  const openTerms = BET_TERMS_COLUMNS.map((column) => `b.${column}`).join(', ');
  return {
    accounts: db.prepare<[], { name: string; balance_micros: Micros }>(
      'SELECT name, balance_micros FROM accounts',
    ),
    openBets: db.prepare<[], StoredBetRow>(
      `SELECT b.probability, ${openTerms} FROM accepted_bets AS b
       WHERE b.seq >= (SELECT min(first_bet_seq) FROM open_cells)
         AND EXISTS (SELECT 1 FROM open_cells AS o
           WHERE o.opens_at_ms = b.opens_at_ms AND o.closes_at_ms = b.closes_at_ms AND o.kind = b.kind
             AND o.low_cents = coalesce(b.low_cents, -1) AND o.high_cents = coalesce(b.high_cents, -1)
             AND o.symbol = b.symbol AND o.max_gap_ms = b.max_gap_ms
             AND o.max_degraded_fraction = b.max_degraded_fraction)
         AND NOT EXISTS (SELECT 1 FROM settlements WHERE bet_seq = b.seq)
       ORDER BY b.seq`,
    ),
    newestReserves: db.prepare<[], RecentReserve>(
      `SELECT wallet, accepted_at_ms AS acceptedAtMs, payout_micros - stake_micros AS reserveMicros
       FROM accepted_bets ORDER BY seq DESC`,
    ),
    voidedEarly: db.prepare<[], StoredBetRow>(
      `SELECT ${terms}, probability FROM settlements JOIN accepted_bets ON seq = bet_seq
       WHERE reason = 'OPERATOR' AND settled_at_ms < opens_at_ms ORDER BY seq`,
    ),
    cursor: db.prepare<[], { tick_seq: number }>('SELECT tick_seq FROM cursor'),
    anyTransfer: db.prepare<[], { seq: number }>('SELECT seq FROM transfers LIMIT 1'),
    answer: db.prepare<[string, string], AnswerRow>(
      'SELECT fingerprint, answer FROM requests WHERE wallet = ? AND idempotency_key = ?',
    ),
    bet: db.prepare<[string, string], BetRow>('SELECT * FROM bets WHERE id = ? AND wallet = ?'),
    bets: db.prepare<[BetsQuery], BetRow>(
      `SELECT * FROM bets WHERE wallet = @wallet
         AND (@beforeId IS NULL OR seq < (SELECT seq FROM bets WHERE id = @beforeId AND wallet = @wallet))
         AND (@status IS NULL OR status = @status)
       ORDER BY seq DESC LIMIT @limit`,
    ),
    totals: db.prepare<[], TotalsRow>(
      `SELECT sum(balance_micros) AS sum_micros,
              sum(balance_micros) FILTER (WHERE name = 'house') AS house_micros,
              sum(balance_micros) FILTER (WHERE name = 'escrow') AS escrow_micros,
              count(*) FILTER (WHERE name LIKE 'wallet:%') AS wallets
       FROM accounts`,
    ),
    betCounts: db.prepare<[], { status: BetStatus; count: number }>(
      `SELECT status, sum(bets) AS count FROM (
         SELECT status, 1 AS bets FROM settlements
         UNION ALL SELECT status, bets FROM settled_cells
         UNION ALL SELECT 'open', bets FROM open_cells) GROUP BY status`,
    ),
    insertAction: db.prepare<[ChainedAction]>(
      `INSERT INTO operator_actions (seq, id, at_ms, tick_seq, actor, action, target, reason, bets)
       VALUES (@seq, @id, @at_ms, @tick_seq, @actor, @action, @target, @reason, @bets)`,
    ),
    action: db.prepare<[string], ChainedAction>('SELECT * FROM operator_actions WHERE id = ?'),
    lastActions: db.prepare<[number], ChainedAction>(
      'SELECT * FROM operator_actions ORDER BY seq DESC LIMIT ?',
    ),
    lastPausing: db.prepare<[], { action: string }>(
      `SELECT action FROM operator_actions WHERE action IN ('pause', 'resume') ORDER BY seq DESC LIMIT 1`,
    ),
    ...prepareSelfLimits(db),
    ...prepareOdds(db),
    moveCursor: db.prepare<[number]>('UPDATE cursor SET tick_seq = ?'),
  };
}

function prepareSelfLimits(db: SqliteDatabase) {
  return {
    insertLimits: db.prepare<[ChainedLimits]>(
      'INSERT INTO self_limits (seq, wallet, at_ms, limits) VALUES (@seq, @wallet, @at_ms, @limits)',
    ),
    selfLimits: db.prepare<[], { wallet: string; limits: string }>(
      `SELECT wallet, limits FROM self_limits
       WHERE seq IN (SELECT max(seq) FROM self_limits GROUP BY wallet)`,
    ),
    settledSince: db.prepare<[string, number], { atMs: number; netMicros: number }>(
      `SELECT settled_at_ms AS atMs,
              CASE status WHEN 'won' THEN payout_micros - stake_micros
                          WHEN 'lost' THEN -stake_micros ELSE 0 END AS netMicros
       FROM bets WHERE wallet = ? AND settled_at_ms > ? ORDER BY settled_at_ms, seq`,
    ),
  };
}

/** What the odds stand on, and what was settled after it. */
function prepareOdds(db: SqliteDatabase) {
  return {
    odds: db.prepare<[], StoredOdds>('SELECT tick_seq AS tickSeq, snapshot AS bytes FROM odds_snapshot'),
    settledAfter: db.prepare<[Pick<StoredOdds, 'tickSeq'>], BetRow>(
      `SELECT * FROM bets WHERE settled_seq > @tickSeq AND seq IN (
         SELECT bet_seq FROM settlements WHERE settled_seq > @tickSeq
         UNION ALL SELECT b.seq FROM settled_cells AS c CROSS JOIN accepted_bets AS b
           WHERE c.settled_seq > @tickSeq
             AND b.opens_at_ms = c.opens_at_ms AND b.closes_at_ms = c.closes_at_ms AND b.kind = c.kind
             AND coalesce(b.low_cents, -1) = +c.low_cents AND coalesce(b.high_cents, -1) = +c.high_cents)
       ORDER BY settled_seq, seq`,
    ),
    keepOdds: db.prepare<[StoredOdds]>(
      'INSERT OR REPLACE INTO odds_snapshot (id, tick_seq, snapshot) VALUES (1, @tickSeq, @bytes)',
    ),
  };
}
