/** A quote is what placing says, about the same state, before anybody placed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS, type Cell } from '../../src/domain/cell.ts';
import { HOUSE, walletAccount } from '../../src/domain/ledger.ts';
import { MarketBook } from '../../src/domain/market-book.ts';
import { decidePlaceBet } from '../../src/domain/place-bet.ts';
import { type BetQuote, type QuoteCommand, quoteBet } from '../../src/domain/quote-bet.ts';
import { type MarketRules, DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { NO_SELF_LIMITS } from '../../src/domain/self-limits.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents, hundredths, type Micros, micros } from '../../src/domain/units.ts';
import { betOn, cellAt, OTHER_WALLET, START_MS, tickAt, WALLET } from '../support/market.ts';

const LEAST = hundredths(100);
const REASONS = [
  'ACCEPTED',
  'PAUSED',
  'SELF_PAUSED',
  'FEED_DEGRADED',
  'COLUMN_LOCKED',
  'CELL_DISABLED',
  'STAKE_OUT_OF_RANGE',
  'SELF_LIMIT',
  'DUPLICATE_CELL',
  'INSUFFICIENT_BALANCE',
  'USER_CAP',
  'CELL_CAP',
  'COLUMN_CAP',
  'HOUSE_CAP',
];

/** One account open, two ticks seen. */
function openMarket(rules: MarketRules = RULES): { book: MarketBook; tick: IndexTick } {
  const book = new MarketBook(rules);
  const tick = tickAt(2);
  book.apply({ type: 'HouseFunded', amountMicros: rules.houseBankrollMicros });
  book.apply({ type: 'AccountOpened', wallet: WALLET, grantMicros: rules.startingGrantMicros });
  book.apply({ type: 'AccountOpened', wallet: OTHER_WALLET, grantMicros: rules.startingGrantMicros });
  book.advance(tickAt(1));
  book.advance(tick);
  return { book, tick };
}

const place = (book: MarketBook, cell: Cell, stakeMicros: Micros, tick: IndexTick) =>
  decidePlaceBet(
    book,
    { betId: 'bet_q', wallet: WALLET, cell, stakeMicros, minMultiplier: LEAST, receivedAtMs: tick.atMs },
    tick,
  );

function quoted(book: MarketBook, command: QuoteCommand, tick: IndexTick): BetQuote {
  const quote = quoteBet(book, command, tick);
  if (quote.status !== 'quoted') throw new Error(quote.reason);
  return quote;
}

/** An open bet of this reserve, on the books of another or the same wallet. */
function owe(book: MarketBook, reserveMicros: number, change: Partial<Bet>): void {
  const cell = change.cell ?? cellAt();
  const id = `bet_${book.openBetCount}`;
  const payoutMicros = micros(reserveMicros + 100_000);
  const bet = betOn(cell, {
    wallet: OTHER_WALLET,
    ...change,
    id,
    stakeMicros: micros(100_000),
    payoutMicros,
  });
  if (book.exposure.holds(bet.wallet, cell)) return;
  if (book.balances.of(walletAccount(bet.wallet)) < 100_000 || book.balances.of(HOUSE) < reserveMicros)
    return;
  book.apply({ type: 'BetAccepted', bet });
}

const CELLS: readonly Cell[] = BET_KINDS.flatMap((kind): Cell[] =>
  [10_000, 15_000, 30_000, 65_000, 5_000].flatMap((opensInMs) =>
    [-90, -2, -1, 0, 1, 2].map((row) => cellAt(row, opensInMs, 5_000, kind)),
  ),
).concat([
  { ...cellAt(0, 10_000, 5_000, 'inside'), lowCents: null },
  { ...cellAt(0, 10_000, 5_000, 'outside'), highCents: null },
  { ...cellAt(), highCents: cents(6_001_001) },
]);

