/** What only caches or counts: client registry, grid cache, price history, latest price. */
import fc from 'fast-check';
import { it } from 'vitest';
import { MemoryClientRegistry } from '../../../src/actors/broadcaster/memory-client-registry.ts';
import { MemoryGridCache } from '../../../src/actors/broadcaster/memory-grid-cache.ts';
import { RedisClientRegistry } from '../../../src/actors/broadcaster/redis-client-registry.ts';
import { RedisGridCache } from '../../../src/actors/broadcaster/redis-grid-cache.ts';
import { memoryPriceHistory } from '../../../src/actors/history-writer/memory-price-history.ts';
import { redisPriceHistory } from '../../../src/actors/history-writer/redis-price-history.ts';
import { memoryLatestPriceStore } from '../../../src/actors/price-feed/memory-latest-price-store.ts';
import { redisLatestPriceStore } from '../../../src/actors/price-feed/redis-latest-price-store.ts';
import { cents, hundredths } from '../../../src/domain/units.ts';
import { ManualClock } from '../../../src/runtime/index.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, TICK_MS } from '../../support/index-ticks.ts';
import { useRedis } from '../../support/use-redis.ts';
import { bothAnswer, expectSameAnswers, passTime } from './same-answers.ts';

const RUNS = 60;
const used = useRedis();
const does = <D extends string>(what: D) => fc.constant(what);

/** Each with its own twin clock, which moves as time is taken from the keys in Redis. */
async function passTimeOf(clock: ManualClock, seconds: number): Promise<void> {
  clock.fireNext(clock.monotonicMs() + seconds * 1_000);
  await passTime(used.redis, seconds);
}

it('client registry', async () => {
  const broadcaster = fc.constantFrom('b-1', 'b-12', 'b-1:x');
  const connections = fc.uniqueArray(fc.integer({ min: 1, max: 6 }));
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: does('register'), broadcaster, connections }) },
    { weight: 2, arbitrary: fc.record({ do: does('unregister'), broadcaster, connections }) },
    fc.record({ do: does('forget'), broadcaster }),
    fc.record({ do: does('passTime'), seconds: fc.constantFrom(1, 30, 59, 60) }),
    fc.record({ do: does('flushAll') }),
  );
  await expectSameAnswers(operation, RUNS, async (operations) => {
    await used.redis.flushall();
    const clock = new ManualClock(0);
    const [twin, real] = [new MemoryClientRegistry(clock), new RedisClientRegistry(used.redis)];
    for (const step of operations) {
      if (step.do === 'passTime') await passTimeOf(clock, step.seconds);
      else if (step.do === 'flushAll') await Promise.all([twin.clear(), used.redis.flushall()]);
      else if (step.do === 'forget') await bothAnswer(twin, real, (side) => side.forget(step.broadcaster));
      else await bothAnswer(twin, real, (side) => side[step.do](step.broadcaster, step.connections));
      await bothAnswer(twin, real, (side) => side.count());
    }
  });
});

it('grid cache', async () => {
  const params = fc.constantFrom('', 'one', 'two words', 'ünïcode:*');
  const cell = fc.constantFrom(null, 0, -1, 101, 2_500, Number.MAX_SAFE_INTEGER);
  const grid = fc.array(
    fc.array(
      cell.map((value) => (value === null ? null : hundredths(value))),
      { maxLength: 3 },
    ),
    { maxLength: 3 },
  );
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: does('put'), params, grid }) },
    fc.record({ do: does('passTime'), seconds: fc.constantFrom(1, 150, 299, 300) }),
    fc.record({ do: does('flushAll') }),
  );
  await expectSameAnswers(operation, RUNS, async (operations) => {
    await used.redis.flushall();
    const clock = new ManualClock(0);
    const [twin, real] = [new MemoryGridCache(clock), new RedisGridCache(used.redis)];
    for (const step of operations) {
      if (step.do === 'put') await bothAnswer(twin, real, (side) => side.put(step.params, step.grid));
      else if (step.do === 'passTime') await passTimeOf(clock, step.seconds);
      else await Promise.all([twin.clear(), used.redis.flushall()]);
      for (const each of ['', 'one', 'two words', 'ünïcode:*'])
        await bothAnswer(twin, real, (side) => side.get(each));
    }
  });
});

/** Of a few seqs, often next to each other; some at a time or a price that is not theirs. */
const tick = fc
  .record({
    seq: fc.integer({ min: 1, max: 12 }),
    late: fc.constantFrom(0, 0, 0, TICK_MS),
    more: fc.constantFrom(0, 0, 0, 1, 20),
  })
  .map(({ seq, late, more }) =>
    indexTick(seq, { atMs: FIRST_TICK_MS + seq * TICK_MS + late, priceCents: cents(6_000_000 + seq + more) }),
  );
const atMs = fc.integer({ min: 0, max: 14 }).map((seq) => FIRST_TICK_MS + seq * TICK_MS);

it('price history', async () => {
  const ticks = fc.array(tick, { maxLength: 6 });
  // Often whole frames, and of the log's own ticks.
  const runOfTicks = fc
    .record({ frame: fc.integer({ min: 0, max: 3 }), length: fc.constantFrom(1, 3, 3, 3, 6) })
    .map(({ frame, length }) => indexTicks(3 * frame + 1, 3 * frame + length));
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: does('append'), ticks }) },
    { weight: 2, arbitrary: fc.record({ do: does('append'), ticks: runOfTicks }) },
    { weight: 3, arbitrary: fc.record({ do: does('seal'), ticks: runOfTicks }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: does('range'),
        fromMs: atMs,
        toMs: atMs,
        limit: fc.integer({ min: 0, max: 9 }),
      }),
    },
    fc.record({ do: does('prune'), beforeMs: atMs }),
    fc.record({ do: does('clear') }),
  );
  await expectSameAnswers(operation, RUNS, async (operations) => {
    await used.redis.flushall();
    const frameTicks = 3;
    const [twin, real] = [memoryPriceHistory({ frameTicks }), redisPriceHistory(used.redis, { frameTicks })];
    for (const step of operations) {
      await bothAnswer(twin, real, async (side): Promise<unknown> => {
        if (step.do === 'append' || step.do === 'seal') return side[step.do](step.ticks);
        if (step.do === 'range') return side.range(step);
        return step.do === 'prune' ? side.prune(step.beforeMs) : side.clear();
      });
      const everything = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1_000 };
      await bothAnswer(twin, real, (side) => side.range(everything));
    }
  });
});

it('latest price', async () => {
  await expectSameAnswers(tick, RUNS, async (ticks) => {
    await used.redis.flushall();
    const [twin, real] = [memoryLatestPriceStore(), redisLatestPriceStore(used.redis)];
    for (const each of ticks) {
      await bothAnswer(twin, real, (side) => side.get());
      await bothAnswer(twin, real, (side) => side.put(each));
    }
    await bothAnswer(twin, real, (side) => side.get());
  });
});
