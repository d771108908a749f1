/** What every LedgerStore promises; run on each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerBatch, LedgerStore, StoredAnswer } from '../../src/actors/resolver/ledger-store.ts';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import type { LedgerEvent } from '../../src/domain/ledger.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import { micros } from '../../src/domain/units.ts';
import { betView } from '../../src/protocol/bet-view.ts';
import { done, refused } from '../../src/protocol/errors.ts';
import { betOn, cellAt, cellSettled, OTHER_WALLET, START_MS, WALLET } from '../support/market.ts';

export interface LedgerStoreHarness {
  readonly store: LedgerStore;
  /** Closes the store and opens what is durable of it again. */
  reopen(): Promise<LedgerStore>;
  /** Runs SQL past the store, as a bug or a person would: all of it or, if it throws, none. */
  execute(sql: string): void;
  close(): Promise<void>;
}

const HOUSE_MICROS = 100_000_000;
export const OPENING: readonly LedgerEvent[] = [
  { type: 'HouseFunded', amountMicros: micros(HOUSE_MICROS) },
  { type: 'AccountOpened', wallet: WALLET, grantMicros: micros(5_000_000) },
];
const decided = { decidedSeq: 150, decidedAtMs: START_MS + 15_000 };
export const WON: DecidedVerdict = { outcome: 'won', ...decided };
export const LOST: DecidedVerdict = { outcome: 'lost', ...decided };
export const VOID: DecidedVerdict = { outcome: 'void', reason: 'FEED_GAP', ...decided };

export const batch = (events: readonly LedgerEvent[], change: Partial<LedgerBatch> = {}): LedgerBatch => ({
  booked: events.map((event) => ({ event, tickSeq: 1 })),
  answers: [],
  cursorSeq: 1,
  ...change,
});
export const accepted = (bet: Bet): LedgerEvent => ({ type: 'BetAccepted', bet });
const settled = (bet: Bet, verdict: DecidedVerdict): LedgerEvent => cellSettled(verdict, bet);

export const voidedAlone = (bet: Bet): LedgerEvent => ({
  type: 'BetVoided',
  bet,
  verdict: { outcome: 'void', reason: 'OPERATOR', ...decided },
});

const answer = (idempotencyKey: string): StoredAnswer => ({
  wallet: WALLET,
  idempotencyKey,
  fingerprint: 'f'.repeat(64),
  answer: refused('CELL_DISABLED', { reason: 'TOO_FAR' }),
});

