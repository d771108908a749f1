/** PriceFeed and HistoryWriter together, what crashes and lost mail must not do to the line. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { priceFeedActor } from '../../../src/actors/price-feed/price-feed-actor.ts';
import { syntheticSource } from '../../../src/actors/price-feed/synthetic-source.ts';
import { type IndexTick, SYMBOL } from '../../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../../src/protocol/letters/price-feed.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { priceSignals } from '../../../src/protocol/signals.ts';
import {
  createTestSystem,
  type Probe,
  type TestSystem,
} from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, seqsOf, TICK_MS } from '../../support/index-ticks.ts';
import { shownTicks } from '../../support/shown-ticks.ts';

let system: TestSystem;
let tickLog: TickLog;
let resolver: Probe;
let shown: IndexTick[];

beforeEach(async () => {
  system = await createTestSystem({ seed: 1, startMs: FIRST_TICK_MS });
  tickLog = openSqliteTickLog(':memory:');
  resolver = await system.probe(RESOLVER);
  shown = await shownTicks(system);
  await system.start(historyWriterActor({ tickLog, history: memoryPriceHistory() }));
  await startFeed();
});
afterEach(() => {
  system.expectNoDeadLetters();
  tickLog.close();
});

const startFeed = (id: string = PRICE_FEED.name) => {
  const settings = { tickMs: TICK_MS, maxGapMs: 2_000 };
  return system.start(
    priceFeedActor({ source: syntheticSource(1), latestPrice: memoryLatestPriceStore(), settings }),
    id,
  );
};
const recorded = () => tickLog.range({ fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: 100_000 });
const resolved = () => resolver.letters.flatMap(({ body }) => (body as { ticks: IndexTick[] }).ticks);

function expectUnbrokenLine(): void {
  const ticks = recorded();
  expect(seqsOf(ticks)).toEqual(ticks.map((_, index) => index + 1));
  for (const [index, tick] of ticks.entries()) expect(tick.atMs).toBeGreaterThan(ticks[index - 1]?.atMs ?? 0);
  expect(resolved()).toEqual(ticks);
}

it('records every tick that is shown', async () => {
  await system.advance(2_000);
  expect(recorded()).toEqual(shown);
  expect(shown).toHaveLength(20);
  expectUnbrokenLine();
});

it('goes on with dense seq and rising time when either of the two is restarted', async () => {
  await system.advance(1_000);
  await system.restart(PRICE_FEED.name);
  await system.advance(1_050);
  await system.restart(HISTORY_WRITER.name);
  await system.advance(1_000);
  await system.restart(PRICE_FEED.name);
  await system.advance(1_000);
  expect(recorded().length).toBeGreaterThan(35);
  expect(tickLog.head().epoch).toBe(3);
  expectUnbrokenLine();
});

it('keeps the name of the numbering over a restart, unless more was shown than recorded', async () => {
  const published = await system.listen(priceSignals(SYMBOL));
  await system.advance(500);
  await system.restart(PRICE_FEED.name);
  await system.advance(500);
  const names = () => [...new Set(published.map(({ feed }) => feed?.id))];
  expect(names()).toHaveLength(1);
  // Shown, and the letter that would have it recorded is lost together with the feed.
  await system.stop(HISTORY_WRITER.name);
  const last = tickLog.head().last?.seq ?? 0;
  await system.advance(TICK_MS);
  system.postOffice.clear();
  await system.restart(HISTORY_WRITER.name);
  await system.restart(PRICE_FEED.name);
  await system.advance(1_500);
  expect(names()).toHaveLength(2);
  expect(published.at(-1)?.feed?.fromSeq).toBe(last + 1);
  expect(published.filter(({ seq }) => seq === last + 1)).toHaveLength(2);
});

it('loses no tick when the mailboxes are emptied again and again', async () => {
  for (let round = 0; round < 5; round++) {
    await system.advance(1_000);
    system.clock.fireNext(system.clock.nowMs() + TICK_MS);
    system.postOffice.clear();
  }
  await system.advance(3_000);
  expect(recorded()).toEqual(shown);
  expectUnbrokenLine();
});

it('ends the old feed when a new one opens; the line goes on with the new one alone', async () => {
  await system.advance(1_000);
  await startFeed('price-feed-two');
  await system.advance(2_000);
  expect(system.isCrashed(PRICE_FEED.name)).toBe(true);
  expect(system.isCrashed('price-feed-two')).toBe(false);
  expect(system.crashes).toMatchObject([
    { actor: PRICE_FEED.name, error: { message: expect.stringMatching(/superseded/) } },
  ]);
  expect(recorded().length).toBeGreaterThan(27);
  expectUnbrokenLine();
});

it('answers reads of what it just recorded', async () => {
  await system.advance(1_000);
  const body = { fromMs: FIRST_TICK_MS, toMs: FIRST_TICK_MS + 500, limit: 100 };
  const outcome = await system.ask(HISTORY_WRITER, { type: 'ReadTicks', body });
  expect(outcome).toEqual({ ok: true, value: { ticks: shown.slice(0, 5), more: false } });
});
