import { describe, expect, it } from 'vitest';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import { MarketBook } from '../../src/domain/market-book.ts';
import { decidePlaceBet, type PlaceBetCommand, type RefusalReason } from '../../src/domain/place-bet.ts';
import { type MarketRules, DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents, hundredths, micros } from '../../src/domain/units.ts';
import { betOn, cellAt, OTHER_WALLET, START_MS, tickAt, WALLET } from '../support/market.ts';

const EXECUTING: IndexTick = tickAt(2);

interface Situation {
  readonly book: MarketBook;
  command: PlaceBetCommand;
  tick: IndexTick;
}

function situation(rules: MarketRules = RULES): Situation {
  const book = new MarketBook(rules);
  book.apply({ type: 'HouseFunded', amountMicros: RULES.houseBankrollMicros });
  book.apply({ type: 'AccountOpened', wallet: WALLET, grantMicros: RULES.startingGrantMicros });
  book.advance(tickAt(1));
  book.advance(EXECUTING);
  const command = {
    betId: 'bet_1',
    wallet: WALLET,
    cell: cellAt(),
    stakeMicros: micros(10_000_000),
    minMultiplier: hundredths(101),
    receivedAtMs: START_MS + 50,
  };
  return { book, command, tick: EXECUTING };
}

function decide({ book, command, tick }: Situation) {
  return decidePlaceBet(book, command, tick);
}

/** Fills the books with a bet whose reserve is a fraction of the bankroll. */
function fill(book: MarketBook, fraction: number, change: Partial<Bet>): void {
  const reserve = Math.floor(RULES.houseBankrollMicros * fraction);
  const stakeMicros = micros(1);
  const bet = betOn(cellAt(), {
    stakeMicros,
    payoutMicros: micros(reserve + 1),
    id: `fill_${fraction}`,
    ...change,
  });
  if (!book.account(bet.wallet))
    book.apply({ type: 'AccountOpened', wallet: bet.wallet, grantMicros: micros(10) });
  book.apply({ type: 'BetAccepted', bet });
}

/** Each row makes one reason true; reasons later in the list stay true when earlier rows are applied too. */
const ROWS: readonly (readonly [RefusalReason, (s: Situation) => void])[] = [
  [
    'PAUSED',
    ({ book }) => {
      book.paused = true;
    },
  ],
  [
    'FEED_DEGRADED',
    (s) => {
      s.tick = { ...s.tick, quality: 'degraded' };
    },
  ],
  [
    'COLUMN_LOCKED',
    (s) => {
      s.command = {
        ...s.command,
        cell: { ...s.command.cell, opensAtMs: START_MS + 5_000, closesAtMs: START_MS + 10_000 },
      };
    },
  ],
  [
    'CELL_DISABLED',
    (s) => {
      s.command = {
        ...s.command,
        cell: {
          ...s.command.cell,
          symbol: 'btc:usd',
          lowCents: cellAt(90).lowCents,
          highCents: cellAt(90).highCents,
        },
      };
    },
  ],
  [
    'STAKE_OUT_OF_RANGE',
    (s) => {
      s.command = { ...s.command, stakeMicros: micros(RULES.maxStakeMicros + 1) };
    },
  ],
  [
    'DUPLICATE_CELL',
    (s) => {
      s.book.apply({ type: 'BetAccepted', bet: betOn(s.command.cell) });
    },
  ],
  [
    'INSUFFICIENT_BALANCE',
    (s) => {
      s.book.balances.post({
        code: 'stake',
        from: `wallet:${WALLET}`,
        to: 'house',
        ref: 'x',
        amountMicros: s.book.balances.of(`wallet:${WALLET}`),
      });
    },
  ],
  ['USER_CAP', (s) => fill(s.book, RULES.caps.walletOpen, { cell: cellAt(0, 30_000) })],
  ['CELL_CAP', (s) => fill(s.book, RULES.caps.cell, { wallet: OTHER_WALLET, cell: s.command.cell })],
  [
    'COLUMN_CAP',
    (s) =>
      fill(s.book, RULES.caps.column, {
        wallet: OTHER_WALLET,
        cell: { ...s.command.cell, lowCents: cellAt(2).lowCents, highCents: cellAt(2).highCents },
      }),
  ],
  ['HOUSE_CAP', (s) => fill(s.book, RULES.caps.total, { wallet: OTHER_WALLET, cell: cellAt(0, 40_000) })],
  [
    'QUOTE_MOVED',
    (s) => {
      s.command = { ...s.command, minMultiplier: hundredths(900) };
    },
  ],
  [
    'EXECUTION_TOO_LATE',
    (s) => {
      s.command = { ...s.command, receivedAtMs: s.tick.atMs - RULES.maxExecutionDelayMs - 1 };
    },
  ],
];

