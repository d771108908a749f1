/**
 * Eight recorded seconds of three markets (with a burst of 1,700 frames in 100 ms) through the live source,
 * the feed and the tick log, and everything that can go wrong on the way. What is judged are recorded ticks.
 *
 * The judge knows nothing of gates and medians. A line is honest if every tick lies between what the sound
 * venues said last, and no tick moves further than one of them did since the tick before, unless it says that
 * its move comes from a change of venues.
 */
import { afterEach, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { liveSource } from '../../../src/actors/price-feed/live-source.ts';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { priceFeedActor } from '../../../src/actors/price-feed/price-feed-actor.ts';
import { DEFAULT_INDEX_RULES } from '../../../src/domain/index/index-rules.ts';
import { type IndexTick, SYMBOL } from '../../../src/domain/tick.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { feedSignals } from '../../../src/protocol/signals.ts';
import { Metrics, seededRandom, silentLogger } from '../../../src/runtime/index.ts';
import { createTestSystem, type TestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, TICK_MS } from '../../support/index-ticks.ts';
import {
  MemoryQuotes,
  play,
  RECORDED_VENUES,
  type RecordedQuote,
  type RecordedVenue,
  recordedQuotes,
  venueOf,
} from './memory-quotes.ts';

const RECORDING = recordedQuotes();
const SPAN_MS = RECORDING.at(-1)?.afterMs ?? 0;
/** The recording starts a little after the feed. */
const START_MS = FIRST_TICK_MS + 1_000;

type Meanwhile = (quotes: MemoryQuotes, system: TestSystem) => void;

interface Run {
  /** What the venues say, instead of the recording. */
  readonly quotes?: readonly RecordedQuote[];
  /** Called once the feed runs; times from START_MS. */
  readonly meanwhile?: Meanwhile;
  readonly lastMs?: number;
}

let system: TestSystem | undefined;
afterEach(() => {
  system?.expectNoDeadLetters();
  expect(system?.crashes).toEqual([]);
});

async function ticksOf({ quotes = RECORDING, meanwhile, lastMs = SPAN_MS }: Run = {}): Promise<IndexTick[]> {
  system = await createTestSystem({ seed: 1, startMs: FIRST_TICK_MS });
  const tickLog = openSqliteTickLog(':memory:');
  await system.probe(RESOLVER);
  await system.start(historyWriterActor({ tickLog, history: memoryPriceHistory() }));
  const books = new MemoryQuotes();
  const source = liveSource({
    venues: RECORDED_VENUES.map((venue) => venueOf(venue)),
    open: books.open,
    clock: system.clock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: new Metrics('test'),
  });
  const settings = { tickMs: TICK_MS, maxGapMs: 2_000 };
  await system.start(priceFeedActor({ source, latestPrice: memoryLatestPriceStore(), settings }));
  await system.advance(START_MS - system.clock.nowMs());
  play(quotes, system.clock, ({ venue, bid, ask, exchangeMs }) => books.say(venue, bid, ask, exchangeMs));
  meanwhile?.(books, system);
  await system.advance(lastMs);
  const ticks = tickLog.range({ fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: 100_000 });
  tickLog.close();
  return ticks;
}

const at = (afterMs: number, happens: (quotes: MemoryQuotes) => void): Meanwhile => {
  return (quotes, { clock }) => void clock.after(afterMs, () => happens(quotes));
};

/** Middles in cents as of an instant; only what these venues say while they are sound is listened to. */
function midsAt(
  quotes: readonly RecordedQuote[],
  venues: readonly RecordedVenue[],
  atMs: number,
): (number | undefined)[] {
  return venues.map((venue) => {
    const last = quotes.findLast((quote) => quote.venue === venue && START_MS + quote.afterMs <= atMs);
    return last && (last.bid + last.ask) * 50;
  });
}

function expectHonest(
  ticks: readonly IndexTick[],
  venues: readonly RecordedVenue[] = RECORDED_VENUES,
  quotes: readonly RecordedQuote[] = RECORDING,
): void {
  const bits = RECORDED_VENUES.reduce((sum, venue, i) => sum + (venues.includes(venue) ? 2 ** i : 0), 0);
  let before: { tick: IndexTick; mids: (number | undefined)[] } | undefined;
  for (const tick of ticks) {
    const mids = midsAt(quotes, venues, tick.atMs);
    const known = mids.filter((mid) => mid !== undefined);
    expect(tick.priceCents).toBeGreaterThanOrEqual(Math.floor(Math.min(...known)));
    expect(tick.priceCents).toBeLessThanOrEqual(Math.ceil(Math.max(...known)));
    // While others have a part in it, what it may do is stay within the range.
    const isTheirs = [tick, before?.tick].every((one) => one && (one.venueMask & bits) === one.venueMask);
    if (before && isTheirs && !tick.compositionJump) {
      const { tick: last, mids: lastMids } = before;
      const venueMove = Math.max(...mids.map((mid, i) => Math.abs((mid ?? 0) - (lastMids[i] ?? mid ?? 0))));
      const isSameSet = tick.venueMask === last.venueMask;
      const slack = isSameSet ? 0 : Math.max(venueMove, last.priceCents * DEFAULT_INDEX_RULES.jumpFraction);
      expect(Math.abs(tick.priceCents - last.priceCents)).toBeLessThanOrEqual(venueMove + slack + 1);
    }
    before = { tick, mids };
  }
}

it('makes an honest line of the recording as it is, burst and all', async () => {
  const ticks = await ticksOf();
  expect(ticks.length).toBeGreaterThan(78);
  expect(ticks.filter(({ quality }) => quality === 'ok').length).toBeGreaterThan(75);
  expect(ticks.slice(2).every(({ venueMask }) => venueMask === 0b111)).toBe(true);
  expectHonest(ticks);
  const prices = ticks.map(({ priceCents }) => priceCents);
  expect(Math.max(...prices) - Math.min(...prices)).toBeGreaterThan(5_000);
});

it.each([1_300, -1_300, 3_600_000])(
  'does not care for venue clocks that are off by %i ms',
  async (skewMs) => {
    const skewed = RECORDING.map((quote, i) => ({
      ...quote,
      exchangeMs: START_MS + quote.afterMs + (i % 2 === 0 ? skewMs : -skewMs),
    }));
    expect(await ticksOf({ quotes: skewed })).toEqual(await ticksOf());
  },
);

it('takes a second of frames at once, and is where it would have been', async () => {
  const late = RECORDING.map((quote) =>
    quote.afterMs > 3_000 && quote.afterMs < 4_000 ? { ...quote, afterMs: 4_000 } : quote,
  );
  const ticks = await ticksOf({ quotes: late });
  expectHonest(ticks, RECORDED_VENUES, late);
  const since = (all: readonly IndexTick[]) =>
    all.filter(({ atMs }) => atMs > START_MS + 4_000).map(({ atMs, priceCents }) => [atMs, priceCents]);
  expect(since(ticks)).toEqual(since(await ticksOf()));
});

it('makes no tick in a gap of 60 s, and goes on after it', async () => {
  const begun = RECORDING.filter(({ afterMs }) => afterMs <= 3_000);
  const again = [63_000, 63_000 + SPAN_MS].flatMap((shiftMs) =>
    RECORDING.map((quote) => ({ ...quote, afterMs: quote.afterMs + shiftMs })),
  );
  const gap = [...begun, ...again];
  const ticks = await ticksOf({ quotes: gap, lastMs: 63_000 + 2 * SPAN_MS });
  const times = ticks.map(({ atMs }) => atMs - START_MS);
  expect(times.filter((ms) => ms > 5_000 && ms < 63_000)).toEqual([]);
  expect(times.filter((ms) => ms >= 63_000).length).toBeGreaterThan(50);
  expectHonest(ticks, RECORDED_VENUES, gap);
});

/** One venue, from three seconds on, every 20 ms, between its own quotes or instead of them. */
const mad: Record<string, (quote: RecordedQuote, i: number) => Pick<RecordedQuote, 'bid' | 'ask'>> = {
  'ten times the price': ({ bid, ask }) => ({ bid: bid * 10, ask: ask * 10 }),
  'a tenth of it': ({ bid, ask }) => ({ bid: bid / 10, ask: ask / 10 }),
  'now ten times, now right': ({ bid, ask }, i) =>
    i % 2 === 0 ? { bid, ask } : { bid: bid * 10, ask: ask * 10 },
  'frozen at 3 % away': () => ({ bid: 63_500, ask: 63_501 }),
  'creeping away within the gate': ({ bid, ask }, i) => ({ bid: bid + i / 10, ask: ask + i / 10 }),
  'on the edge of the gate': ({ bid, ask }, i) => {
    const away = 1 + (i % 2 === 0 ? 0.0024 : 0.0026);
    return { bid: bid * away, ask: ask * away };
  },
  NaN: () => ({ bid: Number.NaN, ask: Number.NaN }),
  zero: () => ({ bid: 0, ask: 0 }),
  'less than nothing': ({ bid, ask }) => ({ bid: -bid, ask: -ask }),
  infinite: () => ({ bid: 1e308 * 10, ask: 1e308 * 10 }),
  crossed: ({ bid, ask }) => ({ bid: ask + 1, ask: bid }),
  'wide open': ({ bid, ask }) => ({ bid: bid * 0.9, ask: ask * 1.1 }),
};
it.each(Object.keys(mad))('is not moved by a venue gone mad: %s', async (how) => {
  for (const venue of RECORDED_VENUES) {
    const quotes = RECORDING.map((quote, i) =>
      quote.venue === venue && quote.afterMs > 3_000 ? { ...quote, ...mad[how]?.(quote, i) } : quote,
    );
    const ticks = await ticksOf({ quotes });
    expect(ticks.length).toBeGreaterThan(75);
    expectHonest(
      ticks.filter(({ atMs }) => atMs > START_MS + 3_000),
      RECORDED_VENUES.filter((other) => other !== venue),
    );
  }
});

it('says so when the line moves because a venue left or came back', async () => {
  for (const venue of RECORDED_VENUES) {
    const ticks = await ticksOf({ meanwhile: at(3_000, (quotes) => quotes.lose(venue)) });
    expect(ticks.some(({ quality }) => quality === 'degraded')).toBe(true);
    expectHonest(ticks);
    const changes = ticks.filter(({ venueMask }, i) => i > 2 && venueMask !== ticks[i - 1]?.venueMask);
    expect(changes.length).toBeGreaterThanOrEqual(2);
  }
});

it.each([
  ['two', ['usdm', 'coinm']],
  ['all', RECORDED_VENUES],
] as const)('makes no tick while %s venues are gone, and goes on when they are back', async (_name, gone) => {
  const meanwhile: Meanwhile = (quotes, { clock }) => {
    clock.after(3_000, () => {
      for (const venue of gone) {
        quotes.unreachable.add(venue);
        quotes.lose(venue);
      }
    });
    clock.after(5_000, () => quotes.unreachable.clear());
  };
  const ticks = await ticksOf({ meanwhile });
  const times = ticks.map(({ atMs }) => atMs - START_MS);
  expect(times.filter((ms) => ms >= 3_000 && ms <= 5_000)).toEqual([]);
  expect(times.filter((ms) => ms > 5_000).length).toBeGreaterThan(5);
  expectHonest(ticks);
});

it('tells every second how the venues stand', async () => {
  let states: unknown[] = [];
  await ticksOf({
    meanwhile: (quotes, { clock, listen }) => {
      void listen.call(system, feedSignals(SYMBOL)).then((heard) => {
        states = heard;
      });
      clock.after(3_000, () => {
        quotes.unreachable.add('coinm');
        quotes.lose('coinm');
      });
    },
  });
  expect(states.length).toBeGreaterThanOrEqual(7);
  expect(states.at(-1)).toEqual({
    symbol: SYMBOL,
    atMs: expect.any(Number),
    venues: [
      { id: 'spot', out: null, ageMs: expect.any(Number) },
      { id: 'usdm', out: null, ageMs: expect.any(Number) },
      { id: 'coinm', out: 'silent', ageMs: null },
    ],
  });
});