export function ledgerStoreContract(name: string, open: () => Promise<LedgerStoreHarness>): void {
  describe(`${name} keeps the LedgerStore contract`, () => {
    let harness: LedgerStoreHarness;
    let store: LedgerStore;
    const bet = betOn(cellAt());

    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });
    afterEach(() => harness.close());

    /** Expects the batch to be refused and to have left nothing behind. */
    const expectRejected = async (rejected: LedgerBatch, message: string | RegExp): Promise<void> => {
      const before = [await store.load(), await store.totals()];
      await expect(store.commit(rejected)).rejects.toThrow(message);
      expect([await store.load(), await store.totals()]).toEqual(before);
    };

    it('starts empty and says so', async () => {
      const snapshot = await store.load();
      expect(snapshot).toMatchObject({ openBets: [], cursorSeq: 0, isNew: true });
      expect(Object.fromEntries(snapshot.balances)).toEqual({ house: 0, escrow: 0, issuance: 0 });
    });

    it('gives back what was committed, after opening it again too', async () => {
      await store.commit(batch([...OPENING, accepted(bet)], { cursorSeq: 7 }));
      const snapshot = await store.load();
      expect(snapshot).toMatchObject({ openBets: [bet], cursorSeq: 7, isNew: false });
      expect(Object.fromEntries(snapshot.balances)).toEqual({
        house: HOUSE_MICROS - 5_000_000 - 1_000_000,
        escrow: 2_000_000,
        issuance: -HOUSE_MICROS,
        [`wallet:${WALLET}`]: 4_000_000,
      });
      store = await harness.reopen();
      expect(await store.load()).toEqual(snapshot);
    });

    it.each([
      ['won', WON, 6_000_000],
      ['lost', LOST, 4_000_000],
      ['void', VOID, 5_000_000],
    ])('settles a bet as %s', async (status, verdict, walletMicros) => {
      await store.commit(batch([...OPENING, accepted(bet)]));
      await store.commit(batch([settled(bet, verdict)], { cursorSeq: 150 }));
      const snapshot = await store.load();
      expect(snapshot.openBets).toEqual([]);
      expect(Object.fromEntries(snapshot.balances)).toMatchObject({
        escrow: 0,
        [`wallet:${WALLET}`]: walletMicros,
      });
      expect(await store.findBet(WALLET, bet.id)).toEqual({ bet, verdict });
      expect(await store.totals()).toMatchObject({
        sumMicros: 0,
        wallets: 1,
        bets: { open: 0, [status]: 1 },
      });
    });

    it.each(BET_KINDS)('keeps %s, its open edge and how close it came', async (kind) => {
      const isPath = kind === 'touch' || kind === 'no_touch';
      const cell = { ...cellAt(1, 10_000, 5_000, kind), ...(isPath ? {} : { highCents: null }) };
      const one = { ...bet, cell };
      const verdict: DecidedVerdict = isPath
        ? { outcome: 'won', ...decided, nearMiss: { cents: 3, atMs: START_MS + 14_900, seq: 149 } }
        : { outcome: 'won', ...decided };
      await store.commit(batch([...OPENING, accepted(one)]));
      expect((await store.load()).openBets).toEqual([one]);
      await expectRejected(batch([accepted({ ...one, id: 'bet_again' })]), /UNIQUE/);
      await store.commit(batch([settled(one, verdict)]));
      store = await harness.reopen();
      expect(await store.findBet(WALLET, one.id)).toEqual({ bet: one, verdict });
    });

    it('knows what was put up in the last minute, settled or not, and what was voided early', async () => {
      const at = (row: number, acceptedAtMs: number): Bet =>
        betOn(cellAt(row, 30_000), { id: `bet_${row}`, acceptedAtMs, stakeMicros: micros(1_000) });
      const bets = [at(1, START_MS - 60_000), at(2, START_MS - 59_999), at(3, START_MS)];
      await store.commit(batch([...OPENING, ...bets.map(accepted)]));
      await store.commit(batch([voidedAlone(bets[1] as Bet)]));
      store = await harness.reopen();
      const { recentReserves, voidedEarly } = await store.load();
      const reserve = { wallet: WALLET, reserveMicros: 1_000 };
      expect(recentReserves).toEqual([
        { ...reserve, acceptedAtMs: START_MS - 59_999 },
        { ...reserve, acceptedAtMs: START_MS },
      ]);
      expect(voidedEarly.map(({ id }) => id)).toEqual(['bet_2']);
    });

    it('settles what an earlier life took, and nothing at the tick it was taken at', async () => {
      await store.commit(batch([...OPENING, accepted(bet)]));
      store = await harness.reopen();
      const early = { outcome: 'lost', decidedSeq: 1, decidedAtMs: START_MS + 200 } as const;
      await expectRejected(batch([settled(bet, early)]), /later tick/);
      await store.commit(batch([settled(bet, LOST)]));
    });

    it('rejects a second settlement, in the same batch or later, whatever its outcome', async () => {
      await store.commit(batch([...OPENING, accepted(bet)]));
      await expectRejected(batch([settled(bet, WON), settled(bet, VOID)]), /settled already/);
      await store.commit(batch([settled(bet, WON)]));
      for (const verdict of [WON, LOST, VOID])
        await expectRejected(batch([settled(bet, verdict)]), /settled already/);
    });

    it('rejects a bet that is there already, by id or by cell', async () => {
      await store.commit(batch([...OPENING, accepted(bet)]));
      await expectRejected(batch([accepted(betOn(cellAt(2), { id: bet.id }))]), /UNIQUE/);
      await expectRejected(batch([accepted({ ...bet, id: 'bet_other' })]), /UNIQUE/);
    });

    it('rejects what would overdraw a wallet or the house', async () => {
      await store.commit(batch(OPENING));
      const large = betOn(cellAt(), { stakeMicros: micros(5_000_001) });
      await expectRejected(batch([accepted(large)]), /CHECK/);
      await expectRejected(batch([accepted({ ...bet, payoutMicros: micros(HOUSE_MICROS * 2) })]), /CHECK/);
    });

    it('rejects money for or from an account nobody opened', async () => {
      await store.commit(batch(OPENING));
      await expectRejected(batch([accepted({ ...bet, wallet: OTHER_WALLET })]), /there is no account/);
    });

    it('opens an account and funds the house once', async () => {
      await store.commit(batch(OPENING));
      for (const event of OPENING) await expectRejected(batch([event]), /UNIQUE/);
    });

    it('leaves nothing of a batch of which the last part is wrong', async () => {
      await store.commit(batch(OPENING, { answers: [answer('a')] }));
      await expectRejected(batch([accepted(bet)], { answers: [answer('b'), answer('a')] }), /answered once/);
      expect(await store.findAnswers([answer('b')])).toEqual([]);
    });

    it('never takes the cursor back', async () => {
      await store.commit(batch([], { cursorSeq: 10 }));
      await expectRejected(batch([], { cursorSeq: 9 }), /never goes back/);
    });

    it('keeps the newest odds, with a commit or not at all, and says what was settled since', async () => {
      const odds = (tickSeq: number) => ({ tickSeq, bytes: new Uint8Array([1, 2, tickSeq]) });
      expect(await store.load()).toMatchObject({ settledAfterOdds: [] });
      const priced = { ...bet, probability: 0.41 };
      await store.commit(batch([...OPENING, accepted(priced)], { odds: odds(100) }));
      await expectRejected(batch([accepted(bet)], { odds: odds(120) }), /./);
      await store.commit(batch([settled(priced, WON)], { cursorSeq: 150 }));
      store = await harness.reopen();
      const before = await store.load();
      expect([before.storedOdds?.tickSeq, [...(before.storedOdds?.bytes ?? [])]]).toEqual([100, [1, 2, 100]]);
      expect(before.settledAfterOdds).toEqual([{ bet: priced, verdict: WON }]);
      await store.commit(batch([], { cursorSeq: 150, odds: odds(150) }));
      expect(await store.load()).toMatchObject({ storedOdds: { tickSeq: 150 }, settledAfterOdds: [] });
    });

    it('keeps answers for ever and finds them by wallet and key', async () => {
      await store.commit(batch([], { answers: [answer('a'), answer('b')] }));
      store = await harness.reopen();
      const keys = ['b', 'a', 'c'].map((idempotencyKey) => ({ wallet: WALLET, idempotencyKey }));
      expect(await store.findAnswers(keys)).toEqual([answer('b'), answer('a')]);
      expect(await store.findAnswers([{ wallet: OTHER_WALLET, idempotencyKey: 'a' }])).toEqual([]);
    });

    it('finds many answers at once, and tells keys apart that share a hash', async () => {
      const many = Array.from({ length: 150 }, (_, n) => answer(`key ${n}`));
      await store.commit(batch([], { answers: many }));
      harness.execute(`INSERT INTO requests (key_hash, wallet, idempotency_key, fingerprint, answer)
        SELECT key_hash, wallet, 'other than ' || idempotency_key, fingerprint, '{}' FROM requests`);
      expect(await store.findAnswers([...many, answer('none')])).toEqual(many);
    });

    it('answers with the bet as it was accepted, whatever became of it', async () => {
      const taken = { ...answer('a'), answer: done(betView(bet)) };
      await store.commit(batch([...OPENING, accepted(bet)], { answers: [taken] }));
      await store.commit(batch([settled(bet, WON)]));
      store = await harness.reopen();
      expect(await store.findAnswers([answer('a')])).toEqual([taken]);
    });

    it('lists bets newest first, in pages, by status', async () => {
      const bets = [1, 2, 3, 4, 5].map((row) =>
        betOn(cellAt(row), { id: `bet_${row}`, stakeMicros: micros(1_000) }),
      );
      await store.commit(batch([...OPENING, ...bets.map(accepted)]));
      await store.commit(batch([settled(bets[1] as Bet, WON)]));
      const ids = async (query: object): Promise<string[]> =>
        (await store.listBets({ wallet: WALLET, limit: 10, ...query })).map((record) => record.bet.id);
      expect(await ids({ limit: 2 })).toEqual(['bet_5', 'bet_4']);
      expect(await ids({ limit: 2, beforeId: 'bet_4' })).toEqual(['bet_3', 'bet_2']);
      expect(await ids({ status: 'won' })).toEqual(['bet_2']);
      expect(await ids({ status: 'open', beforeId: 'bet_4' })).toEqual(['bet_3', 'bet_1']);
      expect(await ids({ beforeId: 'bet_unknown' })).toEqual([]);
      expect(await ids({ wallet: OTHER_WALLET })).toEqual([]);
      expect(await store.findBet(OTHER_WALLET, 'bet_1')).toBeUndefined();
    });

    it.each([
      ['change a transfer', 'UPDATE transfers SET amount_micros = 1', /append-only/],
      ['delete a transfer', 'DELETE FROM transfers', /append-only/],
      ['change an open bet', 'UPDATE accepted_bets SET payout_micros = payout_micros + 1', /frozen/],
      ['delete a bet', 'DELETE FROM accepted_bets', /kept for ever/],
      ['open a cell anew', 'INSERT INTO open_cells SELECT * FROM open_cells', /UNIQUE/],
      ['close a cell without settling it', 'DELETE FROM open_cells', /open until it is settled/],
      ['let an open cell wait less', 'UPDATE open_cells SET accepted_seq = 0', /frozen/],
      [
        'change what an open cell holds',
        'UPDATE open_cells SET payout_micros = 1, stake_micros = 1',
        /frozen/,
      ],
      [
        'pay a bet that is open',
        `INSERT INTO transfers (code, from_no, to_no, amount_micros, ref, bet_seq, tick_seq)
         VALUES ('payout', 3, 2, 1, 'x', 1, 1)`,
        /as it was settled/,
      ],
      [
        'pay a bet on a cell that is open',
        `INSERT INTO transfers (code, from_no, to_no, amount_micros, ref, cell_seq, tick_seq)
         SELECT 'payout', 3, no, 1, 'x', 1, 1 FROM accounts WHERE wallet = '${WALLET}'`,
        /as it was settled/,
      ],
      [
        'pay a bet that is no one',
        `INSERT INTO transfers (code, from_no, to_no, amount_micros, ref, tick_seq)
         VALUES ('payout', 3, 2, 1, 'x', 1)`,
        /CHECK/,
      ],
      ['change what a cell is', 'UPDATE cells SET low_cents = 0', /is what it is/],
      ['change the rules of a bet', 'UPDATE settlement_rules SET max_gap_ms = 1', /frozen/],
      [
        'answer a request anew',
        `INSERT INTO requests (key_hash, wallet, idempotency_key, fingerprint, answer)
         SELECT key_hash, wallet, idempotency_key, fingerprint, '{}' FROM requests`,
        /answered once/,
      ],
      ['change an answer', "UPDATE requests SET answer = '{}'", /kept for ever/],
      ['delete an answer', 'DELETE FROM requests', /kept for ever/],
      ['overdraw an account', "UPDATE accounts SET balance_micros = -1 WHERE name = 'house'", /CHECK/],
      [
        'hold a fraction',
        "UPDATE accounts SET balance_micros = 0.5 WHERE name = 'house'",
        /cannot store REAL/,
      ],
      [
        'hold more than 2^53',
        "UPDATE accounts SET balance_micros = 9007199254740992 WHERE name = 'house'",
        /CHECK/,
      ],
    ])('lets nobody %s', async (_what, sql, message) => {
      await store.commit(batch([...OPENING, accepted(bet)], { answers: [answer('a')] }));
      expect(() => harness.execute(sql)).toThrow(message);
    });

    it('lets nobody reopen a settled bet', async () => {
      await store.commit(batch([...OPENING, accepted(bet)]));
      await store.commit(batch([settled(bet, LOST)]));
      for (const [sql, message] of [
        ["UPDATE settled_cells SET status = 'won'", /settled already/],
        ['DELETE FROM settled_cells', /kept for ever/],
        ["UPDATE bets SET status = 'open'", /view/],
        ['DELETE FROM bets', /view/],
      ] as const)
        expect(() => harness.execute(sql)).toThrow(message);
    });
  });
}
