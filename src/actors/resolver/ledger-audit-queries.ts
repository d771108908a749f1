/** Checks of a ledger that are one question to the database each: what they return is wrong. */
import type { SqliteDatabase } from '../../runtime/index.ts';

export interface AuditQuery {
  readonly name: string;
  readonly run: (db: SqliteDatabase) => string[];
}

const ROWS_MAX = 20;

/** What a cell is known by. */
const CELL = `opens_at_ms, closes_at_ms, kind, low_cents, high_cents, symbol, max_gap_ms,
  max_degraded_fraction`;
const CELL_OF_BET = `opens_at_ms, closes_at_ms, kind, coalesce(low_cents, -1) AS low_cents,
  coalesce(high_cents, -1) AS high_cents, symbol, max_gap_ms, max_degraded_fraction`;

/** Each row of the query is one problem, in its column `problem`. */
const rows =
  (sql: string) =>
  (db: SqliteDatabase): string[] =>
    db
      .prepare<[], { problem: string }>(`${sql} LIMIT ${ROWS_MAX}`)
      .all()
      .map(({ problem }) => problem);

export const LEDGER_QUERIES: readonly AuditQuery[] = [
  {
    name: 'sum_is_zero',
    run: rows(`SELECT 'all accounts together hold ' || sum(balance_micros) AS problem FROM accounts
               HAVING sum(balance_micros) <> 0`),
  },
  {
    name: 'nobody_below_zero',
    run: rows(`SELECT name || ' has ' || balance_micros AS problem FROM accounts
               WHERE balance_micros < 0 AND name <> 'issuance'`),
  },
  {
    name: 'balances_are_their_transfers',
    run: rows(`WITH moved (name, micros) AS (
                 SELECT from_account, -amount_micros FROM transfers
                 UNION ALL SELECT to_account, amount_micros FROM transfers),
               sums AS (SELECT name, sum(micros) AS micros FROM moved GROUP BY name)
               SELECT accounts.name || ' has ' || balance_micros || ', its transfers give ' ||
                      coalesce(micros, 0) AS problem
               FROM accounts LEFT JOIN sums USING (name) WHERE balance_micros <> coalesce(micros, 0)`),
  },
  {
    name: 'escrow_covers_open_bets',
    run: rows(`SELECT 'escrow holds ' || balance_micros || ', open bets may be paid ' || due AS problem
               FROM accounts, (SELECT coalesce(sum(payout_micros), 0) AS due FROM open_cells)
               WHERE name = 'escrow' AND balance_micros <> due`),
  },
  {
    // Bets that were not settled alone are in one cell, open or settled, which has their sums.
    name: 'each_bet_is_open_or_settled',
    run: rows(`WITH held AS (
                 SELECT ${CELL_OF_BET}, count(*) AS bets, sum(stake_micros) AS stake,
                        sum(payout_micros) AS payout, 'bets' AS what
                 FROM accepted_bets WHERE seq NOT IN (SELECT bet_seq FROM settlements)
                 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
               cells AS (
                 SELECT ${CELL}, bets, stake_micros AS stake, payout_micros AS payout, 'open' AS what
                 FROM open_cells UNION ALL
                 SELECT ${CELL}, bets, stake_micros, payout_micros, 'settled' FROM settled_cells)
               SELECT kind || ' ' || opens_at_ms || '-' || closes_at_ms || ' ' || low_cents || '-' ||
                      high_cents || ': ' ||
                      group_concat(what || ' ' || bets || ' ' || stake || ' ' || payout, ', ') AS problem
               FROM (SELECT * FROM held UNION ALL SELECT * FROM cells)
               GROUP BY ${CELL}
               HAVING count(*) <> 2 OR min(bets) <> max(bets) OR min(stake) <> max(stake)
                 OR min(payout) <> max(payout) OR sum(what = 'bets') <> 1
               UNION ALL SELECT 'settlement ' || bet_seq || ' of no bet' FROM settlements
               WHERE bet_seq NOT IN (SELECT seq FROM accepted_bets)`),
  },
  {
    // What went in when it was accepted: the stake, and what the house puts up.
    name: 'each_bet_was_staked_once',
    run: rows(`SELECT b.id || ': stake ' || coalesce(st.amount_micros, 0) || ' of ' || b.stake_micros ||
                      ', reserve ' || coalesce(re.amount_micros, 0) AS problem
               FROM accepted_bets AS b
                 LEFT JOIN transfers AS st ON st.bet_seq = b.seq AND st.code = 'stake'
                   AND st.from_account = 'wallet:' || b.wallet AND st.to_account = 'escrow'
                 LEFT JOIN transfers AS re ON re.bet_seq = b.seq AND re.code = 'reserve'
                   AND re.from_account = 'house' AND re.to_account = 'escrow'
               WHERE coalesce(st.amount_micros, 0) <> b.stake_micros
                 OR coalesce(re.amount_micros, 0) <> b.payout_micros - b.stake_micros`),
  },
  {
    // What went out for a bet that was settled alone: the whole payout, by the one way its outcome has.
    name: 'each_settled_bet_has_one_resolution',
    run: rows(`WITH outs AS (
                 SELECT bet_seq, sum(amount_micros) AS micros, group_concat(code, '+' ORDER BY code) AS codes,
                        sum(amount_micros) FILTER (WHERE to_account LIKE 'wallet:%') AS paid,
                        max(to_account) FILTER (WHERE to_account LIKE 'wallet:%') AS payee
                 FROM transfers WHERE from_account = 'escrow' AND bet_seq IS NOT NULL GROUP BY bet_seq)
               SELECT b.id || ' (' || coalesce(s.status, 'not settled alone') || '): ' ||
                      coalesce(codes, 'nothing') || ' of ' || coalesce(micros, 0) AS problem
               FROM accepted_bets AS b LEFT JOIN settlements AS s ON s.bet_seq = b.seq
                 LEFT JOIN outs ON outs.bet_seq = b.seq
               WHERE NOT CASE s.status
                 WHEN 'won' THEN codes IS 'payout' AND micros = payout_micros
                   AND paid = payout_micros AND payee = 'wallet:' || wallet
                 WHEN 'lost' THEN codes IS 'forfeit' AND micros = payout_micros AND paid IS NULL
                 WHEN 'void' THEN codes IN ('refund', 'refund+release') AND micros = payout_micros
                   AND paid = stake_micros AND payee = 'wallet:' || wallet
                 ELSE codes IS NULL END`),
  },
  {
    // What went out for a cell: all that its bets may be paid, in as many transfers as its outcome has.
    name: 'each_settled_cell_gave_out_what_it_held',
    run: rows(`WITH outs AS (
                 SELECT cell_seq, sum(amount_micros) AS micros, count(*) AS n,
                        group_concat(DISTINCT code ORDER BY code) AS codes
                 FROM transfers WHERE cell_seq IS NOT NULL AND from_account = 'escrow' GROUP BY cell_seq)
               SELECT 'settled cell ' || c.seq || ' (' || status || ', ' || bets || ' bets): ' ||
                      coalesce(n, 0) || ' ' || coalesce(codes, 'transfers') || ' of ' || coalesce(micros, 0)
                 AS problem
               FROM settled_cells AS c LEFT JOIN outs ON outs.cell_seq = c.seq
               WHERE micros IS NOT payout_micros OR NOT CASE status
                 WHEN 'won' THEN codes = 'payout' AND n = bets
                 WHEN 'lost' THEN codes = 'forfeit' AND n = 1
                 ELSE codes IN ('refund', 'refund,release')
                   AND n = bets + (payout_micros > stake_micros) END`),
  },
  {
    // Each bet of a cell that was won or voided got what is its.
    name: 'each_winner_was_paid',
    run: rows(`SELECT b.id || ' (' || c.status || '): ' ||
                      coalesce(t.code || ' ' || t.amount_micros, 'nothing') AS problem
               FROM settled_cells AS c CROSS JOIN accepted_bets AS b
                 LEFT JOIN transfers AS t ON t.cell_seq = c.seq AND t.to_account = 'wallet:' || b.wallet
               WHERE c.status <> 'lost'
                 AND b.opens_at_ms = c.opens_at_ms AND b.closes_at_ms = c.closes_at_ms AND b.kind = c.kind
                 AND coalesce(b.low_cents, -1) = +c.low_cents
                 AND coalesce(b.high_cents, -1) = +c.high_cents
                 AND b.symbol = c.symbol AND b.max_gap_ms = c.max_gap_ms
                 AND b.max_degraded_fraction = c.max_degraded_fraction
                 AND b.seq NOT IN (SELECT bet_seq FROM settlements)
                 AND NOT (t.ref IS b.id AND CASE c.status
                   WHEN 'won' THEN t.code = 'payout' AND t.amount_micros = b.payout_micros
                   ELSE t.code = 'refund' AND t.amount_micros = b.stake_micros END)`),
  },
  {
    name: 'no_transfer_of_no_bet',
    run: rows(`SELECT 'transfer ' || seq || ' is for ' || ref || ', which is not there' AS problem
               FROM transfers
               WHERE (bet_seq IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM accepted_bets AS b WHERE b.seq = bet_seq AND b.id = ref))
                 OR (cell_seq IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM settled_cells AS c WHERE c.seq = cell_seq))`),
  },
  {
    name: 'each_bet_was_answered',
    run: rows(`SELECT b.id || ' has ' || count(a.id) || ' answers' AS problem
               FROM accepted_bets AS b LEFT JOIN (
                 SELECT wallet, json_extract(answer, '$.value.id') AS id,
                        json_extract(answer, '$.value.stakeMicros') AS stake,
                        json_extract(answer, '$.value.payoutMicros') AS payout
                 FROM requests WHERE json_extract(answer, '$.ok')) AS a
               ON a.id = b.id AND a.wallet = b.wallet
                 AND a.stake = CAST(b.stake_micros AS TEXT) AND a.payout = CAST(b.payout_micros AS TEXT)
               GROUP BY b.seq HAVING count(a.id) <> 1`),
  },
  {
    name: 'each_acceptance_has_its_bet',
    run: rows(`SELECT 'request ' || idempotency_key || ' of ' || wallet ||
                      ' was answered with a bet not there'
                 AS problem
               FROM requests WHERE json_extract(answer, '$.ok')
                 AND NOT EXISTS (SELECT 1 FROM accepted_bets WHERE id = json_extract(answer, '$.value.id'))`),
  },
  {
    name: 'answers_are_all_there',
    run: rows(`SELECT (SELECT count(*) FROM requests) || ' answers, the chain has ' || answers AS problem
               FROM (SELECT answers FROM commits ORDER BY seq DESC LIMIT 1)
               WHERE answers <> (SELECT count(*) FROM requests)`),
  },
  {
    name: 'operators_voided_what_they_say',
    run: rows(`SELECT voided || ' bets were voided by operators, who say ' || said AS problem
               FROM (SELECT count(*) AS voided FROM settlements WHERE reason = 'OPERATOR'),
                    (SELECT coalesce(sum(bets), 0) AS said FROM operator_actions)
               WHERE voided <> said`),
  },
];
