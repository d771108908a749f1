import { describe, expect, it } from 'vitest';
import {
  type Address,
  address,
  type Channel,
  type Letter,
  type Received,
} from '../../src/protocol/envelope.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import {
  type ActorContext,
  defineActor,
  Metrics,
  seededRandom,
  silentLogger,
  systemClock,
} from '../../src/runtime/index.ts';
import { MemoryPostOffice } from '../../src/runtime/mailbox/memory-mailbox.ts';
import { MemorySignalBus } from '../../src/runtime/signals/memory-signal-bus.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';

type CounterLetter =
  | Letter<'Add', { by: number }>
  | Letter<'GetCount', Record<never, never>>
  | Letter<'Later', { name: string }>
  | Letter<'Flush', Record<never, never>>;
interface CounterReplies {
  GetCount: { count: number };
  Later: { done: string };
}
const COUNTER: Address<CounterLetter, CounterReplies> = address('counter');
const counted: Channel<number> = { name: 'counted' };

/** A counter whose total outlives it, as a database would. */
function createCounter(disk: { count: number; starts: number; batches: number[] }) {
  return defineActor<CounterLetter, { waiting: Received<CounterLetter>[] }>({
    name: 'counter',
    start: () => {
      disk.starts += 1;
      return { waiting: [] };
    },
    receive: (state, letters, context) => {
      let { count } = disk;
      for (const letter of letters) count = handle(state, letter, context, count);
      disk.batches.push(letters.length);
      disk.count = count;
    },
  });
}

function handle(
  state: { waiting: Received<CounterLetter>[] },
  letter: Received<CounterLetter>,
  context: ActorContext,
  count: number,
): number {
  switch (letter.type) {
    case 'Add':
      context.publish(counted, count + letter.body.by);
      if (letter.body.by === 666) throw new Error('poison');
      return count + letter.body.by;
    case 'GetCount':
      context.reply(letter, { count });
      return count;
    case 'Later':
      state.waiting.push(letter);
      context.defer(letter);
      return count;
    case 'Flush':
      for (const waiting of state.waiting.splice(0)) {
        if (waiting.type === 'Later') context.reply(waiting, { done: waiting.body.name });
        context.complete(waiting);
      }
      return count;
    default:
      letter satisfies never;
      return count;
  }
}

async function createWorld() {
  const disk = { count: 0, starts: 0, batches: [] as number[] };
  const system = await createTestSystem({ seed: 1 });
  await system.start(createCounter(disk));
  const depth = async () => (await system.postOffice.open('counter-observer')).depth();
  return { disk, system, depth };
}