/** Narrow and wide, so that every cap is the least one sometimes. */
const fraction = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0.001, 1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.000_000_1, 0.000_001, 0.000_01, 0.000_05) },
);
const cellArb = fc.oneof(fc.constantFrom(...CELLS), fc.constant(cellAt()), fc.constant(cellAt(0)));
const stakeArb = fc.oneof(
  fc.integer({ min: 1, max: RULES.maxStakeMicros + 1 }),
  fc.constantFrom(RULES.minStakeMicros - 1, RULES.minStakeMicros, RULES.maxStakeMicros, 2 ** 53 - 1),
);
const worldArb = fc.record({
  caps: fc.record({
    bet: fraction,
    walletOpen: fraction,
    walletMinute: fraction,
    cell: fraction,
    column: fraction,
    minute: fraction,
    total: fraction,
  }),
  owed: fc.array(
    fc.record({
      cell: cellArb,
      reserve: fc.integer({ min: 1_000, max: 400_000_000 }),
      own: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  edgeSkew: fc.constantFrom(0, 0.1, 0.9),
  edgeMax: fc.constantFrom(0.25, 0.95),
  paused: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  degraded: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  grant: fc.constantFrom(RULES.startingGrantMicros, 50_000_000, 100_000, 99_999),
  limits: fc.option(
    fc.record({
      maxStakeMicros: fc.option(fc.integer({ min: 0, max: 200_000_000 }).map(micros)),
      maxLossMicros: fc.option(fc.integer({ min: 0, max: 200_000_000 }).map(micros)),
      pausedUntilMs: fc.constantFrom(null, START_MS, START_MS + 60_000),
    }),
  ),
});
type World = typeof worldArb extends fc.Arbitrary<infer W> ? W : never;

function build(world: World): { book: MarketBook; tick: IndexTick } {
  const odds = { ...RULES.odds, edgeSkew: world.edgeSkew, edgeMax: world.edgeMax };
  const startingGrantMicros = micros(world.grant);
  // Of a wide bankroll: fractions of it leave room for a few bets.
  const { book, tick } = openMarket({ ...RULES, caps: world.caps, odds, startingGrantMicros });
  for (const { cell, reserve, own } of world.owed)
    owe(book, reserve, { cell, wallet: own ? WALLET : OTHER_WALLET });
  book.paused = world.paused;
  const limits = { ...NO_SELF_LIMITS, ...world.limits };
  if (world.limits) book.selfLimits.set(WALLET, { now: limits, next: limits, fromMs: 0 });
  return { book, tick: { ...tick, quality: world.degraded ? 'degraded' : 'ok' } };
}

describe('a quote', () => {
  it('is what placing the bet in that state gives, to the reason and the multiplier', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(worldArb, cellArb, stakeArb, (world, cell, stake) => {
        const { book, tick } = build(world);
        const stakeMicros = micros(stake);
        const quote = quoteBet(book, { cell, stakeMicros, wallet: WALLET }, tick);
        const decision = place(book, cell, stakeMicros, tick);
        const refusal = quote.status === 'refused' ? quote : quote.refusal;
        seen.set(refusal?.reason ?? 'ACCEPTED', 1 + (seen.get(refusal?.reason ?? 'ACCEPTED') ?? 0));
        expect(refusal).toEqual(decision.status === 'refused' ? decision : undefined);
        if (decision.status === 'refused') return;
        expect(decision.event.bet).toMatchObject({
          multiplier: (quote as BetQuote).multiplier,
          probability: (quote as BetQuote).probability,
          payoutMicros: (quote as BetQuote).payoutMicros,
        });
      }),
      { numRuns: 3_000 },
    );
    // The runs are worth something only if they got to all of these.
    expect([...seen.keys()].sort()).toEqual([...REASONS].sort());
  });

  it('says the largest stake: it is taken, and none above it is', () => {
    let bounded = 0;
    const above = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(
        worldArb,
        fc.constantFrom(cellAt(), cellAt(0), cellAt(-1)),
        above,
        (world, cell, places) => {
          const { book, tick } = build(world);
          const quote = quoteBet(book, { cell, wallet: WALLET }, tick);
          if (quote.status === 'refused') return;
          const { maxStakeMicros: most } = quote;
          if (most > 0) expect(place(book, cell, most, tick)).toMatchObject({ status: 'accepted' });
          if (most > 0 && most < RULES.maxStakeMicros) bounded += 1;
          const room = RULES.maxStakeMicros - most;
          const stakes = [1, ...places.map((place) => Math.ceil(place * room)), 1 + room];
          for (const more of stakes.filter((more) => more > 0)) {
            const decision = place(book, cell, micros(most + more), tick);
            expect([most, more, decision.status]).toEqual([most, more, 'refused']);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(bounded).toBeGreaterThan(100);
  });

  it.each([
    ['bet', 'USER_CAP', { cap: 'bet' }],
    ['walletOpen', 'USER_CAP', { cap: 'walletOpen' }],
    ['walletMinute', 'USER_CAP', { cap: 'walletMinute' }],
    ['cell', 'CELL_CAP', undefined],
    ['column', 'COLUMN_CAP', undefined],
    ['minute', 'HOUSE_CAP', { cap: 'minute' }],
    ['total', 'HOUSE_CAP', { cap: 'total' }],
  ] as const)(
    'names the cap that is least, and a stake above it is refused for it: %s',
    (cap, reason, details) => {
      const caps = { ...RULES.caps, [cap]: 0.000_001 };
      const { book, tick } = openMarket({ ...RULES, caps });
      const command = { cell: cellAt(), wallet: WALLET };
      const quote = quoted(book, command, tick);
      expect(quote.capLeast).toEqual({ cap, leftMicros: 10_000_000 });
      expect(quote.refusal).toBeUndefined();
      expect(quote.maxStakeMicros).toBeLessThan(RULES.maxStakeMicros);
      const stakeMicros = micros(quote.maxStakeMicros + 1);
      const refusal = { status: 'refused', reason, ...(details && { details }) };
      expect(place(book, cellAt(), stakeMicros, tick)).toEqual(refusal);
      expect(quoted(book, { ...command, stakeMicros }, tick).refusal).toEqual(refusal);
    },
  );

  it('of nobody counts nothing of a wallet', () => {
    const { book, tick } = openMarket({ ...RULES, startingGrantMicros: micros(0) });
    const limits = { ...NO_SELF_LIMITS, pausedUntilMs: START_MS + 60_000 };
    book.selfLimits.set(WALLET, { now: limits, next: limits, fromMs: 0 });
    expect(quoteBet(book, { cell: cellAt(), wallet: WALLET }, tick)).toMatchObject({ reason: 'SELF_PAUSED' });
    const quote = quoted(book, { cell: cellAt() }, tick);
    expect(quote.refusal).toBeUndefined();
    expect(quote.maxStakeMicros).toBe(RULES.maxStakeMicros);
    expect(quote.capsLeft.map(({ cap }) => cap)).toEqual([
      'bet',
      'cell',
      'column',
      'minute',
      'total',
      'bankroll',
    ]);
  });

  it('has parts of the edge that add up to what is kept', () => {
    const { book, tick } = openMarket();
    owe(book, 20_000_000_000, { cell: cellAt(2) });
    const { edge, probability, multiplier, fairMultiplier } = quoted(book, { cell: cellAt() }, tick);
    const sum = Object.values(edge.parts).reduce((all, part) => all + part, 0);
    expect(edge.total).toBeCloseTo(sum, 12);
    expect(edge.parts.exposure).toBeGreaterThan(0);
    expect(fairMultiplier).toBe(Math.floor(100 / probability));
    expect(multiplier).toBe(Math.floor((100 * (1 - edge.total)) / probability));
  });

  it('of no stake is of the least one', () => {
    const { book, tick } = openMarket();
    const command = { cell: cellAt(), wallet: WALLET };
    const least = quoted(book, { ...command, stakeMicros: RULES.minStakeMicros }, tick);
    expect(quoted(book, command, tick)).toEqual(least);
  });
});
