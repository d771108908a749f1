/** What a log and a stream promise together: no event lost in silence, none twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { Metrics, type OutboxGap, OutboxReader, OutboxRelay, silentLogger } from '../../src/runtime/index.ts';
import {
  EVENTS_PER_ENTRY_MAX,
  type OutboxStream,
  SEED_ENTRIES_MAX,
} from '../../src/runtime/outbox/outbox.ts';
import type { SqliteOutbox } from '../../src/runtime/outbox/sqlite-outbox.ts';

/** Entries the log of a world keeps. */
export const KEPT = 400;

export interface OutboxWorld {
  readonly log: SqliteOutbox;
  /** As another process would open it; closed by the world. */
  stream(): OutboxStream;
  /** Runs `work` in a transaction of the log's database. */
  transact(work: () => void): void;
  /** What is durable of the log, opened again; `log` of before is gone. */
  reopen(): Promise<SqliteOutbox>;
  /** As an eviction does. */
  vanish(): Promise<void>;
  /** Entries with events on the stream. */
  length(): Promise<number>;
  close(): Promise<void>;
}

/** Collects what a reader is told. */
class Ear {
  readonly heard: number[] = [];
  readonly gaps: OutboxGap[] = [];
  readonly reader: OutboxReader<number>;
  #changed: () => void = () => {};

