/** What every LedgerStore promises of bets that share a cell; run on each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerBatch, LedgerStore } from '../../src/actors/resolver/ledger-store.ts';
import type { LedgerEvent } from '../../src/domain/ledger.ts';
import { micros } from '../../src/domain/units.ts';
import { betOn, cellAt, cellSettled, OTHER_WALLET, WALLET } from '../support/market.ts';
import {
  accepted,
  batch,
  type LedgerStoreHarness,
  LOST,
  OPENING,
  VOID,
  voidedAlone,
  WON,
} from './ledger-store.contract.ts';

export function ledgerCellsContract(name: string, open: () => Promise<LedgerStoreHarness>): void {
  describe(`${name}: a cell with several bets`, () => {
    let harness: LedgerStoreHarness;
    let store: LedgerStore;
    const cell = cellAt();
    const mine = betOn(cell, { id: 'bet_mine' });
    const yours = betOn(cell, { id: 'bet_yours', wallet: OTHER_WALLET, stakeMicros: micros(2_000_000) });
    const opened: LedgerEvent = {
      type: 'AccountOpened',
      wallet: OTHER_WALLET,
      grantMicros: micros(5_000_000),
    };
    const balances = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await store.load()).balances);

    beforeEach(async () => {
      harness = await open();
      store = harness.store;
      await store.commit(batch([...OPENING, opened, accepted(mine), accepted(yours)]));
    });
    afterEach(() => harness.close());

    const expectRejected = async (rejected: LedgerBatch, message: RegExp): Promise<void> => {
      const before = [await store.load(), await store.totals()];
      await expect(store.commit(rejected)).rejects.toThrow(message);
      expect([await store.load(), await store.totals()]).toEqual(before);
    };

    it.each([
      ['won', WON, 6_000_000, 7_000_000],
      ['lost', LOST, 4_000_000, 3_000_000],
      ['void', VOID, 5_000_000, 5_000_000],
    ])('gives each its own: %s', async (outcome, verdict, mineMicros, yoursMicros) => {
      await store.commit(batch([cellSettled(verdict, mine, yours)]));
      expect(await balances()).toMatchObject({
        ...{ escrow: 0, [`wallet:${WALLET}`]: mineMicros, [`wallet:${OTHER_WALLET}`]: yoursMicros },
      });
      expect(await store.totals()).toMatchObject({ sumMicros: 0, bets: { open: 0, [outcome]: 2 } });
      expect(await store.findBet(OTHER_WALLET, yours.id)).toEqual({ bet: yours, verdict });
    });

    it('is settled with all of its bets, at their amounts, or not at all', async () => {
      const more = { ...yours, payoutMicros: micros(4_000_001) };
      for (const wrong of [
        cellSettled(WON, mine),
        cellSettled(WON, mine, more),
        cellSettled(WON, mine, yours, { ...yours, id: 'bet_third' }),
      ])
        await expectRejected(batch([wrong]), /not open with these bets/);
    });

    it('takes no bet any more once it is settled, and is not settled again', async () => {
      await store.commit(batch([cellSettled(LOST, mine, yours)]));
      const late = betOn(cell, { id: 'bet_late', wallet: `${OTHER_WALLET}1` });
      const account: LedgerEvent = { ...opened, wallet: late.wallet } as LedgerEvent;
      await expectRejected(batch([account, accepted(late)]), /settled already/);
      await expectRejected(batch([cellSettled(WON, mine, yours)]), /settled already/);
      await expectRejected(batch([voidedAlone(mine)]), /settled already/);
    });

    it('is settled without the bets that were voided before', async () => {
      await store.commit(batch([voidedAlone(mine)]));
      expect((await store.load()).openBets).toEqual([yours]);
      await expectRejected(batch([cellSettled(WON, mine, yours)]), /not open with these bets/);
      await expectRejected(batch([voidedAlone(mine)]), /settled already/);
      // As much as the other bet, to a wallet that has none there any more.
      await expectRejected(batch([cellSettled(WON, { ...yours, wallet: WALLET })]), /as it was settled/);
      await store.commit(batch([cellSettled(WON, yours)]));
      store = await harness.reopen();
      expect((await store.findBet(WALLET, mine.id))?.verdict).toMatchObject({ reason: 'OPERATOR' });
      expect(await store.findBet(OTHER_WALLET, yours.id)).toEqual({ bet: yours, verdict: WON });
      expect(await balances()).toMatchObject({ escrow: 0, [`wallet:${WALLET}`]: 5_000_000 });
    });

    it('is open no more when all of its bets were voided, and may be opened again', async () => {
      await store.commit(batch([voidedAlone(mine), voidedAlone(yours)]));
      expect(await store.totals()).toMatchObject({ escrowMicros: 0, bets: { open: 0, void: 2 } });
      const account = { ...opened, wallet: `${OTHER_WALLET}1` } as LedgerEvent;
      const late = betOn(cell, { id: 'bet_late', wallet: `${OTHER_WALLET}1` });
      await store.commit(batch([account, accepted(late)]));
      expect((await store.load()).openBets).toEqual([late]);
    });

    it('is paid out whole, to its own wallets, with the commit that settles it', async () => {
      const cells = `INSERT INTO settled_cells SELECT 1, cell_no, rules_no, bets, stake_micros, payout_micros,
        'won', NULL, 150, 9000000000000, NULL, NULL, NULL FROM open_cells;`;
      const pay = (account: string, amount: number): string =>
        `INSERT INTO transfers (code, from_no, to_no, amount_micros, ref, cell_seq, tick_seq)
         SELECT 'payout', 3, no, ${amount}, 'x', 1, 150 FROM accounts WHERE name = '${account}';`;
      const commit = `INSERT INTO commits SELECT max(seq) + 1, max(transfer_seq), 0, 0, 0, zeroblob(32), 1
        FROM commits;`;
      const execute =
        (...sql: string[]) =>
        () =>
          harness.execute(sql.join(' '));
      expect(execute(cells, pay('house', 2_000_000))).toThrow(/as it was settled/);
      const mineOnly = pay(`wallet:${WALLET}`, 2_000_000);
      expect(execute(cells, mineOnly, mineOnly)).toThrow(/UNIQUE/);
      expect(execute(cells, mineOnly, commit)).toThrow(/gives out what it holds/);
      expect(execute(cells, mineOnly, pay(`wallet:${OTHER_WALLET}`, 4_000_001), commit)).toThrow(/gives out/);
    });
  });
}
