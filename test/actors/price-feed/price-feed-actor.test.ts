import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { priceFeedActor } from '../../../src/actors/price-feed/price-feed-actor.ts';
import type { PriceSource, SourcePrice } from '../../../src/actors/price-feed/price-source.ts';
import { UNACKNOWLEDGED_TICKS_MAX } from '../../../src/actors/price-feed/unacknowledged-ticks.ts';
import { type IndexTick, SYMBOL } from '../../../src/domain/tick.ts';
import { cents } from '../../../src/domain/units.ts';
import { HISTORY_WRITER, type TicksPublished } from '../../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../../src/protocol/letters/price-feed.ts';
import {
  createTestSystem,
  type Probe,
  type TestSystem,
} from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, indexTick, seqsOf, TICK_MS } from '../../support/index-ticks.ts';
import { shownTicks } from '../../support/shown-ticks.ts';

const SETTINGS = { tickMs: TICK_MS, maxGapMs: 2_000 };
const ONE_VENUE = { quality: 'ok', venues: 1, venueMask: 1, compositionJump: false } as const;

/** A source the test can silence. */
class SteadySource implements PriceSource {
  startedAt: (IndexTick | null)[] = [];
  isStopped = false;
  price: SourcePrice | undefined = { ...ONE_VENUE, priceCents: cents(6_000_000) };
  start(last: IndexTick | null): void {
    this.startedAt.push(last);
  }
  priceAt(): SourcePrice | undefined {
    return this.price;
  }
  stop(): void {
    this.isStopped = true;
  }
}

let system: TestSystem;
let source: SteadySource;
let latestPrice: ReturnType<typeof memoryLatestPriceStore>;
let writer: Probe;
let shown: IndexTick[];

beforeEach(async () => {
  system = await createTestSystem({ seed: 1, startMs: FIRST_TICK_MS + 30 });
  source = new SteadySource();
  latestPrice = memoryLatestPriceStore();
  writer = await system.probe(HISTORY_WRITER);
  shown = await shownTicks(system);
});
afterEach(() => system.expectNoDeadLetters());

const startFeed = () => system.start(priceFeedActor({ source, latestPrice, settings: SETTINGS }));
async function startOpenFeed(last: IndexTick | null = null, epoch = 1): Promise<void> {
  await startFeed();
  await system.advance(0);
  writer.reply({ epoch, last });
  await system.idle();
}
async function acknowledge(upToSeq: number, epoch = 1): Promise<void> {
  system.deliver(PRICE_FEED, { type: 'TicksAcknowledged', body: { epoch, upToSeq } });
  await system.idle();
}
const published = () =>
  writer.letters
    .filter((letter): letter is TicksPublished => letter.type === 'TicksPublished')
    .map(({ body }) => ({ epoch: body.epoch, seqs: seqsOf(body.ticks) }));

describe('opening', () => {
  it('asks until the log answers, and makes no tick before', async () => {
    await startFeed();
    await system.advance(4_600);
    expect(writer.letters.length).toBeGreaterThanOrEqual(3);
    expect(new Set(writer.letters.map(({ type }) => type))).toEqual(new Set(['OpenFeed']));
    expect(shown).toEqual([]);
    expect(source.startedAt).toEqual([]);
    for (const _ of writer.letters) writer.reply({ epoch: 7, last: null });
    await system.idle();
    await system.advance(1_000);
    expect(shown.length).toBeGreaterThanOrEqual(9);
    expect(published()[0]).toEqual({ epoch: 7, seqs: [1] });
  });

  it('goes on from the end of the log and tells the source where that was', async () => {
    const last = indexTick(41, { atMs: FIRST_TICK_MS - 500 });
    await startOpenFeed(last);
    await system.advance(300);
    expect(seqsOf(shown)).toEqual([42, 43, 44]);
    expect(source.startedAt).toEqual([last]);
  });

  it('waits while the log is ahead of the wall clock, and leaves a gap on the line', async () => {
    await startOpenFeed(indexTick(41, { atMs: FIRST_TICK_MS + 500 }));
    await system.advance(2_500);
    expect(shown).toEqual([]);
    await system.advance(100);
    expect(shown).toMatchObject([{ seq: 42, atMs: FIRST_TICK_MS + 2_600 }]);
  });
});

