import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { historyWriterActor } from '../../../src/actors/history-writer/history-writer-actor.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import type { PriceHistory } from '../../../src/actors/history-writer/price-history.ts';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import type { TickLog } from '../../../src/actors/history-writer/tick-log.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../../src/protocol/letters/price-feed.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { TICKS_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import {
  createTestSystem,
  type Probe,
  type TestSystem,
} from '../../../src/runtime/test-kit/create-test-system.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, seqsOf, TICK_MS } from '../../support/index-ticks.ts';

const ALL = { fromMs: 0, toMs: FIRST_TICK_MS * 2, limit: TICKS_PER_READ_MAX };

let tickLog: TickLog;
let history: PriceHistory;
let system: TestSystem;
let resolver: Probe;

beforeEach(async () => {
  tickLog = openSqliteTickLog(':memory:');
  history = memoryPriceHistory();
  system = await createTestSystem({ seed: 1, startMs: FIRST_TICK_MS });
  resolver = await system.probe(RESOLVER);
});
afterEach(() => {
  system.expectNoDeadLetters();
  expect(system.crashes.filter(({ error }) => error.message !== 'killed')).toEqual([]);
  tickLog.close();
});

const startWriter = () => system.start(historyWriterActor({ tickLog, history }));
const openFeed = () => system.ask(HISTORY_WRITER, { type: 'OpenFeed', body: {} });
const read = (range: object) => system.ask(HISTORY_WRITER, { type: 'ReadTicks', body: { ...ALL, ...range } });
async function readSeqs(range: object = {}): Promise<number[]> {
  const outcome = await read(range);
  return outcome.ok ? seqsOf(outcome.value.ticks) : [];
}
/** As the test's own mailbox: acknowledgements go there. */
async function publish(ticks: readonly IndexTick[], epoch = 1): Promise<void> {
  system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch, ticks } });
  await system.idle();
}
const recordedSeqs = () =>
  resolver.letters.map(({ body }) => seqsOf((body as { ticks: readonly IndexTick[] }).ticks));

describe('the feed', () => {
  beforeEach(() => startWriter());

  it('is opened with a new epoch each time, and the end of the log', async () => {
    expect(await openFeed()).toEqual({ epoch: 1, last: null });
    await publish(indexTicks(1, 2));
    expect(await openFeed()).toEqual({ epoch: 2, last: indexTick(2) });
    expect(tickLog.head()).toEqual({ epoch: 2, last: indexTick(2) });
  });

  it('that was superseded writes nothing more', async () => {
    await openFeed();
    await openFeed();
    await publish(indexTicks(1, 2), 1);
    expect(tickLog.head().last).toBeNull();
    await publish(indexTicks(1, 1), 2);
    expect(tickLog.head().last).toEqual(indexTick(1));
  });

  it('may be superseded in the middle of a batch', async () => {
    await openFeed();
    system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch: 1, ticks: [indexTick(1)] } });
    system.deliver(HISTORY_WRITER, { type: 'OpenFeed', body: {} });
    system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch: 1, ticks: [indexTick(2)] } });
    system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch: 2, ticks: [indexTick(2)] } });
    await system.idle();
    expect(tickLog.head()).toEqual({ epoch: 2, last: indexTick(2) });
    expect(recordedSeqs()).toEqual([[1, 2]]);
  });
});

describe('recording', () => {
  beforeEach(async () => {
    await startWriter();
    await openFeed();
  });

  it('tells the Resolver what is in the log now, each tick once', async () => {
    await publish(indexTicks(1, 3));
    await publish(indexTicks(2, 5));
    await publish(indexTicks(1, 5));
    expect(recordedSeqs()).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(tickLog.range(ALL)).toEqual(indexTicks(1, 5));
  });

  it('waits at a hole until it is filled', async () => {
    await publish(indexTicks(1, 2));
    await publish(indexTicks(4, 6));
    expect(tickLog.head().last?.seq).toBe(2);
    await publish(indexTicks(3, 6));
    expect(tickLog.head().last?.seq).toBe(6);
    expect(recordedSeqs()).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ]);
  });

  it('survives garbage', async () => {
    for (const body of [null, 'x', { epoch: 1 }, { epoch: 1, ticks: 'x' }, { epoch: 1, ticks: [{}, 3] }]) {
      system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: body as never });
    }
    system.deliver(HISTORY_WRITER, { type: 'Nonsense', body: 1 } as never);
    await publish([indexTick(1, { priceCents: -5 as never })]);
    await publish(indexTicks(1, 1));
    expect(tickLog.head().last).toEqual(indexTick(1));
  });

  it('goes on from the log after a crash, and takes a redelivered letter once', async () => {
    await publish(indexTicks(1, 3));
    await system.restart(HISTORY_WRITER.name);
    await publish(indexTicks(3, 4));
    expect(tickLog.range(ALL)).toEqual(indexTicks(1, 4));
    expect(await readSeqs()).toEqual([1, 2, 3, 4]);
  });

  it('crashes, and answers nobody, when the log cannot be written', async () => {
    const asked = system.asking(HISTORY_WRITER, { type: 'OpenFeed', body: {} });
    tickLog.close();
    await system.idle();
    expect(system.isCrashed(HISTORY_WRITER.name)).toBe(true);
    expect(system.crashes.splice(0)).toHaveLength(1);
    await system.advance(60_000);
    expect(await asked).toMatchObject({ ok: false });
    tickLog = openSqliteTickLog(':memory:');
  });
});

