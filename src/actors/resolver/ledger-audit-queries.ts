/** Checks of a ledger that are one question to the database each: what they return is wrong. */
import type { SqliteDatabase } from '../../runtime/index.ts';

export interface AuditQuery {
  readonly name: string;
  readonly run: (db: SqliteDatabase) => string[];
}

const ROWS_MAX = 20;

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
               FROM accounts, (SELECT coalesce(sum(payout_micros), 0) AS due
                               FROM open_bets JOIN accepted_bets ON seq = bet_seq)
               WHERE name = 'escrow' AND balance_micros <> due`),
  },
  {
    name: 'each_bet_is_open_or_settled',
    run: rows(`SELECT b.id || ': open ' || (o.bet_seq IS NOT NULL) || ', settled ' || (s.bet_seq IS NOT NULL)
                 AS problem
               FROM accepted_bets AS b LEFT JOIN open_bets AS o ON o.bet_seq = b.seq
                 LEFT JOIN settlements AS s ON s.bet_seq = b.seq
               WHERE (o.bet_seq IS NULL) = (s.bet_seq IS NULL)
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
    // What went out: nothing while open; else the whole payout, by the one way its outcome has.
    name: 'each_settled_bet_has_one_resolution',
    run: rows(`WITH outs AS (
                 SELECT bet_seq, sum(amount_micros) AS micros, group_concat(code, '+' ORDER BY code) AS codes,
                        sum(amount_micros) FILTER (WHERE to_account LIKE 'wallet:%') AS paid,
                        max(to_account) FILTER (WHERE to_account LIKE 'wallet:%') AS payee
                 FROM transfers WHERE from_account = 'escrow' GROUP BY bet_seq)
               SELECT b.id || ' (' || coalesce(s.status, 'open') || '): ' ||
                      coalesce(codes, 'nothing') || ' of ' ||
                      coalesce(micros, 0) AS problem
               FROM accepted_bets AS b LEFT JOIN settlements AS s ON s.bet_seq = b.seq
                 LEFT JOIN outs ON outs.bet_seq = b.seq
               WHERE NOT CASE coalesce(s.status, 'open')
                 WHEN 'open' THEN codes IS NULL
                 WHEN 'won' THEN codes IS 'payout' AND micros = payout_micros
                   AND paid = payout_micros AND payee = 'wallet:' || wallet
                 WHEN 'lost' THEN codes IS 'forfeit' AND micros = payout_micros AND paid IS NULL
                 ELSE codes IN ('refund', 'refund+release') AND micros = payout_micros
                   AND paid = stake_micros AND payee = 'wallet:' || wallet END`),
  },
  {
    name: 'no_transfer_of_no_bet',
    run: rows(`SELECT 'transfer ' || seq || ' is for ' || ref || ', which is not there' AS problem
               FROM transfers
               WHERE bet_seq IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM accepted_bets AS b WHERE b.seq = bet_seq AND b.id = ref)`),
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
