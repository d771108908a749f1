/** Ticks, cells and bets for tests of the market: a price of 60,005.00 USD and rows of 10.00. */
import type { Bet } from '../../src/domain/bet.ts';
import type { BetKind, Cell } from '../../src/domain/cell.ts';
import type { CellSettled } from '../../src/domain/ledger.ts';
import { DEFAULT_MARKET_RULES } from '../../src/domain/rules.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { type Cents, cents, hundredths, micros, payoutMicrosFloor } from '../../src/domain/units.ts';

/** A multiple of every column length. */
export const START_MS = 1_700_000_040_000;
export const PRICE_CENTS = 6_000_500;
export const ROW_CENTS = 1_000;
export const WALLET = '0x00000000000000000000000000000000000000aa';
export const OTHER_WALLET = '0x00000000000000000000000000000000000000bb';

export const tickAt = (seq: number, change: Partial<IndexTick> = {}): IndexTick => ({
  symbol: 'btc:usd',
  seq,
  atMs: START_MS + seq * DEFAULT_MARKET_RULES.tickMs,
  priceCents: cents(PRICE_CENTS),
  quality: 'ok',
  venues: 3,
  venueMask: 0b111,
  compositionJump: false,
  ...change,
});

/** `row` counts rows from the one the default price is in; the window opens `opensInMs` after START_MS. */
export function cellAt(
  row = 1,
  opensInMs = 10_000,
  lengthMs = 5_000,
  kind: BetKind = 'touch',
): Cell & { readonly lowCents: Cents; readonly highCents: Cents } {
  const lowCents = 6_000_000 + row * ROW_CENTS;
  return {
    symbol: 'btc:usd',
    kind,
    opensAtMs: START_MS + opensInMs,
    closesAtMs: START_MS + opensInMs + lengthMs,
    lowCents: cents(lowCents),
    highCents: cents(lowCents + ROW_CENTS),
  };
}

export function betOn(cell: Cell, change: Partial<Bet> = {}): Bet {
  const stakeMicros = change.stakeMicros ?? micros(1_000_000);
  const multiplier = change.multiplier ?? hundredths(200);
  const { rulesVersion, maxGapMs, maxDegradedFraction } = DEFAULT_MARKET_RULES;
  return {
    id: `bet_${cell.opensAtMs}_${cell.lowCents}`,
    wallet: WALLET,
    cell,
    stakeMicros,
    multiplier,
    payoutMicros: payoutMicrosFloor(stakeMicros, multiplier),
    receivedAtMs: START_MS,
    acceptedSeq: 1,
    acceptedAtMs: START_MS + 100,
    acceptedPriceCents: PRICE_CENTS,
    sigmaPerSqrtSecond: 0.00007,
    rulesVersion,
    settlementRules: { maxGapMs, maxDegradedFraction },
    ...change,
  };
}

/** The cell of these bets, settled. */
export const cellSettled = (verdict: DecidedVerdict, first: Bet, ...others: Bet[]): CellSettled => ({
  type: 'CellSettled',
  cell: first.cell,
  rules: first.settlementRules,
  verdict,
  bets: [first, ...others],
});