it('acknowledges to whoever published, also when it refuses', async () => {
  const letters: { from: string; body: unknown }[] = [];
  for (const id of [PRICE_FEED.name, 'price-feed-two']) {
    await system.start(
      {
        name: id,
        start: (context) => {
          context.after(100, () => void context.send(HISTORY_WRITER, publishedBy(id)));
        },
        receive: (_state, received) => {
          for (const { body } of received) letters.push({ from: id, body });
        },
      },
      id,
    );
  }
  await startWriter();
  await openFeed();
  await openFeed();
  await system.advance(100);
  expect(letters).toEqual([
    { from: PRICE_FEED.name, body: { epoch: 2, upToSeq: 1 } },
    { from: 'price-feed-two', body: { epoch: 2, upToSeq: 1 } },
  ]);

  function publishedBy(id: string) {
    const epoch = id === PRICE_FEED.name ? 2 : 1;
    return { type: 'TicksPublished', body: { epoch, ticks: [indexTick(1)] } } as const;
  }
});

describe('reading', () => {
  beforeEach(async () => {
    await startWriter();
    await openFeed();
  });

  it('gives the range, both ends included, and says when there is more', async () => {
    await publish(indexTicks(1, 10));
    const range = { fromMs: FIRST_TICK_MS + 2 * TICK_MS, toMs: FIRST_TICK_MS + 6 * TICK_MS };
    expect(await read({ ...range, limit: 5 })).toEqual({
      ok: true,
      value: { ticks: indexTicks(2, 6), more: false },
    });
    expect(await read({ ...range, limit: 4 })).toEqual({
      ok: true,
      value: { ticks: indexTicks(2, 5), more: true },
    });
  });

  it('gives at most TICKS_PER_READ_MAX', async () => {
    await publish(indexTicks(1, TICKS_PER_READ_MAX + 1));
    const outcome = await read({ limit: 10 * TICKS_PER_READ_MAX });
    expect(outcome.ok && outcome.value.ticks.length).toBe(TICKS_PER_READ_MAX);
    expect(outcome.ok && outcome.value.more).toBe(true);
  });

  it('sees the ticks of its own batch', async () => {
    system.deliver(HISTORY_WRITER, { type: 'TicksPublished', body: { epoch: 1, ticks: indexTicks(1, 2) } });
    expect(await readSeqs()).toEqual([1, 2]);
  });

  it.each([
    { fromMs: 2, toMs: 1 },
    { fromMs: -1 },
    { fromMs: 0.5 },
    { toMs: Number.NaN },
    { toMs: '5' },
    { limit: 0 },
    { limit: -3 },
    { limit: 1.5 },
    { limit: undefined },
  ])('refuses %j', async (range) => {
    expect(await read(range)).toMatchObject({ ok: false, error: { code: 'MALFORMED' } });
  });

  it('gives candles, and refuses what asks for none there are', async () => {
    await publish(indexTicks(1, 10));
    const readCandles = (body: object) =>
      system.ask(HISTORY_WRITER, { type: 'ReadCandles', body: { ...ALL, ...body } as never });
    expect(await readCandles({ intervalMs: 60_000 })).toMatchObject({
      ok: true,
      value: { candles: [{ ticks: 10, isUnfinished: true }] },
    });
    for (const body of [
      {},
      { intervalMs: 7 },
      { intervalMs: 1_000, fromMs: 2, toMs: 1 },
      { intervalMs: 1_000, toMs: -1 },
    ]) {
      expect(await readCandles(body)).toMatchObject({ ok: false, error: { code: 'MALFORMED' } });
    }
  });

  it('refuses no body at all', async () => {
    const letter = { type: 'ReadTicks', body: null as never } as const;
    expect(await system.ask(HISTORY_WRITER, letter)).toMatchObject({ error: { code: 'MALFORMED' } });
  });
});
