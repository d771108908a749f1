/** The live source over books that the test speaks for, on a manual clock. */
import { beforeEach, describe, expect, it } from 'vitest';
import { liveSource } from '../../../src/actors/price-feed/live-source.ts';
import type { PriceSource } from '../../../src/actors/price-feed/price-source.ts';
import type { VenueSpec } from '../../../src/actors/price-feed/venue-list.ts';
import { cents } from '../../../src/domain/units.ts';
import { type Logger, ManualClock, Metrics, seededRandom, silentLogger } from '../../../src/runtime/index.ts';
import { renderMetrics } from '../../../src/runtime/metrics.ts';
import { FIRST_TICK_MS, indexTick } from '../../support/index-ticks.ts';
import { MemoryQuotes, venueOf } from './memory-quotes.ts';

let clock: ManualClock;
let quotes: MemoryQuotes;
let metrics: Metrics;
let losses: { venue: string; reason: string; delayMs: number }[];
let source: PriceSource;

beforeEach(() => {
  clock = new ManualClock(FIRST_TICK_MS);
  quotes = new MemoryQuotes();
  metrics = new Metrics('test');
  losses = [];
  source = start([venueOf('a'), venueOf('b'), venueOf('c')]);
});

function start(venues: readonly VenueSpec[]): PriceSource {
  const warn = (loss: (typeof losses)[number]): void => void losses.push(loss);
  const log = Object.assign(Object.create(silentLogger), { warn }) as Logger;
  const started = liveSource({ venues, open: quotes.open, clock, random: seededRandom(1), log, metrics });
  started.start(null);
  return started;
}
function advance(byMs: number): void {
  const untilMs = clock.monotonicMs() + byMs;
  while (clock.fireNext(untilMs));
}
const all = (bid: number): void => ['a', 'b', 'c'].forEach((venue) => void quotes.say(venue, bid, bid + 1));
const price = () => source.priceAt(clock.nowMs());
const standings = () => source.venues?.().map(({ id, out, ageMs }) => [id, out, ageMs]);

it('has a price as soon as two agree, and says on whom it stands', () => {
  expect(price()).toBeUndefined();
  quotes.say('a', 60_000, 60_001);
  expect(price()).toBeUndefined();
  quotes.say('c', 60_000, 60_001);
  expect(price()).toMatchObject({ priceCents: 6_000_050, quality: 'degraded', venues: 2, venueMask: 0b101 });
  quotes.say('b', 60_000, 60_002);
  expect(price()).toMatchObject({ quality: 'ok', venues: 3, venueMask: 0b111, compositionJump: false });
});

it('goes on from the last recorded tick: other venues at another price are no move', () => {
  source.start(indexTick(1, { priceCents: cents(6_000_000), venueMask: 0b11 }));
  all(60_100);
  expect(price()).toMatchObject({ priceCents: 6_010_050, compositionJump: true });
  expect(price()).toMatchObject({ compositionJump: false });
});

it('knows no price two seconds after the venues were heard last', () => {
  all(60_000);
  advance(2_000);
  expect(price()).toMatchObject({ priceCents: 6_000_050 });
  advance(1);
  expect(price()).toBeUndefined();
  expect(standings()).toEqual(['a', 'b', 'c'].map((id) => [id, 'stale', 2_001]));
});

it('looks at no clock but its own: a wall clock set back or stamps that are off change nothing', () => {
  all(60_000);
  clock.setWallClockBy(-3_600_000);
  advance(1_999);
  expect(price()).toBeDefined();
  quotes.say('a', 60_000, 60_001, FIRST_TICK_MS + 1e9);
  quotes.say('b', 60_000, 60_001, 1);
  advance(2_000);
  expect(price()).toMatchObject({ venues: 2 });
});

it('tells how each venue stands, in metrics too', async () => {
  all(60_000);
  quotes.say('b', 60_002, 60_001);
  price();
  expect(standings()).toEqual([
    ['a', null, 0],
    ['b', 'crossed', 0],
    ['c', null, 0],
  ]);
  quotes.say('c', 60_000, 60_001, clock.nowMs() - 35);
  const text = await renderMetrics([await metrics.snapshot()]);
  expect(text).toContain('feed_venue_in{actor="test",venue="a"} 1');
  expect(text).toContain('feed_venue_out{actor="test",venue="b",reason="crossed"} 1');
  expect(text).toContain('feed_venue_age_ms{actor="test",venue="b"} 0');
  expect(text).toContain('feed_venue_delay_ms{actor="test",venue="c"} 35');
});

