/** Every statement the ledger runs, prepared once per connection. */
import type { RecentReserve } from '../../domain/recent-reserves.ts';
import type { Micros } from '../../domain/units.ts';
import type { BetStatus } from '../../protocol/bet-view.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';
import type { BetRow, StoredBetRow } from './bet-rows.ts';
import type { ChainedAction, ChainedLimits } from './ledger-chain.ts';
import type { StoredOdds } from './odds-snapshot.ts';

export type LedgerStatements = ReturnType<typeof prepareLedger>;

type TotalsRow = {
  readonly sum_micros: number;
  readonly house_micros: number;
  readonly escrow_micros: number;
  readonly wallets: number;
};
/** How many keys are looked up by one statement: a call costs more than most of its look-ups. */
export const ANSWERS_PER_LOOK = 64;

type AnswerRow = {
  readonly wallet: string;
  readonly idempotency_key: string;
  readonly fingerprint: Buffer;
  /** One of the two. */
  readonly bet_seq: number | null;
  readonly answer: string | null;
};
type BetsQuery = {
  readonly wallet: string;
  readonly limit: number;
  readonly beforeId: string | null;
  status: string | null;
};

export function prepareLedger(db: SqliteDatabase) {
  return {
    accounts: db.prepare<[], { name: string; balance_micros: Micros }>(
      'SELECT name, balance_micros FROM accounts',
    ),
    openBets: db.prepare<[], StoredBetRow>(
      `SELECT * FROM bets WHERE seq >= (SELECT min(first_bet_seq) FROM open_cells) AND status = 'open'
       ORDER BY seq`,
    ),
    newestReserves: db.prepare<[], RecentReserve>(
      `SELECT wallet, accepted_at_ms AS acceptedAtMs, payout_micros - stake_micros AS reserveMicros
       FROM accepted_bets JOIN accounts ON no = wallet_no ORDER BY seq DESC`,
    ),
    voidedEarly: db.prepare<[], StoredBetRow>(
      `SELECT * FROM bets WHERE seq IN (SELECT bet_seq FROM settlements WHERE reason = 'OPERATOR')
         AND settled_at_ms < opens_at_ms ORDER BY seq`,
    ),
    cursor: db.prepare<[], { tick_seq: number }>('SELECT tick_seq FROM cursor'),
    anyTransfer: db.prepare<[], { seq: number }>('SELECT seq FROM transfers LIMIT 1'),
    answers: db.prepare<[readonly number[]], AnswerRow>(
      `SELECT wallet, idempotency_key, fingerprint, bet_seq, answer FROM requests
       WHERE key_hash IN (${Array(ANSWERS_PER_LOOK).fill('?').join(', ')})`,
    ),
    betAt: db.prepare<[number], BetRow>('SELECT * FROM bets WHERE seq = ?'),
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
           WHERE c.settled_seq > @tickSeq AND b.cell_no = c.cell_no AND b.rules_no = c.rules_no)
       ORDER BY settled_seq, seq`,
    ),
    keepOdds: db.prepare<[StoredOdds]>(
      'INSERT OR REPLACE INTO odds_snapshot (id, tick_seq, snapshot) VALUES (1, @tickSeq, @bytes)',
    ),
  };
}