describe('placing a bet', () => {
  it('is accepted at the quote of the executing tick, with its terms frozen', () => {
    const s = situation();
    const decision = decide(s);
    if (decision.status !== 'accepted') throw new Error(decision.reason);
    const { bet } = decision.event;
    expect(bet).toMatchObject({ id: 'bet_1', wallet: WALLET, acceptedSeq: 2, acceptedAtMs: EXECUTING.atMs });
    expect(bet.settlementRules).toEqual({
      maxGapMs: RULES.maxGapMs,
      maxDegradedFraction: RULES.maxDegradedFraction,
    });
    expect(bet.multiplier).toBeGreaterThan(101);
    expect(bet.payoutMicros).toBe(bet.multiplier * 100_000);
    s.book.apply(decision.event);
    expect(s.book.brokenInvariant()).toBeUndefined();
  });

  describe('refuses in one fixed precedence', () => {
    it.each(ROWS)('%s alone', (reason, make) => {
      const s = situation();
      make(s);
      expect(decide(s)).toMatchObject({ status: 'refused', reason });
    });

    it.each(ROWS.map(([reason], i) => [reason, i] as const))('%s before all later ones', (reason, from) => {
      const s = situation();
      const cellFirst = ROWS.slice(from).filter(
        ([name]) => name === 'COLUMN_LOCKED' || name === 'CELL_DISABLED',
      );
      const others = ROWS.slice(from).filter(
        ([name]) => name !== 'COLUMN_LOCKED' && name !== 'CELL_DISABLED',
      );
      // DUPLICATE_CELL and the fills stake, so the wallet is emptied after them.
      const emptying = others.filter(([name]) => name === 'INSUFFICIENT_BALANCE');
      for (const [, make] of [...cellFirst, ...others.filter((row) => !emptying.includes(row)), ...emptying])
        make(s);
      expect(decide(s)).toMatchObject({ status: 'refused', reason });
    });
  });

  it.each([
    ['walletMinute', 'USER_CAP', WALLET],
    ['minute', 'HOUSE_CAP', OTHER_WALLET],
  ] as const)('counts what was put up in the last minute, settled or not: %s', (cap, reason, wallet) => {
    const caps = { ...RULES.caps, [cap]: 0.000_01 };
    const s = situation({ ...RULES, caps });
    const acceptedAtMs = EXECUTING.atMs - 60_000;
    const recent = { wallet, acceptedAtMs: acceptedAtMs + 1, reserveMicros: micros(100_000_000) };
    const book = new MarketBook(s.book.rules, { balances: [], openBets: [], recentReserves: [recent] });
    book.apply({ type: 'HouseFunded', amountMicros: RULES.houseBankrollMicros });
    book.apply({ type: 'AccountOpened', wallet: WALLET, grantMicros: RULES.startingGrantMicros });
    book.advance(tickAt(1));
    book.advance(EXECUTING);
    expect(decidePlaceBet(book, s.command, EXECUTING)).toMatchObject({ reason, details: { cap } });
    const later = tickAt(3);
    book.advance(later);
    expect(decidePlaceBet(book, { ...s.command, receivedAtMs: later.atMs }, later).status).toBe('accepted');
  });

  it('counts the column for the edge when it is fuller than the cell', () => {
    const multiplier = (fraction: number): number => {
      const s = situation();
      if (fraction > 0)
        fill(s.book, fraction, { wallet: OTHER_WALLET, cell: cellAt(5, 10_000, 5_000, 'inside') });
      const decision = decide(s);
      if (decision.status !== 'accepted') throw new Error(decision.reason);
      return decision.event.bet.multiplier;
    };
    expect(multiplier(0.015)).toBeLessThan(multiplier(0));
  });

  it.each(BET_KINDS)('takes %s, one bet per wallet, cell and kind', (kind) => {
    const s = situation();
    s.command = { ...s.command, cell: cellAt(1, 10_000, 5_000, kind) };
    const decision = decide(s);
    if (decision.status !== 'accepted') throw new Error(decision.reason);
    s.book.apply(decision.event);
    expect(decide(s)).toMatchObject({ reason: 'DUPLICATE_CELL' });
    s.command = { ...s.command, cell: cellAt(1, 10_000, 5_000, kind === 'touch' ? 'inside' : 'touch') };
    expect(decide(s).status).toBe('accepted');
  });

  it('takes up or down as inside with one open edge, and both together pay less than they cost', () => {
    const price = tickAt(1).priceCents - (tickAt(1).priceCents % 1_000);
    const multipliers = [{ lowCents: null }, { highCents: null }].map((open) => {
      const s = situation();
      const band = { lowCents: cents(price), highCents: cents(price), ...open };
      s.command = { ...s.command, cell: { ...cellAt(0, 10_000, 5_000, 'inside'), ...band } };
      const decision = decide(s);
      if (decision.status !== 'accepted') throw new Error(decision.reason);
      return decision.event.bet.multiplier / 100;
    });
    expect(multipliers.reduce((sum, multiplier) => sum + 1 / multiplier, 0)).toBeGreaterThan(1);
  });

  it('does not take another bet on a cell whose bet an operator voided', () => {
    const s = situation();
    const decision = decide(s);
    if (decision.status !== 'accepted') throw new Error(decision.reason);
    s.book.apply(decision.event);
    expect(s.book.voidByOperator(() => true)).toEqual([]);
    const next = tickAt(3);
    s.book.advance(next);
    const [settled] = s.book.voidByOperator(({ id }) => id === 'bet_1');
    expect(settled?.verdict).toEqual({
      outcome: 'void',
      reason: 'OPERATOR',
      decidedSeq: 3,
      decidedAtMs: next.atMs,
    });
    expect(s.book.account(WALLET)).toMatchObject({
      balanceMicros: RULES.startingGrantMicros,
      openBets: 0,
    });
    expect(s.book.brokenInvariant()).toBeUndefined();
    const again = { ...s.command, betId: 'bet_2', receivedAtMs: next.atMs };
    expect(decidePlaceBet(s.book, again, next)).toMatchObject({ reason: 'DUPLICATE_CELL' });
    const voidedEarly = [{ wallet: WALLET, cell: s.command.cell }];
    expect(
      new MarketBook(RULES, { balances: [], openBets: [], voidedEarly }).exposure.holds(
        WALLET,
        s.command.cell,
      ),
    ).toBe(true);
  });

  it('says the new multiplier when the quote moved', () => {
    const s = situation();
    s.command = { ...s.command, minMultiplier: hundredths(900) };
    expect(decide(s)).toMatchObject({ details: { multiplier: expect.stringMatching(/^\d\.\d\d$/), seq: 2 } });
  });

  it('gives the cell a lower multiplier the more is on it', () => {
    const multiplier = (others: number, stakeMicros = 1_000_000): number => {
      const s = situation();
      if (others > 0) fill(s.book, others, { wallet: OTHER_WALLET, cell: s.command.cell });
      s.command = { ...s.command, stakeMicros: micros(stakeMicros) };
      const decision = decide(s);
      if (decision.status !== 'accepted') throw new Error(decision.reason);
      return decision.event.bet.multiplier;
    };
    expect(multiplier(0.004)).toBeLessThan(multiplier(0));
  });

  it.each([
    ['symbol', { symbol: 'eth:usd' as 'btc:usd' }, 'SYMBOL'],
    ['column', { opensAtMs: START_MS + 10_001, closesAtMs: START_MS + 15_001 }, 'COLUMN'],
    ['row', { lowCents: micros(6_001_001) as never, highCents: micros(6_002_001) as never }, 'ROW'],
    ['distance in time', { opensAtMs: START_MS + 90_000, closesAtMs: START_MS + 95_000 }, 'TOO_FAR'],
    ['zero price', { lowCents: micros(0) as never, highCents: micros(1_000) as never }, 'TOO_UNLIKELY'],
  ])('names what is wrong with the cell: %s', (_what, change, reason) => {
    const s = situation();
    s.command = { ...s.command, cell: { ...s.command.cell, ...change } };
    expect(decide(s)).toEqual({ status: 'refused', reason: 'CELL_DISABLED', details: { reason } });
  });

  it('takes bets on far columns while the feed is degraded', () => {
    const s = situation();
    s.tick = { ...s.tick, quality: 'degraded' };
    s.command = { ...s.command, cell: cellAt(1, 20_000) };
    expect(decide(s).status).toBe('accepted');
  });

  it('executes at the very end of the allowed delay', () => {
    const s = situation();
    s.command = { ...s.command, receivedAtMs: s.tick.atMs - RULES.maxExecutionDelayMs };
    expect(decide(s).status).toBe('accepted');
  });

  it('refuses when the house itself has too little', () => {
    const s = situation();
    const amountMicros = s.book.balances.of('house');
    s.book.balances.post({
      code: 'grant',
      from: 'house',
      to: `wallet:${OTHER_WALLET}`,
      ref: OTHER_WALLET,
      amountMicros,
    });
    expect(decide(s)).toMatchObject({ reason: 'HOUSE_CAP' });
  });
});