describe('an actor on its host', () => {
  it('handles letters in order and answers asks', async () => {
    const { system } = await createWorld();
    system.deliver(COUNTER, { type: 'Add', body: { by: 2 } });
    system.deliver(COUNTER, { type: 'Add', body: { by: 3 } });
    expect(await system.ask(COUNTER, { type: 'GetCount', body: {} })).toEqual({ count: 5 });
    system.expectNoDeadLetters();
  });

  it('takes letters that wait as one batch', async () => {
    const { system, disk } = await createWorld();
    for (let n = 0; n < 10; n += 1) system.deliver(COUNTER, { type: 'Add', body: { by: 1 } });
    await system.idle();
    expect(disk.batches.reduce((sum, size) => sum + size, 0)).toBe(10);
    expect(disk.batches.length).toBeLessThan(10);
  });

  it('lets nothing leave from a turn that throws', async () => {
    const { system, disk } = await createWorld();
    const signals = await system.listen(counted);
    system.deliver(COUNTER, { type: 'Add', body: { by: 666 } });
    await system.idle();
    expect(system.crashes.map(({ error }) => error.message)).toEqual(['poison']);
    expect(signals).toEqual([]);
    expect(disk.count).toBe(0);
  });

  it('gets the letters of a crashed turn again, and buries the one that crashes every life', async () => {
    const { system, disk } = await createWorld();
    system.deliver(COUNTER, { type: 'Add', body: { by: 1 } });
    system.deliver(COUNTER, { type: 'Add', body: { by: 666 } });
    system.deliver(COUNTER, { type: 'Add', body: { by: 10 } });
    await system.idle();
    for (let life = 2; life <= 5; life += 1) await system.restart('counter');
    expect(disk.count).toBe(11);
    expect(system.postOffice.deadLetters.map(({ envelope }) => envelope.body)).toEqual([{ by: 666 }]);
    expect(() => system.expectNoDeadLetters()).toThrow(/Add/);
  });

  it('keeps a deferred letter unacked until it is completed', async () => {
    const { system } = await createWorld();
    const answer = system.asking(COUNTER, { type: 'Later', body: { name: 'x' } });
    await system.idle();
    await system.restart('counter');
    system.deliver(COUNTER, { type: 'Flush', body: {} });
    expect(await answer).toEqual({ ok: true, reply: { done: 'x' } });
    await system.restart('counter');
    system.deliver(COUNTER, { type: 'Flush', body: {} });
    await system.idle();
    expect(await system.ask(COUNTER, { type: 'GetCount', body: {} })).toEqual({ count: 0 });
  });

  it('ends an ask nobody answers at its deadline, with OUTCOME_UNKNOWN', async () => {
    const { system } = await createWorld();
    const answer = system.asking(COUNTER, { type: 'Later', body: { name: 'x' } });
    await system.advance(60_000);
    expect(await answer).toEqual({ ok: false, code: 'OUTCOME_UNKNOWN' });
  });

  it('stops in order: the current turn is finished, later letters wait for the next life', async () => {
    const { system, disk } = await createWorld();
    system.deliver(COUNTER, { type: 'Add', body: { by: 1 } });
    await system.idle();
    await system.stop('counter');
    system.deliver(COUNTER, { type: 'Add', body: { by: 5 } });
    await system.idle();
    expect(disk.count).toBe(1);
    await system.restart('counter');
    expect(disk.count).toBe(6);
  });
});

describe('letters that come again', () => {
  it('do not bury a deferred letter for the crash of another', async () => {
    const { system, disk } = await createWorld();
    const answer = system.asking(COUNTER, { type: 'Later', body: { name: 'patient' } });
    await system.idle();
    system.deliver(COUNTER, { type: 'Add', body: { by: 666 } });
    system.deliver(COUNTER, { type: 'Add', body: { by: 5 } });
    await system.idle();
    for (let life = 2; life <= 5; life += 1) await system.restart('counter');
    expect(disk.count).toBe(5);
    expect(system.postOffice.deadLetters.map(({ envelope }) => envelope.body)).toEqual([{ by: 666 }]);
    system.deliver(COUNTER, { type: 'Flush', body: {} });
    expect(await answer).toEqual({ ok: true, reply: { done: 'patient' } });
  });

  it('give up a deferred letter in the end, if the actor dies of it every time', async () => {
    const { system } = await createWorld();
    void system.asking(COUNTER, { type: 'Later', body: { name: 'deadly' } });
    await system.idle();
    for (let life = 2; life <= 4; life += 1) await system.restart('counter');
    expect(system.postOffice.deadLetters.map(({ envelope }) => envelope.type)).toEqual(['Later']);
  });

  it('count no orderly stop against a letter', async () => {
    const { system } = await createWorld();
    const answer = system.asking(COUNTER, { type: 'Later', body: { name: 'deployed' } });
    await system.idle();
    for (let deploy = 1; deploy <= 5; deploy += 1) {
      await system.stop('counter');
      await system.restart('counter');
    }
    system.deliver(COUNTER, { type: 'Flush', body: {} });
    expect(await answer).toEqual({ ok: true, reply: { done: 'deployed' } });
  });

  it('keep the order of posting for each key, over crashes, deferrals and a dead letter', async () => {
    const system = await createTestSystem({ seed: 1 });
    const handled: string[] = [];
    await system.start(
      defineActor<Letter, undefined>({
        name: 'keyed',
        start: () => undefined,
        receive: (_state, letters, context) => {
          for (const letter of letters) {
            if (letter.type === 'poison') throw new Error('poison');
            if (letter.type === 'wait' && letter.attempt < 3) context.defer(letter);
            else handled.push(`${letter.key}${letter.body}`);
          }
        },
      }),
    );
    const KEYED: Address<Letter> = address('keyed');
    const sender = system.client;
    for (const [type, key, n] of [
      ['wait', 'a', 1],
      ['do', 'b', 1],
      ['poison', 'a', 2],
      ['do', 'a', 3],
      ['do', 'b', 2],
      ['do', 'a', 4],
    ] as const) {
      await sender.send(KEYED, { type, body: n }, { key });
    }
    await system.idle();
    for (let life = 2; life <= 4; life += 1) await system.restart('keyed');
    const of = (key: string) => [...new Set(handled.filter((entry) => entry.startsWith(key)))];
    expect(of('a')).toEqual(['a1', 'a3', 'a4']);
    expect(of('b')).toEqual(['b1', 'b2']);
    expect(system.postOffice.deadLetters).toMatchObject([{ envelope: { key: 'a', body: 2 } }]);
  });
});

