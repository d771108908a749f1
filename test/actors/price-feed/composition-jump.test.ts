/** From the venues' books to the ledger: a jump that is only a change of venues settles nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import { liveSource } from '../../../src/actors/price-feed/live-source.ts';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { priceFeedActor } from '../../../src/actors/price-feed/price-feed-actor.ts';
import { MemoryLedgerAnchor } from '../../../src/actors/resolver/ledger-anchor.ts';
import { resolverActor } from '../../../src/actors/resolver/resolver-actor.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { SqliteTickLogReader } from '../../../src/actors/resolver/sqlite-tick-log-reader.ts';
import { DEFAULT_MARKET_RULES } from '../../../src/domain/rules.ts';
import { hundredths, micros } from '../../../src/domain/units.ts';
import { ACCOUNT_EVENTS } from '../../../src/protocol/account-events.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { Metrics, seededRandom, silentLogger } from '../../../src/runtime/index.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { cellAt, START_MS, WALLET } from '../../support/market.ts';
import { MemoryQuotes, venueOf } from './memory-quotes.ts';

/** Between the two cheap ones and the two dear ones is the index. */
const MIDS: Readonly<Record<string, number>> = { a: 60_000, b: 60_000, c: 60_031, d: 60_031 };
/** 60,020 to 60,030: between that and the price of the dear ones. */
const CELL = cellAt(2);
const OPEN_MS = CELL.opensAtMs - START_MS;

let system: TestSystem;
let tickLog: TickLog;
let books: MemoryQuotes;
let mids: Map<string, number>;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'touchline-jump-'));
  const path = join(directory, 'ticks.sqlite');
  system = await createTestSystem({ seed: 1, startMs: START_MS });
  tickLog = openSqliteTickLog(path);
  books = new MemoryQuotes();
  mids = new Map(Object.entries(MIDS));
  await system.start(historyWriterActor({ tickLog, history: memoryPriceHistory() }));
  await system.start(
    resolverActor({
      store: new SqliteLedgerStore(openLedgerDatabase(':memory:')),
      tickLog: new SqliteTickLogReader(path),
      accountEvents: system.outbox(ACCOUNT_EVENTS),
      rules: DEFAULT_MARKET_RULES,
      anchor: new MemoryLedgerAnchor(),
    }),
  );
  const source = liveSource({
    venues: ['a', 'b', 'c', 'd', 'e'].map((id) => venueOf(id)),
    open: books.open,
    clock: system.clock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: new Metrics('test'),
  });
  const { tickMs, maxGapMs } = DEFAULT_MARKET_RULES;
  const settings = { tickMs, maxGapMs };
  await system.start(priceFeedActor({ source, latestPrice: memoryLatestPriceStore(), settings }));
  speak();
});
afterEach(() => {
  expect(system.crashes).toEqual([]);
  system.expectNoDeadLetters();
  tickLog.close();
  rmSync(directory, { recursive: true });
});

/** Every venue there is says its price again, twice a tick. */
function speak(): void {
  for (const [venue, mid] of mids) books.say(venue, mid - 0.5, mid + 0.5);
  system.clock.after(50, speak);
}

async function placed(): Promise<string> {
  await system.ask(RESOLVER, { type: 'OpenAccount', body: { wallet: WALLET } });
  await system.advance(1_000);
  const asked = system.asking(RESOLVER, {
    type: 'PlaceBet',
    body: {
      wallet: WALLET,
      idempotencyKey: 'key-1',
      cell: CELL,
      stakeMicros: micros(1_000_000),
      minMultiplier: hundredths(101),
    },
  });
  await system.advance(500);
  const result = await asked;
  if (!result.ok || !result.reply.ok) throw new Error(JSON.stringify(result));
  return result.reply.value.id;
}

async function stateOf(betId: string): Promise<unknown> {
  const outcome = await system.ask(RESOLVER, { type: 'GetBet', body: { wallet: WALLET, betId } });
  return outcome.ok && outcome.value.status;
}
const untilMs = (afterStartMs: number) => system.advance(START_MS + afterStartMs - system.clock.nowMs());

it('a venue that joins makes the line jump over a cell, which is not won by it', async () => {
  const betId = await placed();
  await untilMs(OPEN_MS + 1_000);
  mids.set('e', 60_031);
  await untilMs(OPEN_MS + 2_000);
  const jumps = tickLog.after(0, 1_000).filter(({ compositionJump }) => compositionJump);
  expect(jumps).toMatchObject([{ priceCents: 6_003_100, venues: 5, venueMask: 0b11111 }]);
  expect(tickLog.at((jumps[0]?.seq ?? 0) - 1)).toMatchObject({ priceCents: 6_001_550, venues: 4 });
  expect(await stateOf(betId)).toBe('open');
  await untilMs(OPEN_MS + 5_200);
  expect(await stateOf(betId)).toBe('lost');
});

it('the same move by the venues themselves wins it', async () => {
  const betId = await placed();
  await untilMs(OPEN_MS + 1_000);
  for (const [venue, mid] of mids) mids.set(venue, mid + 15.5);
  await untilMs(OPEN_MS + 2_000);
  expect(tickLog.head().last).toMatchObject({ priceCents: 6_003_100, compositionJump: false });
  expect(await stateOf(betId)).toBe('won');
});