describe('a book in a coin', () => {
  beforeEach(() => {
    quotes = new MemoryQuotes();
    source = start([venueOf('a'), venueOf('b'), venueOf('t', 'USDT')]);
    quotes.say('a', 60_000, 60_001);
    quotes.say('b', 60_000, 60_001);
    quotes.say('t', 60_060, 60_061);
  });

  it('is out while nobody knows what the coin is worth', () => {
    expect(price()).toMatchObject({ venueMask: 0b011 });
    expect(standings()?.[2]).toEqual(['t', 'unit', 0]);
  });

  it('is in at the median of what others pay for the coin', () => {
    quotes.say('kraken USDT', 0.9988, 0.999);
    expect(price()).toMatchObject({ venueMask: 0b111 });
    quotes.say('coinbase USDT', 0.999, 0.9992);
    expect(price()).toMatchObject({ priceCents: 6_000_050, venueMask: 0b111 });
  });

  it('is out again when that is not known any more, or is no dollar', () => {
    quotes.say('kraken USDT', 0.9988, 0.999);
    quotes.say('kraken USDT', 0.5, 0.501);
    price();
    expect(standings()?.[2]?.[1]).toBe('unit');
    quotes.say('kraken USDT', 0.9988, 0.999);
    quotes.lose('kraken USDT');
    price();
    expect(standings()?.[2]?.[1]).toBe('unit');
  });

  it('needs no rate where nobody quotes in it', () => {
    quotes = new MemoryQuotes();
    start([venueOf('a'), venueOf('b')]);
    expect([...quotes.opened.keys()]).toEqual(['a', 'b']);
  });
});

describe('a lost venue', () => {
  it('is out at once, and comes back with new quotes only', () => {
    all(60_000);
    quotes.lose('b');
    expect(price()).toMatchObject({ venueMask: 0b101 });
    expect(standings()?.[1]).toEqual(['b', 'silent', null]);
    advance(losses[0]?.delayMs ?? 0);
    expect(quotes.opened.get('b')).toBe(2);
    expect(price()).toMatchObject({ venueMask: 0b101 });
    quotes.say('b', 60_000, 60_001);
    expect(price()).toMatchObject({ venueMask: 0b111 });
  });

  it('is not heard through its old connection', () => {
    const old = quotes.listener('b');
    quotes.lose('b');
    all(60_000);
    old?.quote({ bid: 60_000, ask: 60_001 });
    old?.lost('again');
    expect(price()).toMatchObject({ venueMask: 0b101 });
    expect(losses).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ['silent', () => {}],
    ['crossed for ever', () => quotes.say('b', 60_002, 60_001)],
    ['garbage for ever', () => quotes.say('b', Number.NaN, 60_001)],
  ])('is cut and opened anew when it is %s', (_name, speak) => {
    for (let i = 0; i < 49; i += 1) {
      advance(100);
      speak();
    }
    expect(quotes.opened.get('b')).toBe(1);
    advance(100);
    expect(losses).toContainEqual(expect.objectContaining({ venue: 'b', reason: 'silent' }));
    advance(1_000);
    expect(quotes.opened.get('b')).toBe(2);
  });

  it('is tried ever more slowly while it is not there, with jitter, at most every 10 s', () => {
    const delays: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      quotes.lose('b');
      delays.push(losses.at(-1)?.delayMs ?? 0);
      // The others go on and take no part in it.
      for (let waited = 0; waited <= (delays.at(-1) ?? 0); waited += 1_000) {
        quotes.say('a', 1, 2);
        quotes.say('c', 1, 2);
        advance(Math.min(1_000, (delays.at(-1) ?? 0) - waited + 1));
      }
    }
    delays.forEach((delayMs, attempt) => {
      const ceilingMs = Math.min(10_000, 500 * 2 ** attempt);
      expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 2 - 1);
      expect(delayMs).toBeLessThanOrEqual(ceilingMs + 1);
    });
    expect(new Set(delays).size).toBe(delays.length);
  });

  it('that had been steady is tried again soon', () => {
    for (let i = 0; i < 6; i += 1) {
      quotes.lose('b');
      advance((losses.findLast(({ venue }) => venue === 'b')?.delayMs ?? 0) + 1);
    }
    for (let i = 0; i < 11; i += 1) {
      quotes.say('b', 60_000, 60_001);
      advance(1_000);
    }
    quotes.lose('b');
    expect(losses.at(-1)).toMatchObject({ venue: 'b' });
    expect(losses.at(-1)?.delayMs).toBeLessThanOrEqual(500);
  });
});

it('says and opens nothing more once it is stopped', () => {
  all(60_000);
  source.stop();
  expect(price()).toBeUndefined();
  advance(120_000);
  expect(quotes.opened).toEqual(
    new Map([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]),
  );
  expect(quotes.closed).toBe(3);
});
