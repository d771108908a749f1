/** Checks of a ledger that are one question to the database each: what they return is wrong. */
import type { SqliteDatabase } from '../../runtime/index.ts';
import { requestHash } from './bet-request.ts';

export interface AuditQuery {
  readonly name: string;
  readonly run: (db: SqliteDatabase) => string[];
}

const ROWS_MAX = 20;
/** The number of the account, as the schema gives it. */
const ESCROW_NO = 3;

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
                 SELECT from_account, -amount_micros FROM booked_transfers
                 UNION ALL SELECT to_account, amount_micros FROM booked_transfers),
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
                 SELECT cell_no, rules_no, count(*) AS bets, sum(stake_micros) AS stake,
                        sum(payout_micros) AS payout, 'bets' AS what
                 FROM accepted_bets WHERE seq NOT IN (SELECT bet_seq FROM settlements)
                 GROUP BY 1, 2),
               counted AS (
                 SELECT cell_no, rules_no, bets, stake_micros AS stake, payout_micros AS payout,
                        'open' AS what
                 FROM open_cells UNION ALL
                 SELECT cell_no, rules_no, bets, stake_micros, payout_micros, 'settled' FROM settled_cells)
               SELECT coalesce(kind || ' ' || opens_at_ms || '-' || closes_at_ms || ' ' || low_cents || '-' ||
                      high_cents, 'cell ' || cell_no) || ': ' ||
                      group_concat(what || ' ' || bets || ' ' || stake || ' ' || payout, ', ') AS problem
               FROM (SELECT * FROM held UNION ALL SELECT * FROM counted) LEFT JOIN cells ON no = cell_no
               GROUP BY cell_no, rules_no
               HAVING count(*) <> 2 OR min(bets) <> max(bets) OR min(stake) <> max(stake)
                 OR min(payout) <> max(payout) OR sum(what = 'bets') <> 1
               UNION ALL SELECT 'settlement ' || bet_seq || ' of no bet' FROM settlements
               WHERE bet_seq NOT IN (SELECT seq FROM accepted_bets)`),
  },
  {
    // What went out for a bet that was settled alone: the whole payout, by the one way its outcome has.
    name: 'each_settled_bet_has_one_resolution',
    run: rows(`WITH outs AS (
                 SELECT bet_seq, sum(amount_micros) AS micros, group_concat(code, '+' ORDER BY code) AS codes,
                        sum(amount_micros) FILTER (WHERE to_no > ${ESCROW_NO}) AS paid,
                        max(to_no) FILTER (WHERE to_no > ${ESCROW_NO}) AS payee
                 FROM transfers WHERE from_no = ${ESCROW_NO} AND bet_seq IS NOT NULL GROUP BY bet_seq)
               SELECT b.id || ' (' || coalesce(s.status, 'not settled alone') || '): ' ||
                      coalesce(codes, 'nothing') || ' of ' || coalesce(micros, 0) AS problem
               FROM accepted_bets AS b LEFT JOIN settlements AS s ON s.bet_seq = b.seq
                 LEFT JOIN outs ON outs.bet_seq = b.seq
               WHERE NOT CASE s.status
                 WHEN 'won' THEN codes IS 'payout' AND micros = payout_micros
                   AND paid = payout_micros AND payee = wallet_no
                 WHEN 'lost' THEN codes IS 'forfeit' AND micros = payout_micros AND paid IS NULL
                 WHEN 'void' THEN codes IN ('refund', 'refund+release') AND micros = payout_micros
                   AND paid = stake_micros AND payee = wallet_no
                 ELSE codes IS NULL END`),
  },
  {
    // What went out for a cell: all that its bets may be paid, in as many transfers as its outcome has.
    name: 'each_settled_cell_gave_out_what_it_held',
    run: rows(`WITH outs AS (
                 SELECT cell_seq, sum(amount_micros) AS micros, count(*) AS n,
                        group_concat(DISTINCT code ORDER BY code) AS codes
                 FROM transfers WHERE cell_seq IS NOT NULL AND from_no = ${ESCROW_NO} GROUP BY cell_seq)
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
                 LEFT JOIN transfers AS t ON t.cell_seq = c.seq AND t.to_no = b.wallet_no
               WHERE c.status <> 'lost' AND b.cell_no = c.cell_no AND b.rules_no = c.rules_no
                 AND b.seq NOT IN (SELECT bet_seq FROM settlements)
                 AND NOT (t.ref IS b.id AND CASE c.status
                   WHEN 'won' THEN t.code = 'payout' AND t.amount_micros = b.payout_micros
                   ELSE t.code = 'refund' AND t.amount_micros = b.stake_micros END)`),
  },
  {
    name: 'no_transfer_of_no_bet',
    run: rows(`SELECT 'transfer ' || seq || ' is for ' || coalesce(ref, 'bet ' || bet_seq) ||
                      ', which is not there' AS problem
               FROM transfers
               WHERE (bet_seq IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM accepted_bets AS b
                     WHERE b.seq = bet_seq AND b.id = coalesce(ref, b.id)))
                 OR (cell_seq IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM settled_cells AS c WHERE c.seq = cell_seq))`),
  },
  {
    // By a reference to it, or (before there were any) in words.
    name: 'each_bet_was_answered',
    run: rows(`WITH said AS (
                 SELECT wallet, bet_seq, json_extract(answer, '$.value.id') AS id,
                        json_extract(answer, '$.value.stakeMicros') AS stake,
                        json_extract(answer, '$.value.payoutMicros') AS payout
                 FROM requests WHERE bet_seq IS NOT NULL OR json_extract(answer, '$.ok')),
               answered AS (
                 SELECT b.seq FROM said JOIN accepted_bets AS b ON b.seq = said.bet_seq
                   JOIN accounts ON no = wallet_no AND accounts.wallet = said.wallet
                 UNION ALL SELECT b.seq FROM said JOIN accepted_bets AS b ON b.id = said.id
                   JOIN accounts ON no = wallet_no AND accounts.wallet = said.wallet
                 WHERE stake = CAST(b.stake_micros AS TEXT) AND payout = CAST(b.payout_micros AS TEXT))
               SELECT b.id || ' has ' || count(a.seq) || ' answers' AS problem
               FROM accepted_bets AS b LEFT JOIN answered AS a ON a.seq = b.seq
               GROUP BY b.seq HAVING count(a.seq) <> 1`),
  },
  {
    name: 'each_acceptance_has_its_bet',
    run: rows(`SELECT 'request ' || idempotency_key || ' of ' || wallet ||
                      ' was answered with a bet not there'
                 AS problem
               FROM requests
               WHERE (bet_seq IS NOT NULL OR json_extract(answer, '$.ok'))
                 AND NOT EXISTS (SELECT 1 FROM accepted_bets WHERE seq = bet_seq)
                 AND NOT EXISTS (SELECT 1 FROM accepted_bets WHERE id = json_extract(answer, '$.value.id'))`),
  },
  {
    name: 'answers_are_all_there',
    run: rows(`SELECT (SELECT count(*) FROM requests) || ' answers, the chain has ' || answers AS problem
               FROM (SELECT answers FROM commits ORDER BY seq DESC LIMIT 1)
               WHERE answers <> (SELECT count(*) FROM requests)`),
  },
  {
    // Or the same request would be taken for a new one.
    name: 'answers_are_found_by_their_keys',
    run: (db) => {
      const requests = db.prepare<[], { key_hash: number; wallet: string; idempotencyKey: string }>(
        'SELECT key_hash, wallet, idempotency_key AS idempotencyKey FROM requests',
      );
      const problems: string[] = [];
      for (const { key_hash, ...key } of requests.iterate())
        if (key_hash !== requestHash(key) && problems.length < ROWS_MAX)
          problems.push(`request ${key.idempotencyKey} of ${key.wallet} is filed under ${key_hash}`);
      return problems;
    },
  },
  {
    name: 'operators_voided_what_they_say',
    run: rows(`SELECT voided || ' bets were voided by operators, who say ' || said AS problem
               FROM (SELECT count(*) AS voided FROM settlements WHERE reason = 'OPERATOR'),
                    (SELECT coalesce(sum(bets), 0) AS said FROM operator_actions)
               WHERE voided <> said`),
  },
];
