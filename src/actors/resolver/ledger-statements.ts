/** Every statement the ledger runs, prepared once per connection. */
import type { Micros } from '../../domain/units.ts';
import type { BetStatus } from '../../protocol/bet-view.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';
import { BET_TERMS_COLUMNS, type BetRow, type BetTermsRow } from './bet-rows.ts';

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
  const values = BET_TERMS_COLUMNS.map((column) => `@${column}`).join(', ');
  return {
    accounts: db.prepare<[], { name: string; balance_micros: Micros }>(
      'SELECT name, balance_micros FROM accounts',
    ),
    openBets: db.prepare<[], BetTermsRow>(`SELECT ${terms} FROM bets WHERE status = 'open' ORDER BY seq`),
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
      'SELECT status, count(*) AS count FROM bets GROUP BY status',
    ),
    insertAccount: db.prepare<[string]>('INSERT INTO accounts (name, balance_micros) VALUES (?, 0)'),
    moveBalance: db.prepare<[number, string]>(
      'UPDATE accounts SET balance_micros = balance_micros + ? WHERE name = ?',
    ),
    insertTransfer: db.prepare<[string, string, string, number, string, number]>(
      `INSERT INTO transfers (code, from_account, to_account, amount_micros, ref, tick_seq)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    insertBet: db.prepare<[BetTermsRow]>(`INSERT INTO bets (${terms}) VALUES (${values})`),
    settleBet: db.prepare<[string, string | null, number, number, string]>(
      `UPDATE bets SET status = ?, reason = ?, settled_seq = ?, settled_at_ms = ?
       WHERE id = ? AND status = 'open'`,
    ),
    insertAnswer: db.prepare<[string, string, string, string]>(
      'INSERT INTO requests (wallet, idempotency_key, fingerprint, answer) VALUES (?, ?, ?, ?)',
    ),
    moveCursor: db.prepare<[number]>('UPDATE cursor SET tick_seq = ?'),
  };
}