  constructor(stream: OutboxStream, from: 'end' | number) {
    this.reader = new OutboxReader<number>({
      stream,
      from,
      onEvents: (events) => {
        this.heard.push(...events);
        this.#changed();
      },
      onGap: (gap) => {
        this.gaps.push(gap);
        this.#changed();
      },
      fail: (error) => {
        throw error;
      },
      clock: systemClock,
      metrics: new Metrics('ear'),
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export function outboxContract(createWorld: () => Promise<OutboxWorld>): void {
  let world: OutboxWorld;
  let log: SqliteOutbox;
  const ears: Ear[] = [];

  beforeEach(async () => {
    world = await createWorld();
    log = world.log;
  });
  afterEach(async () => {
    for (const ear of ears.splice(0)) ear.reader.close();
    await world.close();
  });

  /** One transaction each. */
  const commit = (...events: readonly number[]): void => {
    for (const event of events) world.transact(() => log.append([event]));
  };
  const relayOn = (stream: OutboxStream): OutboxRelay =>
    new OutboxRelay({ outbox: log, stream, metrics: new Metrics('relay'), log: silentLogger });
  /** A new life of the writer; resolves when the stream has all there is. */
  const relay = async (): Promise<void> => {
    const stream = world.stream();
    relayOn(stream).check();
    const here = await log.head();
    for (;;) {
      const there = await stream.head();
      if (there?.log === here.log && there.seq === here.seq) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const listen = async (from: 'end' | number): Promise<Ear> => {
    const ear = new Ear(world.stream(), from);
    ears.push(ear);
    await ear.reader.start();
    return ear;
  };

  describe('a log', () => {
    it('numbers entries from 1 without a hole, whatever was rolled back', async () => {
      commit(1);
      expect(() =>
        world.transact(() => {
          log.append([2]);
          throw new Error('rolled back');
        }),
      ).toThrow('rolled back');
      commit(3);
      expect((await log.after(0, 10)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect((await log.head()).seq).toBe(2);
    });

    it('refuses events outside a transaction', () => {
      expect(() => log.append([1])).toThrow(/transaction/);
    });

    it('keeps its numbers and its name when it is opened again', async () => {
      commit(1, 2);
      const before = await log.head();
      log = await world.reopen();
      expect(await log.head()).toEqual(before);
      commit(3);
      expect((await log.after(2, 10)).map(({ seq }) => seq)).toEqual([3]);
    });

    it('parts many events of one turn into several entries', async () => {
      const events = range(1, 2 * EVENTS_PER_ENTRY_MAX + 1);
      world.transact(() => log.append(events));
      expect((await log.head()).seq).toBe(3);
      await relay();
      const ear = await listen(0);
      await ear.until(() => ear.heard.length >= events.length);
      expect(ear.heard).toEqual(events);
    });

    it('keeps the newest entries only', async () => {
      world.transact(() => {
        for (const event of range(1, KEPT + 50)) log.append([event]);
      });
      const kept = await log.after(0, 2 * KEPT);
      expect([kept.length, kept[0]?.seq, kept.at(-1)?.seq]).toEqual([KEPT, 51, KEPT + 50]);
    });
  });

  describe('a stream', () => {
    it('takes each number once, however often it is relayed', async () => {
      commit(1, 2, 3);
      await relay();
      const entries = await log.after(0, 10);
      const { log: name } = await log.head();
      const stream = world.stream();
      for (let i = 0; i < 3; i += 1)
        expect(await stream.append(name, entries)).toEqual({ log: name, seq: 3 });
      expect(await stream.append(name, entries.slice(1, 2))).toEqual({ log: name, seq: 3 });
      expect(await world.length()).toBe(3);
    });

    it('takes nothing that leaves a hole, nor anything of another log', async () => {
      commit(1, 2, 3);
      const { log: name } = await log.head();
      const entries = await log.after(0, 10);
      const stream = world.stream();
      expect(await stream.append(name, entries)).toBeUndefined();
      await stream.seed(name, entries.slice(0, 1));
      expect(await stream.append(name, entries.slice(2))).toEqual({ log: name, seq: 1 });
      expect(await stream.append('another', entries.slice(1))).toEqual({ log: name, seq: 1 });
      expect(await world.length()).toBe(1);
    });

    it('exists before the first event, so that a reader at its end misses nothing', async () => {
      await relay();
      const ear = await listen('end');
      commit(1);
      await relay();
      await ear.until(() => ear.heard.length > 0);
      expect([ear.heard, ear.gaps]).toEqual([[1], []]);
    });
  });

  describe('a reader', () => {
    it('gets every event once, in order, across lives of the writer', async () => {
      await relay();
      const [first, second] = [await listen('end'), await listen(0)];
      for (const event of range(1, 20)) {
        commit(event);
        if (event % 5 === 0) await relay();
        if (event === 10) log = await world.reopen();
      }
      for (const ear of [first, second]) {
        await ear.until(() => ear.heard.length >= 20);
        expect([ear.heard, ear.gaps]).toEqual([range(1, 20), []]);
      }
    });

    it('at the end hears nothing old; from a number what came after it', async () => {
      commit(...range(1, 10));
      await relay();
      const [atEnd, fromSix] = [await listen('end'), await listen(6)];
      commit(11);
      await relay();
      await atEnd.until(() => atEnd.heard.length > 0);
      await fromSix.until(() => fromSix.heard.length >= 5);
      expect([atEnd.heard, fromSix.heard]).toEqual([[11], range(7, 11)]);
    });

    it('that is ahead of a stream seeded anew just goes on', async () => {
      commit(...range(1, 5));
      await relay();
      const ear = await listen(0);
      await ear.until(() => ear.heard.length >= 5);
      await world.vanish();
      commit(6);
      await relay();
      await ear.until(() => ear.heard.length >= 6);
      await world.vanish();
      await relay();
      expect(await world.length()).toBe(6);
      commit(7);
      await relay();
      await ear.until(() => ear.heard.length >= 7);
      expect([ear.heard, ear.gaps]).toEqual([range(1, 7), []]);
    });

    it('is told of entries that are gone, then goes on behind them', async () => {
      commit(...range(1, 5));
      await relay();
      const ear = await listen(5);
      ear.reader.close();
      await world.vanish();
      world.transact(() => {
        for (const event of range(6, SEED_ENTRIES_MAX + 20)) log.append([event]);
      });
      await relay();
      const late = await listen(5);
      await late.until(() => late.heard.length >= SEED_ENTRIES_MAX);
      expect(late.gaps).toEqual([{ reason: 'trimmed', afterSeq: 5, upToSeq: 20 }]);
      expect(late.heard).toEqual(range(21, SEED_ENTRIES_MAX + 20));
    });

    it('that begins without a stream is told when there is one', async () => {
      const ear = await listen('end');
      commit(1, 2);
      await relay();
      await ear.until(() => ear.gaps.length > 0);
      commit(3);
      await relay();
      await ear.until(() => ear.heard.length > 0);
      expect([ear.heard, ear.gaps.map(({ reason }) => reason)]).toEqual([[3], ['away']]);
    });

    it('is told when the writer has another log, whose numbers it has passed', async () => {
      commit(...range(1, 5));
      await relay();
      const ear = await listen('end');
      const stream = world.stream();
      await stream.seed('another', (await log.after(0, 10)).slice(0, 2));
      await ear.until(() => ear.gaps.length > 0);
      expect(ear.gaps).toEqual([{ reason: 'another-log', afterSeq: 5, upToSeq: 2 }]);
      await stream.append('another', (await log.after(0, 10)).slice(2, 3));
      await ear.until(() => ear.heard.length > 0);
      expect(ear.heard).toEqual([3]);
    });
  });

  it('a log older than its stream, as from a backup, becomes another log', async () => {
    commit(...range(1, 5));
    const { log: name } = await log.head();
    await world.stream().seed(name, [...(await log.after(0, 10)), { seq: 6, body: new Uint8Array([0x90]) }]);
    const ear = await listen('end');
    relayOn(world.stream()).check();
    await ear.until(() => ear.gaps.length > 0);
    expect(ear.gaps.map(({ reason }) => reason)).toEqual(['another-log']);
    expect((await log.head()).log).not.toBe(name);
    commit(6);
    await relay();
    await ear.until(() => ear.heard.length > 0);
    expect(ear.heard).toEqual([6]);
  });
}
