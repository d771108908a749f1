import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Balances,
  ESCROW,
  HOUSE,
  type LedgerEvent,
  transfersOf,
  walletAccount,
} from '../../src/domain/ledger.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import { hundredths, micros, payoutMicrosFloor } from '../../src/domain/units.ts';
import { betOn, cellAt, cellSettled, START_MS, WALLET } from '../support/market.ts';

const decided = { decidedSeq: 200, decidedAtMs: START_MS + 20_000 };
const VERDICTS: readonly DecidedVerdict[] = [
  { outcome: 'won', ...decided },
  { outcome: 'lost', ...decided },
  { outcome: 'void', reason: 'FEED_GAP', ...decided },
];

function booked(...events: LedgerEvent[]): Balances {
  const balances = new Balances();
  for (const event of events) for (const transfer of transfersOf(event)) balances.post(transfer);
  return balances;
}

const FUNDED: readonly LedgerEvent[] = [
  { type: 'HouseFunded', amountMicros: micros(100_000_000_000) },
  { type: 'AccountOpened', wallet: WALLET, grantMicros: micros(1_000_000_000) },
];
const bet = betOn(cellAt(), { stakeMicros: micros(10_000_000), multiplier: hundredths(250) });

describe('the ledger', () => {
  it('holds zero in all, whatever happens', () => {
    const stake = fc.integer({ min: 1, max: 100_000_000 });
    const multiplier = fc.integer({ min: 100, max: 2_500 });
    fc.assert(
      fc.property(stake, multiplier, fc.constantFrom(...VERDICTS), (stakeMicros, times, verdict) => {
        const payoutMicros = payoutMicrosFloor(micros(stakeMicros), hundredths(times));
        const some = { ...bet, stakeMicros: micros(stakeMicros), payoutMicros };
        const accepted = booked(...FUNDED, { type: 'BetAccepted', bet: some });
        expect(accepted.sumMicros()).toBe(0);
        expect(accepted.of(ESCROW)).toBe(payoutMicros);
        for (const transfer of transfersOf(cellSettled(verdict, some))) accepted.post(transfer);
        expect(accepted.sumMicros()).toBe(0);
        expect(accepted.of(ESCROW)).toBe(0);
      }),
    );
  });

  it.each([
    ['won', 1_015_000_000, 98_985_000_000],
    ['lost', 990_000_000, 99_010_000_000],
    ['void', 1_000_000_000, 99_000_000_000],
  ])('%s leaves the wallet and the house with what is theirs', (outcome, wallet, house) => {
    const verdict = VERDICTS.find((candidate) => candidate.outcome === outcome) as DecidedVerdict;
    const after = booked(...FUNDED, { type: 'BetAccepted', bet }, cellSettled(verdict, bet));
    expect(after.of(walletAccount(WALLET))).toBe(wallet);
    expect(after.of(HOUSE)).toBe(house);
  });

  it('moves nothing for an amount of zero', () => {
    expect(transfersOf({ type: 'AccountOpened', wallet: WALLET, grantMicros: micros(0) })).toEqual([]);
  });

  it('throws rather than overdraw anyone but the issuer', () => {
    expect(() => booked({ type: 'BetAccepted', bet })).toThrow('holds too little');
  });

  it('opens an account once', () => {
    const balances = new Balances();
    balances.open(walletAccount(WALLET));
    expect(() => balances.open(walletAccount(WALLET))).toThrow('open already');
  });
});