describe('health', () => {
  it('answers at once while the store is away', async () => {
    const postOffice = new MemoryPostOffice(systemClock);
    const open = postOffice.open.bind(postOffice);
    postOffice.open = async (name) =>
      Object.assign(await open(name), { depth: () => new Promise<number>(() => {}) });
    const common = {
      postOffice,
      signals: new MemorySignalBus(),
      clock: systemClock,
      random: seededRandom(1),
    };
    const host = new ActorHost<never, undefined>(
      { name: 'lonely', start: () => undefined, receive: () => {} },
      { ...common, id: 'lonely', log: silentLogger, metrics: new Metrics('lonely'), onCrash: () => {} },
    );
    await host.start();
    expect(await host.health()).toMatchObject({ state: 'running', mailboxDepth: 0 });
    await host.stop();
  });
});

describe('timers of an actor', () => {
  async function createTicker(onRun: (atMs: number) => Promise<void> | void) {
    const system = await createTestSystem({ startMs: 1_000_050 });
    await system.start(
      defineActor<Letter, undefined>({
        name: 'ticker',
        start: (context) => {
          context.every(100, () => onRun(context.clock.nowMs()));
          return undefined;
        },
        receive: () => {},
      }),
    );
    return system;
  }

  it('run on the raster of their interval', async () => {
    const runs: number[] = [];
    const system = await createTicker((atMs) => void runs.push(atMs));
    await system.advance(350);
    expect(runs).toEqual([1_000_100, 1_000_200, 1_000_300, 1_000_400]);
  });

  it('never run before their instant, though timers may fire early', async () => {
    const runs: number[] = [];
    const system = await createTicker((atMs) => void runs.push(atMs));
    const after = system.clock.after.bind(system.clock);
    system.clock.after = (delayMs, callback) => after(delayMs > 1 ? delayMs - 1 : delayMs, callback);
    await system.advance(350);
    expect(runs).toEqual([1_000_100, 1_000_200, 1_000_300, 1_000_400]);
  });

  it('crash the actor when they throw, and do not run again', async () => {
    let runs = 0;
    const system = await createTicker(() => {
      runs += 1;
      throw new Error('bad timer');
    });
    await system.advance(1_000);
    expect(runs).toBe(1);
    expect(system.crashes).toHaveLength(1);
  });

  it('coalesce what a pause made them miss into one late run', async () => {
    const runs: number[] = [];
    const system = await createTicker((atMs) => {
      runs.push(atMs);
      // The first run takes 1,000 ms: ten instants pass meanwhile.
      if (runs.length === 1) system.clock.fireNext(atMs + 1_000);
    });
    await system.advance(1_400);
    expect(runs).toEqual([1_000_100, 1_001_200, 1_001_300, 1_001_400]);
  });
});