describe('ticking', () => {
  beforeEach(() => startOpenFeed());

  it('shows, stores and sends one tick at each raster instant', async () => {
    await system.advance(300);
    expect(shown).toEqual(
      [1, 2, 3].map((seq) => ({
        symbol: SYMBOL,
        seq,
        atMs: FIRST_TICK_MS + seq * TICK_MS,
        priceCents: 6_000_000,
        quality: 'ok',
        venues: 1,
        venueMask: 1,
        compositionJump: false,
      })),
    );
    expect(await latestPrice.get()).toMatchObject(shown[2] ?? {});
    expect(published()).toEqual([1, 2, 3].map((seq) => ({ epoch: 1, seqs: [seq] })));
  });

  it('makes no tick without a price, and none for it later', async () => {
    await system.advance(200);
    source.price = undefined;
    await system.advance(1_000);
    expect(seqsOf(shown)).toEqual([1, 2]);
    source.price = {
      priceCents: cents(1),
      quality: 'degraded',
      venues: 2,
      venueMask: 5,
      compositionJump: true,
    };
    await system.advance(100);
    expect(shown[2]).toMatchObject({
      seq: 3,
      atMs: FIRST_TICK_MS + 1_300,
      quality: 'degraded',
      venueMask: 5,
    });
  });

  it('leaves a gap after a pause of five seconds, not a flood', async () => {
    await system.advance(200);
    pauseProcess(5_000);
    await system.idle();
    await system.advance(200);
    const gap = (shown[3]?.atMs ?? 0) - (shown[1]?.atMs ?? 0);
    expect(seqsOf(shown)).toEqual([1, 2, 3, 4, 5]);
    expect(gap).toBeGreaterThan(5_000);
    for (const { atMs } of shown) expect(atMs % TICK_MS).toBe(0);
  });

  it('stops its source when it is stopped', async () => {
    await system.stop(PRICE_FEED.name);
    expect(source.isStopped).toBe(true);
    await system.advance(1_000);
    expect(shown).toEqual([]);
  });

  /** A timer fires, and its turn runs only when time has passed: as when the machine sleeps. */
  function pauseProcess(forMs: number): void {
    const wakeMs = system.clock.nowMs() + forMs;
    while (system.clock.fireNext(wakeMs));
  }
});

describe('what is not acknowledged', () => {
  beforeEach(() => startOpenFeed());

  it('is sent again after a second without progress', async () => {
    await system.advance(500);
    await acknowledge(2);
    await system.advance(1_000);
    expect(published().map(({ seqs }) => seqs.length)).toEqual(Array.from({ length: 15 }, () => 1));
    await system.advance(100);
    expect(published().at(-1)?.seqs).toEqual(Array.from({ length: 14 }, (_, index) => index + 3));
  });

  it('is sent again when Redis lost the letters', async () => {
    await system.advance(300);
    system.postOffice.clear();
    await system.advance(1_000);
    expect(published().filter(({ seqs }) => seqs.length > 1 && seqs[0] === 1)).toHaveLength(1);
  });

  it('is not sent again while acknowledgements come', async () => {
    for (let seq = 1; seq <= 50; seq++) {
      await system.advance(100);
      await acknowledge(seq);
    }
    expect(published()).toEqual(shown.map(({ seq }) => ({ epoch: 1, seqs: [seq] })));
  });

  it('is kept up to a bound; then no tick is made until there is room', async () => {
    await system.advance((UNACKNOWLEDGED_TICKS_MAX + 100) * TICK_MS);
    expect(shown).toHaveLength(UNACKNOWLEDGED_TICKS_MAX);
    await acknowledge(UNACKNOWLEDGED_TICKS_MAX);
    await system.advance(200);
    expect(seqsOf(shown).slice(-2)).toEqual([UNACKNOWLEDGED_TICKS_MAX + 1, UNACKNOWLEDGED_TICKS_MAX + 2]);
  });
});

describe('a feed', () => {
  beforeEach(() => startOpenFeed(null, 5));

  it('ends when its epoch is superseded', async () => {
    await system.advance(100);
    await acknowledge(1, 6);
    expect(system.isCrashed(PRICE_FEED.name)).toBe(true);
    expect(system.crashes[0]?.error.message).toMatch(/superseded/);
    await system.advance(1_000);
    expect(shown).toHaveLength(1);
  });

  it('ends when the log holds what it never made', async () => {
    await acknowledge(1, 5);
    expect(system.crashes[0]?.error.message).toMatch(/holds seq 1/);
  });

  it('ignores answers to a former life, and garbage', async () => {
    await system.advance(100);
    await acknowledge(900, 4);
    for (const body of [
      null,
      {},
      { epoch: 5 },
      { epoch: '6', upToSeq: 1 },
      { epoch: 5, upToSeq: Number.NaN },
    ]) {
      system.deliver(PRICE_FEED, { type: 'TicksAcknowledged', body: body as never });
    }
    system.deliver(PRICE_FEED, { type: 'Nonsense', body: 1 } as never);
    await system.advance(100);
    expect(system.crashes).toEqual([]);
    expect(shown).toHaveLength(2);
  });
});
