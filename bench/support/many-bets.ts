/**
 * A market with very many open bets: cells of every kind over columns and rows around a price, each with bets
 * of many wallets; and a line of ticks that touches some, passes others and closes them all.
 */
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS, type Cell } from '../../src/domain/cell.ts';
import type { LedgerEvent } from '../../src/domain/ledger.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { type IndexTick, SYMBOL } from '../../src/domain/tick.ts';
import { cents, hundredths, micros } from '../../src/domain/units.ts';
import { seededRandom } from '../../src/runtime/random.ts';

/** A multiple of every column length. */
export const FIRST_OPENS_MS = 1_700_000_040_000;
const PRICE_CENTS = 6_000_500;
const ROW_CENTS = 1_000;
const COLUMNS = 40;
/** Bets on a column are taken over this many columns' time before it. */
const TAKEN_COLUMNS_AHEAD = 12;

const walletNo = (n: number): string => `0x${n.toString(16).padStart(40, '0')}`;

const random = () => seededRandom(4);

export const firstTick: IndexTick = tickAfter(undefined, 0);

function tickAfter(before: IndexTick | undefined, byCents: number): IndexTick {
  return {
    symbol: SYMBOL,
    seq: (before?.seq ?? 0) + 1,
    atMs: (before?.atMs ?? FIRST_OPENS_MS - 1_000 - RULES.tickMs) + RULES.tickMs,
    priceCents: cents((before?.priceCents ?? PRICE_CENTS) + byCents),
    quality: 'ok',
    venues: 3,
    venueMask: 0b111,
    compositionJump: false,
  };
}

/** `count` ticks after the first one, each at most `stepCentsMax` from the one before. */
export function ticksAfterFirst(count: number, stepCentsMax: number): IndexTick[] {
  const dice = random();
  const ticks: IndexTick[] = [];
  let last = firstTick;
  for (let n = 0; n < count; n += 1) {
    last = tickAfter(last, Math.round((2 * dice.fraction() - 1) * stepCentsMax));
    ticks.push(last);
  }
  return ticks;
}

/** Ticks until every column is over. */
export const TICKS_TO_THE_END = Math.ceil((COLUMNS * RULES.columnMs + 2_000) / RULES.tickMs);

/** Rows from the nearest to the line on; row 0 would be touched at once. */
function cellNo(n: number): Cell {
  const opensAtMs = FIRST_OPENS_MS + (n % COLUMNS) * RULES.columnMs;
  const place = Math.floor(n / COLUMNS);
  const kind = BET_KINDS[place % BET_KINDS.length] ?? 'touch';
  const distance = 1 + Math.floor(place / (2 * BET_KINDS.length));
  const row = place % (2 * BET_KINDS.length) < BET_KINDS.length ? distance : -distance;
  const lowCents = cents(PRICE_CENTS - (PRICE_CENTS % ROW_CENTS) + row * ROW_CENTS);
  const highCents = cents(lowCents + ROW_CENTS);
  return { symbol: SYMBOL, kind, opensAtMs, closesAtMs: opensAtMs + RULES.columnMs, lowCents, highCents };
}

/** As they are given: in the order of acceptance. */
const betId = (n: number): string => `bet_${n.toString(16).padStart(18, '0')}${'0'.repeat(14)}`;

/** `place`: in the order of acceptance. */
function betNo(place: number, cell: Cell, wallet: string): Bet {
  const stakeMicros = micros(1_000_000);
  const { rulesVersion, maxGapMs, maxDegradedFraction } = RULES;
  return {
    id: betId(place),
    wallet,
    cell,
    stakeMicros,
    multiplier: hundredths(235),
    payoutMicros: micros(2_350_000),
    receivedAtMs: firstTick.atMs - 150,
    acceptedSeq: firstTick.seq,
    acceptedAtMs: firstTick.atMs,
    acceptedPriceCents: firstTick.priceCents,
    sigmaPerSqrtSecond: 0.00007,
    probability: 0.4,
    rulesVersion,
    settlementRules: { maxGapMs, maxDegradedFraction },
  };
}

export interface ManyBets {
  /** The house is funded and accounts are open before the bets. */
  readonly opening: readonly LedgerEvent[];
  /** In an order in which they could have been taken. */
  readonly bets: readonly Bet[];
}

export function manyBets(count: number, cells: number, wallets: number): ManyBets {
  const perCell = Math.ceil(count / cells);
  const dice = random();
  const taken = Array.from({ length: count }, (_, n) => {
    const cell = Math.floor(n / perCell);
    return { n, cell, when: (cell % COLUMNS) + dice.fraction() * TAKEN_COLUMNS_AHEAD };
  }).sort((a, b) => a.when - b.when);
  const bets = taken.map(({ n, cell }, place) => {
    const wallet = walletNo((cell * 37 + (n % perCell)) % wallets);
    return betNo(place, cellNo(cell), wallet);
  });
  const grantMicros = micros(1_000_000 * Math.ceil((2 * count) / wallets + perCell));
  return {
    opening: [
      { type: 'HouseFunded', amountMicros: micros(1_000_000_000_000_000) },
      ...Array.from(
        { length: wallets },
        (_, n): LedgerEvent => ({
          type: 'AccountOpened',
          wallet: walletNo(n),
          grantMicros,
        }),
      ),
    ],
    bets,
  };
}
