/** An actor that crashes or ends itself (`context.finish()`), and letters sent for later, on manual time. */
import { describe, expect, it } from 'vitest';
import { type Address, address, type Letter } from '../../src/protocol/envelope.ts';
import { type ActorContext, defineActor } from '../../src/runtime/index.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';

type Job =
  | Letter<'Work', Record<never, never>>
  | Letter<'Keep', Record<never, never>>
  | Letter<'Last', Record<never, never>>
  | Letter<'LastThenThrow', Record<never, never>>;
const JOB: Address<Job, { Last: string }> = address('job');
const job = (type: Job['type']): Job => ({ type, body: {} });

async function createJobWorld(
  hooks: { onStart?: (context: ActorContext) => void; stopThrows?: boolean } = {},
) {
  const system = await createTestSystem({ seed: 1 });
  const events: string[] = [];
  const actor = defineActor<Job, undefined>({
    name: 'job',
    start: (context) => {
      events.push('start');
      hooks.onStart?.(context);
      context.every(1_000, () => void events.push('tick'));
      return undefined;
    },
    receive: (_state, letters, context) => {
      for (const letter of letters) {
        events.push(`${letter.type} ${letter.attempt}`);
        if (letter.type === 'Keep') context.defer(letter);
        if (letter.type === 'Last') context.reply(letter, 'bye');
        if (letter.type.startsWith('Last')) context.finish();
        if (letter.type === 'LastThenThrow') throw new Error('after all');
      }
    },
    stop: () => {
      events.push('stop');
      if (hooks.stopThrows) throw new Error('cannot stop');
    },
  });
  await system.start(actor);
  const depth = async () => (await system.postOffice.open('job')).depth();
  return { system, actor, events, depth };
}

describe('an actor that crashes', () => {
  it('runs no turn that waited behind the one that threw', async () => {
    const system = await createTestSystem({ seed: 1 });
    const turns: string[] = [];
    const actor = defineActor<Job, undefined>({
      name: 'job',
      start: () => undefined,
      receive: async (_state, _letters, context) => {
        context.after(0, () => void turns.push('behind'));
        await new Promise<void>((resolve) => void context.clock.after(10, resolve));
        throw new Error('boom');
      },
    });
    await system.start(actor);
    system.deliver(JOB, job('Work'));
    await new Promise((resolve) => setImmediate(resolve));
    while (system.clock.fireNext(system.clock.nowMs() + 10));
    await system.idle();
    expect(system.crashes.map(({ error }) => error.message)).toEqual(['boom']);
    expect(turns).toEqual([]);
  });
});

describe('an actor that finishes', () => {
  it('ends after the turn it said so in: answered, acked, stopped; nothing runs after', async () => {
    const { system, events, depth } = await createJobWorld();
    system.deliver(JOB, job('Work'));
    expect(await system.ask(JOB, { type: 'Last', body: {} })).toBe('bye');
    await system.idle();
    system.deliver(JOB, job('Work'));
    await system.advance(5_000);
    expect(events).toEqual(['start', 'Work 1', 'Last 1', 'stop']);
    expect(system.finished).toEqual(['job']);
    expect(system.crashes).toEqual([]);
    expect(await depth()).toBe(1);
  });

  it('leaves what it deferred, and what came meanwhile, to its next life', async () => {
    const { system, actor, events } = await createJobWorld();
    for (const type of ['Keep', 'Last', 'Work'] as const) {
      system.deliver(JOB, job(type));
      await system.idle();
    }
    await system.start(actor);
    await system.idle();
    expect(events.slice(4)).toEqual(['start', 'Keep 2', 'Work 1']);
  });

  it('crashes instead if that turn throws, or its stop', async () => {
    const { system, events } = await createJobWorld();
    system.deliver(JOB, job('LastThenThrow'));
    await system.idle();
    const other = await createJobWorld({ stopThrows: true });
    other.system.deliver(JOB, job('Last'));
    await other.system.idle();
    expect(events).not.toContain('stop');
    expect(system.crashes.map(({ error }) => error.message)).toEqual(['after all']);
    expect(other.system.crashes.map(({ error }) => error.message)).toEqual(['cannot stop']);
    expect([...system.finished, ...other.system.finished]).toEqual([]);
  });

  it('may say so in its start, in a timer, or twice', async () => {
    const early = await createJobWorld({
      onStart: (context) => {
        context.finish();
        context.finish();
      },
    });
    await early.system.idle();
    expect(early.events).toEqual(['start', 'stop']);
    expect(early.system.finished).toEqual(['job']);
    const timed = await createJobWorld({
      onStart: (context) => context.after(1_500, () => context.finish()),
    });
    await timed.system.advance(10_000);
    expect(timed.events).toEqual(['start', 'tick', 'stop']);
    expect(timed.system.finished).toEqual(['job']);
  });

  it('is stopped once though it is asked to stop meanwhile', async () => {
    const { system, events } = await createJobWorld();
    system.deliver(JOB, job('Last'));
    await Promise.all([system.idle(), system.stop('job')]);
    await system.stop('job');
    expect(events.filter((event) => event === 'stop')).toHaveLength(1);
  });
});

describe('a letter sent for later', () => {
  const HOUR_MS = 3_600_000;

  it('comes when its time has come, says when it was meant to be sent, and outlives its sender', async () => {
    const { system, events } = await createJobWorld();
    const seen: number[] = [];
    const TARGET: Address<Letter> = address('target');
    const target = defineActor<Letter, undefined>({
      name: 'target',
      start: () => undefined,
      receive: (_state, letters, context) => {
        for (const { sentAtMs } of letters) seen.push(context.clock.nowMs() - sentAtMs);
      },
    });
    await system.start(target);
    const sent = await system.client.sendLater(TARGET, { type: 'Due', body: {} }, { delayMs: HOUR_MS });
    expect(sent).toBe('posted');
    await system.advance(HOUR_MS - 1);
    await system.restart('target');
    expect(seen).toEqual([]);
    await system.advance(1);
    expect(seen).toEqual([0]);
    expect(events[0]).toBe('start');
  });

  it('is sent once under its id, and taken back by it', async () => {
    const { system, events } = await createJobWorld();
    const { client } = system;
    const later = (id: string, delayMs: number) => client.sendLater(JOB, job('Work'), { id, delayMs });
    await later('a', 100);
    await later('a', 200);
    await later('b', 300);
    expect(await client.cancelLater(JOB, 'b')).toBe(true);
    expect(await client.cancelLater(JOB, 'b')).toBe(false);
    await system.advance(900);
    expect(events).toEqual(['start', 'Work 1']);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is refused a delay of %s', async (delayMs) => {
    const { system } = await createJobWorld();
    await expect(system.client.sendLater(JOB, job('Work'), { delayMs })).rejects.toThrow(RangeError);
  });
});
