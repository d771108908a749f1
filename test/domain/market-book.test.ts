import { describe, expect, it } from 'vitest';
import { MarketBook } from '../../src/domain/market-book.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { cents, micros } from '../../src/domain/units.ts';
import { betOn, cellAt, START_MS, tickAt, WALLET } from '../support/market.ts';

function funded(): MarketBook {
  const book = new MarketBook(RULES);
  book.apply({ type: 'HouseFunded', amountMicros: RULES.houseBankrollMicros });
  book.apply({ type: 'AccountOpened', wallet: WALLET, grantMicros: micros(5_000_000) });
  return book;
}

describe('the market book', () => {
  it('books a settlement together with the tick that decides it', () => {
    const book = funded();
    book.advance(tickAt(1));
    book.apply({ type: 'BetAccepted', bet: betOn(cellAt(1, 10_000)) });
    expect(book.account(WALLET)).toEqual({ balanceMicros: 4_000_000, stakedMicros: 1_000_000, openBets: 1 });
    for (let seq = 2; seq < 100; seq += 1) expect(book.advance(tickAt(seq))).toEqual([]);
    const settled = book.advance(tickAt(100, { priceCents: cents(6_001_500) }));
    expect(settled).toMatchObject([{ type: 'CellSettled', verdict: { outcome: 'won', decidedSeq: 100 } }]);
    expect(book.account(WALLET)).toEqual({ balanceMicros: 6_000_000, stakedMicros: 0, openBets: 0 });
    expect(book.openBetCount).toBe(0);
    expect(book.brokenInvariant()).toBeUndefined();
  });

  it('takes ticks densely and forward only', () => {
    const book = funded();
    book.advance(tickAt(1));
    expect(() => book.advance(tickAt(3))).toThrow('does not follow');
    expect(() => book.advance(tickAt(2, { atMs: START_MS }))).toThrow('not later');
  });

  it('says what does not add up', () => {
    const missing = new MarketBook(RULES, { balances: [['house', micros(1)]], openBets: [] });
    expect(missing.brokenInvariant()).toContain('not 0');
    const bare = new MarketBook(RULES, { balances: [], openBets: [betOn(cellAt())] });
    expect(bare.brokenInvariant()).toContain('escrow');
  });

  it('knows nothing of a wallet that opened no account', () => {
    expect(funded().account('0xdd')).toBeUndefined();
  });
});
