/** Each check of the audit finds what it is there for; a sound ledger passes all of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cellAt } from '../../support/market.ts';
import { LedgerFile } from './ledger-file.ts';

let file: LedgerFile;
beforeEach(async () => {
  file = new LedgerFile();
  await file.fill();
});
afterEach(() => file.remove());

/** The open bet. */
const settledAlone = (status: string, reason: string): string =>
  `INSERT INTO settlements SELECT seq, '${status}', ${reason}, 150, 1, NULL, NULL, NULL
   FROM accepted_bets WHERE id = 'bet_3'`;

const failed = (lastAppliedAtMs?: number): string[] =>
  file.audit(lastAppliedAtMs).checks.flatMap(({ name, ok }) => (ok ? [] : [name]));

describe('the audit of a ledger', () => {
  it('finds nothing in a sound one', async () => {
    file.anchor(await file.write());
    const audit = file.audit(cellAt().closesAtMs);
    expect(audit.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(audit).toMatchObject({ ok: true, transfers: 14, head: { commitSeq: 4, transferSeq: 14 } });
  });

  it.each([
    ['sum_is_zero', 'UPDATE accounts SET balance_micros = balance_micros + 1'],
    ['nobody_below_zero', "UPDATE accounts SET balance_micros = -1 WHERE name = 'house'"],
    ['balances_are_their_transfers', "UPDATE accounts SET balance_micros = 7 WHERE name LIKE 'wallet:%'"],
    ['escrow_covers_open_bets', "UPDATE accounts SET balance_micros = 7 WHERE name = 'escrow'"],
    ['each_bet_is_open_or_settled', 'DELETE FROM open_cells'],
    ['each_bet_is_open_or_settled', 'UPDATE open_cells SET payout_micros = payout_micros + 1'],
    ['each_bet_is_open_or_settled', "DELETE FROM settled_cells WHERE status = 'lost'"],
    ['balances_are_their_transfers', 'UPDATE accepted_bets SET stake_micros = 7'],
    ['each_settled_bet_has_one_resolution', settledAlone('lost', 'NULL')],
    ['each_settled_cell_gave_out_what_it_held', "DELETE FROM transfers WHERE code = 'release'"],
    [
      'each_settled_cell_gave_out_what_it_held',
      "UPDATE settled_cells SET status = 'lost' WHERE status = 'won'",
    ],
    ['each_winner_was_paid', "UPDATE transfers SET ref = 'bet_9' WHERE code = 'payout'"],
    ['each_winner_was_paid', "UPDATE transfers SET amount_micros = 1 WHERE code = 'refund'"],
    ['no_transfer_of_no_bet', 'UPDATE transfers SET cell_seq = NULL, bet_seq = 99 WHERE cell_seq = 1'],
    ['no_transfer_of_no_bet', 'UPDATE transfers SET cell_seq = 9 WHERE cell_seq = 1'],
    ['each_bet_was_answered', "DELETE FROM requests WHERE idempotency_key = 'bet_0'"],
    ['each_bet_was_answered', 'UPDATE requests SET bet_seq = 2 WHERE bet_seq = 1'],
    ['answers_are_found_by_their_keys', 'UPDATE requests SET key_hash = key_hash + 1 WHERE seq = 1'],
    ['each_acceptance_has_its_bet', "DELETE FROM accepted_bets WHERE id = 'bet_0'"],
    ['answers_are_all_there', "DELETE FROM requests WHERE idempotency_key = 'bet_0'"],
    ['operators_voided_what_they_say', settledAlone('void', "'OPERATOR'")],
    ['outbox_without_gap', "INSERT INTO outbox VALUES (1, x'90'), (3, x'90')"],
    ['outbox_without_gap', "INSERT INTO outbox VALUES (1, x'c1')"],
    ['file_is_sound', 'UPDATE transfers SET from_no = 99 WHERE seq = 2'],
    ['chain_and_balances', 'UPDATE accepted_bets SET payout_micros = payout_micros + 1'],
    ['chain_and_balances', 'UPDATE cells SET high_cents = high_cents + 1'],
    ['chain_and_balances', "UPDATE settled_cells SET settled_seq = 151 WHERE status = 'won'"],
    [
      'chain_and_balances',
      'UPDATE settled_cells SET near_cents = 1, near_at_ms = 1, near_seq = 1 WHERE seq = 2',
    ],
    ['chain_and_balances', 'UPDATE transfers SET cell_seq = 2 WHERE cell_seq = 1'],
    ['chain_and_balances', 'UPDATE commits SET cell_seq = 1'],
    ['chain_and_balances', 'UPDATE commits SET answers = 7 WHERE seq = 2'],
    ['chain_and_balances', 'DELETE FROM transfers WHERE seq = 2'],
    ['chain_and_balances', 'UPDATE accepted_bets SET transfer_seq = transfer_seq + 1 WHERE seq = 1'],
    [
      'chain_and_balances',
      `INSERT INTO transfers SELECT 15, 'grant', 2, no, 1, 'x', NULL, NULL, 1
       FROM accounts WHERE wallet IS NOT NULL`,
    ],
  ])('%s: finds %s', (check, sql) => {
    file.spoil(sql);
    expect(failed()).toContain(check);
  });

  it('no_bet_overdue: finds a bet that is open long after its window, by the last tick applied', () => {
    const { closesAtMs } = cellAt();
    expect(failed(closesAtMs + 2_000)).toEqual([]);
    expect(failed(closesAtMs + 2_001)).toEqual(['no_bet_overdue']);
  });

  it('head_not_before_anchor: finds a ledger that ends before its anchor', async () => {
    const head = await file.write();
    file.anchor({ ...head, commitSeq: head.commitSeq + 1 });
    expect(failed()).toEqual(['head_not_before_anchor']);
  });
});
