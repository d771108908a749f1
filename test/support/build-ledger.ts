/**
 * A ledger and a tick log as the running system would leave them, through the real domain and the real
 * stores, without threads and without waiting: `build-ledger.ts DIR [BETS]`. Bets of all kinds on a line
 * that jumps, pauses and degrades now and then.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSqliteTickLog } from '../../src/actors/history-writer/sqlite-tick-log.ts';
import type { BookedEvent } from '../../src/actors/resolver/ledger-store.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../src/actors/resolver/sqlite-ledger-store.ts';
import { BET_KINDS, type Cell, rowOf } from '../../src/domain/cell.ts';
import type { LedgerEvent } from '../../src/domain/ledger.ts';
import { MarketBook } from '../../src/domain/market-book.ts';
import { decidePlaceBet } from '../../src/domain/place-bet.ts';
import { DEFAULT_MARKET_RULES, type MarketRules } from '../../src/domain/rules.ts';
import { type IndexTick, SYMBOL } from '../../src/domain/tick.ts';
import { cents, hundredths, micros } from '../../src/domain/units.ts';
import { type Random, seededRandom } from '../../src/runtime/index.ts';
import { SERVICE_KEY } from './proofs.ts';

export interface BuiltLedger {
  readonly bets: number;
  readonly open: number;
  readonly ticks: number;
}

const RULES: MarketRules = {
  ...DEFAULT_MARKET_RULES,
  houseBankrollMicros: micros(8_000_000_000_000_000),
  startingGrantMicros: micros(1_000_000_000_000),
};
const WALLETS = 1_000;
const WARM_TICKS = 300;
const BETS_PER_TICK = 20;
const TICKS_PER_COMMIT = 50;
const START_MS = 1_700_000_040_000;
const ROW_CENTS = 1_000;

const walletName = (index: number): string => `0x${index.toString(16).padStart(40, '0')}`;

export async function buildLedger(dir: string, betCount: number, seed = 1): Promise<BuiltLedger> {
  mkdirSync(dir, { recursive: true });
  const tickLog = openSqliteTickLog(join(dir, 'ticks.sqlite'), SERVICE_KEY);
  const store = new SqliteLedgerStore(openLedgerDatabase(join(dir, 'ledger.sqlite')));
  const random = seededRandom(seed);
  const book = new MarketBook(RULES);
  let booked: BookedEvent[] = [];
  let ticks: IndexTick[] = [];
  const note = (event: LedgerEvent): void => void booked.push({ event, tickSeq: book.lastSeq });
  const apply = (event: LedgerEvent): void => {
    book.apply(event);
    note(event);
  };
  const commit = async (): Promise<void> => {
    tickLog.commit({ epoch: 1, entries: ticks.map((tick) => ({ epoch: 1, tick })) });
    await store.commit({ booked, answers: [], cursorSeq: book.lastSeq });
    [booked, ticks] = [[], []];
  };
  apply({ type: 'HouseFunded', amountMicros: RULES.houseBankrollMicros });
  for (let i = 0; i < WALLETS; i += 1)
    apply({ type: 'AccountOpened', wallet: walletName(i), grantMicros: RULES.startingGrantMicros });

  let bets = 0;
  let tick: IndexTick | undefined;
  while (bets < betCount || (bets > 0 && book.openBetCount > betCount / 100)) {
    tick = nextTick(tick, random);
    ticks.push(tick);
    for (const settled of book.advance(tick)) note(settled);
    const wanted = tick.seq < WARM_TICKS || bets >= betCount ? 0 : BETS_PER_TICK;
    for (let i = 0; i < wanted; i += 1) {
      const decision = decidePlaceBet(book, command(tick, random), tick);
      if (decision.status === 'refused') continue;
      apply(decision.event);
      bets += 1;
    }
    if (ticks.length >= TICKS_PER_COMMIT) await commit();
    if (tick.seq > betCount * 10 + 10_000) throw new Error(`only ${bets} bets were taken`);
  }
  await commit();
  tickLog.close();
  await store.close();
  return { bets, open: book.openBetCount, ticks: tick?.seq ?? 0 };

  function command(at: IndexTick, dice: Random) {
    return {
      betId: `bet_${dice.id()}`,
      wallet: walletName(Math.floor(dice.fraction() * WALLETS)),
      cell: someCell(at, dice),
      stakeMicros: micros(100_000 + Math.floor(dice.fraction() * 1_000_000)),
      minMultiplier: hundredths(100),
      receivedAtMs: at.atMs - RULES.holdMs,
    };
  }
}

/** A random walk of about 60 % a year, with a pause, a bad minute or a composition jump now and then. */
function nextTick(before: IndexTick | undefined, random: Random): IndexTick {
  const isPause = before !== undefined && random.fraction() < 1 / 3_000;
  const isDegraded = Math.floor((before?.seq ?? 0) / 100) % 40 === 39;
  const step = Math.round((random.fraction() + random.fraction() + random.fraction() - 1.5) * 600);
  return {
    symbol: SYMBOL,
    seq: (before?.seq ?? 0) + 1,
    atMs: (before?.atMs ?? START_MS) + (isPause ? 5_000 : RULES.tickMs),
    priceCents: cents(Math.max(1_000_000, (before?.priceCents ?? 6_000_000) + step)),
    quality: isDegraded ? 'degraded' : 'ok',
    venues: isDegraded ? 2 : 3,
    venueMask: isDegraded ? 3 : 7,
    compositionJump: before !== undefined && random.fraction() < 1 / 500,
  };
}

function someCell({ atMs, priceCents }: IndexTick, random: Random): Cell {
  const { columnMs } = RULES;
  const column = Math.ceil((atMs + RULES.lockMs) / columnMs) + Math.floor(random.fraction() * 6);
  const near = rowOf(priceCents, ROW_CENTS);
  const shift = ROW_CENTS * Math.round((random.fraction() - 0.5) * 8);
  const kind = BET_KINDS[Math.floor(random.fraction() * BET_KINDS.length)] ?? 'touch';
  const isOpen = (kind === 'inside' || kind === 'outside') && random.fraction() < 0.4;
  const isLowOpen = isOpen && random.fraction() < 0.5;
  return {
    symbol: SYMBOL,
    kind,
    opensAtMs: column * columnMs,
    closesAtMs: (column + 1) * columnMs,
    lowCents: isLowOpen ? null : cents(near.lowCents + shift),
    highCents: isOpen && !isLowOpen ? null : cents(near.highCents + shift),
  };
}

const [, script = '', dir, count = '100000'] = process.argv;
if (import.meta.url === pathToFileURL(script).href && dir !== undefined)
  console.log(JSON.stringify(await buildLedger(dir, Number(count))));
