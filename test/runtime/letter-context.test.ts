/** What travels with a letter besides its body: trace, deadline, and the times that are measured of it. */
import { describe, expect, it } from 'vitest';
import {
  type Address,
  address,
  type Envelope,
  type Letter,
  type Received,
} from '../../src/protocol/envelope.ts';
import { ActorHost } from '../../src/runtime/actor-host.ts';
import { defineActor, ManualClock, Metrics, seededRandom, silentLogger } from '../../src/runtime/index.ts';
import { MemoryPostOffice } from '../../src/runtime/mailbox/memory-mailbox.ts';
import { MemorySignalBus } from '../../src/runtime/signals/memory-signal-bus.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';

interface Seen {
  readonly type: string;
  readonly trace: string | undefined;
  readonly key: string | undefined;
}

/** Passes every letter on to a probe, at once and from a timer. */
async function createRelay(skipExpired = false) {
  const system = await createTestSystem({ seed: 1 });
  const target: Address<Letter> = address('target');
  const seen: Seen[] = [];
  const relayed: string[] = [];
  await system.start(
    defineActor<Letter, undefined>({
      name: 'target',
      start: () => undefined,
      receive: (_state, letters) => {
        for (const { type, trace, key } of letters) seen.push({ type, trace, key });
      },
    }),
  );
  await system.start(
    defineActor<Letter, undefined>({
      name: 'relay',
      skipExpired,
      start: () => undefined,
      receive: async (_state, letters, context) => {
        for (const letter of letters) {
          relayed.push(letter.type);
          if (letter.type === 'Slow') context.defer(letter);
          await context.send(target, { type: `${letter.type}-on`, body: {} });
          await context.send(target, { type: `${letter.type}-of`, body: {} }, { cause: letter });
        }
        context.after(10, () => void context.send(target, { type: 'timed', body: {} }));
      },
    }),
  );
  const post = (type: string, more: Partial<Envelope> = {}) =>
    system.postOffice.post('relay', {
      ...{ id: `${type}-${relayed.length}`, type, from: 't', sentAtMs: system.clock.nowMs(), body: {} },
      ...more,
    });
  return { system, seen, relayed, post };
}

describe('the trace of a letter', () => {
  it('is passed on to letters sent while handling it, and from timers it set', async () => {
    const { system, seen, post } = await createRelay();
    await post('A', { trace: 'trace-a' });
    await system.advance(20);
    expect(seen.map(({ type, trace }) => [type, trace])).toEqual([
      ['A-on', 'trace-a'],
      ['A-of', 'trace-a'],
      ['timed', 'trace-a'],
    ]);
  });

  it('is that of the named cause where a turn holds several', async () => {
    const { system, seen, post } = await createRelay();
    await Promise.all([post('A', { trace: 'trace-a' }), post('B', { trace: 'trace-b' })]);
    await system.idle();
    expect(new Map(seen.map(({ type, trace }) => [type, trace]))).toEqual(
      new Map([
        ['A-on', undefined],
        ['A-of', 'trace-a'],
        ['B-on', undefined],
        ['B-of', 'trace-b'],
      ]),
    );
  });
});

describe('an ask whose asker gave up', () => {
  it('is handled by default, skipped and counted by an actor that opts in', async () => {
    for (const skipExpired of [false, true]) {
      const { system, relayed, post } = await createRelay(skipExpired);
      const nowMs = system.clock.nowMs();
      await post('Late', { expiresAtMs: nowMs });
      await post('InTime', { expiresAtMs: nowMs + 1 });
      await system.idle();
      expect(relayed).toEqual(skipExpired ? ['InTime'] : ['Late', 'InTime']);
      expect(await (await system.postOffice.open('relay')).depth()).toBe(0);
    }
  });

  it('carries its deadline', async () => {
    const { system } = await createRelay();
    const observer = await system.postOffice.open('nobody');
    void system.asking(address<Letter<'Q'>, { Q: null }>('nobody'), { type: 'Q', body: {} });
    const [delivery] = await observer.take(1);
    expect(delivery?.envelope.expiresAtMs).toBe(system.clock.nowMs() + 60_000);
  });
});

describe('times of letters', () => {
  it('are observed per type: waiting, handling, and until done, deferred ones when completed', async () => {
    const clock = new ManualClock(1_000);
    const metrics = new Metrics('slow');
    const postOffice = new MemoryPostOffice(clock);
    const waiting: Received<Letter>[] = [];
    const host = new ActorHost<Letter, undefined>(
      {
        name: 'slow',
        start: () => undefined,
        receive: (_state, letters, context) => {
          clock.fireNext(clock.nowMs() + 500);
          for (const letter of letters) {
            if (letter.type === 'Defer') {
              context.defer(letter);
              waiting.push(letter);
            } else for (const deferred of waiting.splice(0)) context.complete(deferred);
          }
        },
      },
      {
        ...{ id: 'slow', postOffice, signals: new MemorySignalBus(), clock, metrics },
        ...{ random: seededRandom(1), log: silentLogger, onCrash: () => {} },
      },
    );
    const post = (type: string) =>
      postOffice.post('slow', { id: type, type, from: 't', sentAtMs: 1_000, body: {} });
    clock.fireNext(1_250);
    await post('Defer');
    await host.start();
    await handled(host, 1);
    await post('Done');
    await handled(host, 2);
    const sums = await secondsByType(metrics);
    expect(sums.get('actor_letter_queue_seconds Defer')).toBeCloseTo(0.25);
    expect(sums.get('actor_letter_handling_seconds Defer')).toBeCloseTo(0.5);
    expect(sums.get('actor_letter_latency_seconds Defer')).toBeCloseTo(1.25);
    expect(sums.get('actor_letter_latency_seconds Done')).toBeCloseTo(1.25);
    await host.stop();
  });
});

/** Lets the host work until it has finished so many turns (its start is one). */
async function handled(host: ActorHost<Letter, undefined>, letterTurns: number): Promise<void> {
  while ((await host.health()).turns < letterTurns + 1) await new Promise((resolve) => setImmediate(resolve));
}

interface HistogramValue {
  readonly labels: { readonly type?: string };
  readonly value: number;
  readonly metricName?: string;
}

async function secondsByType(metrics: Metrics): Promise<Map<string, number>> {
  const histograms = (await metrics.snapshot()) as unknown as {
    readonly name: string;
    readonly values: readonly HistogramValue[];
  }[];
  return new Map(
    histograms.flatMap(({ name, values }) =>
      values
        .filter(({ metricName }) => metricName === `${name}_sum`)
        .map(({ labels, value }) => [`${name} ${labels.type}`, value] as const),
    ),
  );
}
