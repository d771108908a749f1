import { describe, expect, it } from 'vitest';
import { childSpec } from '../../../src/runtime/supervision/child-spec.ts';
import { HeartbeatJudge, STRIKES_MAX } from '../../../src/runtime/supervision/heartbeat.ts';
import type { ScriptedChild } from './scripted-child.ts';
import { createWorld as createTree, leaf, type SpecInput } from './scripted-world.ts';

const MIB = 1024 * 1024;

const createWorld = (inputs: readonly SpecInput[], script?: (child: ScriptedChild) => void) =>
  createTree(inputs.map(leaf), script ? { script } : {});

describe('supervisor', () => {
  it('starts left to right and stops right to left', async () => {
    const { supervisor, events } = createWorld([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    await supervisor.start();
    expect(supervisor.ready).toBe(true);
    await supervisor.stop();
    expect(events).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it.each([
    ['permanent', true, true],
    ['transient', true, false],
    ['temporary', false, false],
  ] as const)(
    '%s: restarted after a crash %s, after an orderly end %s',
    async (restart, afterCrash, afterEnd) => {
      for (const [error, expected] of [
        [new Error('boom'), afterCrash],
        [undefined, afterEnd],
      ] as const) {
        const { supervisor, lives, newest, advance } = createWorld([{ id: 'a', restart }]);
        await supervisor.start();
        newest('a').exit(error);
        await advance(10);
        expect(lives).toHaveLength(expected ? 2 : 1);
      }
    },
  );

  it('restarts one child and leaves its siblings alone', async () => {
    const { supervisor, events, newest, advance } = createWorld([{ id: 'a' }, { id: 'b' }]);
    await supervisor.start();
    newest('a').exit(new Error('boom'));
    await advance(10);
    expect(events).toEqual(['start a', 'start b', 'start a']);
    expect(newest('a').lastCrash).toBe('boom');
    expect(supervisor.report()[0]).toMatchObject({ state: 'running', restarts: 1, lastError: 'boom' });
  });

  it('gives up when a child spends its restart budget, and says why once', async () => {
    const { supervisor, gaveUp, newest, advance } = createWorld([
      { id: 'a', restartsMax: 2, restartWindowMs: 60_000 },
    ]);
    await supervisor.start();
    for (let crash = 1; crash <= 3; crash += 1) {
      newest('a').exit(new Error('boom'));
      await advance(1_000);
    }
    expect(gaveUp).toEqual(['a crashed more than 2 times in 60000 ms: boom']);
  });

  it('forgets restarts that left the window', async () => {
    const { supervisor, gaveUp, newest, advance } = createWorld([
      { id: 'a', restartsMax: 2, restartWindowMs: 5_000 },
    ]);
    await supervisor.start();
    for (let crash = 1; crash <= 6; crash += 1) {
      newest('a').exit(new Error('boom'));
      await advance(5_000);
    }
    expect(gaveUp).toEqual([]);
  });

  it('does not let siblings that each fail once stop one another', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const { supervisor, gaveUp, newest, advance } = createWorld(ids.map((id) => ({ id, restartsMax: 1 })));
    await supervisor.start();
    for (const id of ids) newest(id).exit(new Error('boom'));
    await advance(1_000);
    expect(gaveUp).toEqual([]);
    expect(supervisor.ready).toBe(true);
  });

  it('retries a start that throws, then refuses to start', async () => {
    const { supervisor, gaveUp, lives, advance } = createWorld([{ id: 'a', restartsMax: 2 }], (child) => {
      child.startError = new Error('no disk');
    });
    const started = supervisor.start();
    started.catch(() => {});
    await advance(5_000);
    await expect(started).rejects.toThrow(
      'could not start: a crashed more than 2 times in 30000 ms: no disk',
    );
    expect(lives).toHaveLength(3);
    expect(gaveUp).toHaveLength(1);
  });

  it('counts a hung child as crashed', async () => {
    const { supervisor, lives, newest, advance } = createWorld([{ id: 'a', hungAfterMs: 3_000 }]);
    await supervisor.start();
    newest('a').hangs = true;
    await advance(8_000);
    expect(lives[0]?.killed).toBe(true);
    expect(lives).toHaveLength(2);
  });

  it('never ends a neverTerminate child by force: it gives up instead', async () => {
    const { supervisor, lives, gaveUp, newest, advance } = createWorld([
      { id: 'edge', hungAfterMs: 3_000, neverTerminate: true },
    ]);
    await supervisor.start();
    newest('edge').hangs = true;
    await advance(8_000);
    expect(lives[0]?.killed).toBe(false);
    expect(gaveUp).toEqual([
      'edge hangs: no heartbeat for 4000 ms; it does not leave and must not be ended by force',
    ]);
    expect(supervisor.hasLeftBehind).toBe(true);
  });

  it('ends a child by force that does not stop in time, and goes on with the others', async () => {
    const { supervisor, events, newest, advance } = createWorld([
      { id: 'a' },
      { id: 'b', shutdownMs: 2_000 },
    ]);
    await supervisor.start();
    newest('b').hangs = true;
    const stopped = supervisor.stop();
    await advance(5_000);
    await stopped;
    expect(events.slice(2)).toEqual(['stop b', 'kill b', 'stop a']);
  });

  it('counts a child whose event loop is late heartbeat after heartbeat as hung', async () => {
    const { supervisor, lives, newest, advance } = createWorld([{ id: 'a', loopLagMsMax: 100 }]);
    await supervisor.start();
    newest('a').loopDelayMs = 101;
    await advance((STRIKES_MAX - 1) * 1_000);
    expect(lives).toHaveLength(1);
    await advance(1_000);
    expect(lives[0]?.killed).toBe(true);
    expect(lives).toHaveLength(2);
  });

  it('forgives a late event loop that recovers', async () => {
    const { supervisor, lives, newest, advance } = createWorld([{ id: 'a', loopLagMsMax: 100 }]);
    await supervisor.start();
    for (let beat = 0; beat < 10; beat += 1) {
      newest('a').loopDelayMs = beat % STRIKES_MAX === 0 ? 0 : 500;
      await advance(1_000);
    }
    expect(lives).toHaveLength(1);
  });

  it.each([
    ['its heap is almost full', { heapMibMax: 100 }, { heapBytesNow: 95 * MIB }],
    ['its event loop is late', { loopLagMsMax: 100 }, { loopDelayMs: 200 }],
  ])('asks a neverTerminate child to leave, and restarts it, when %s', async (_what, spec, health) => {
    const { supervisor, gaveUp, lives, events, newest, advance } = createWorld([
      { id: 'edge', neverTerminate: true, ...spec },
    ]);
    await supervisor.start();
    Object.assign(newest('edge'), health);
    await advance(STRIKES_MAX * 1_000);
    expect(events).toEqual(['start edge', 'leave edge', 'start edge']);
    expect(lives.map(({ killed }) => killed)).toEqual([false, false]);
    expect([gaveUp, supervisor.hasLeftBehind]).toEqual([[], false]);
  });

  it('does not wait for a neverTerminate child that hangs with a heap beyond its limit', async () => {
    const { supervisor, gaveUp, told, newest, advance } = createWorld([
      { id: 'other' },
      { id: 'edge', neverTerminate: true, heapMibMax: 100, hungAfterMs: 60_000 },
    ]);
    await supervisor.start();
    Object.assign(newest('edge'), { hangs: true, heapBytesNow: 101 * MIB });
    await advance(2_000);
    expect(told()).toEqual(['out-of-memory edge']);
    expect(gaveUp).toHaveLength(1);
    expect(newest('other').isGone).toBe(true);
  });

  it('leaves a neverTerminate child behind that does not stop, and goes on with the others', async () => {
    const { supervisor, told, newest, advance } = createWorld([
      { id: 'other' },
      { id: 'edge', neverTerminate: true, shutdownMs: 2_000 },
    ]);
    await supervisor.start();
    newest('edge').hangs = true;
    const stopped = supervisor.stop();
    await advance(10_000);
    await stopped;
    expect(told()).toEqual(['stop-failed edge']);
    expect([newest('edge').killed, newest('other').isGone, supervisor.hasLeftBehind]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('does not take a pause of the whole process for a hang of its children', () => {
    const judge = new HeartbeatJudge(
      childSpec({ id: 'a', module: new URL('file:///a'), hungAfterMs: 5_000 }),
    );
    expect(judge.missed(3_600_000)).toBeUndefined();
    expect(judge.missed(2_000)).toBeUndefined();
    expect(judge.missed(2_000)).toMatchObject({ kind: 'hang' });
  });

  it('backs off longer with each restart in a row, and begins anew after a life that lasted', async () => {
    const { supervisor, clock, lives, newest, advance } = createWorld([
      { id: 'a', restartsMax: 100, backoffFirstMs: 100, backoffMsMax: 1_000, backoffResetMs: 20_000 },
    ]);
    await supervisor.start();
    const waited: number[] = [];
    for (let crash = 1; crash <= 7; crash += 1) {
      if (crash === 7) await advance(20_000);
      const before = lives.length;
      const diedAtMs = clock.nowMs();
      newest('a').exit(new Error('boom'));
      while (lives.length === before) await advance(1);
      waited.push(clock.nowMs() - diedAtMs);
    }
    const [first, second, third, fourth, fifth, sixth, afterReset] = waited;
    expect([first, afterReset]).toEqual([0, 0]);
    for (const [ms, fullMs] of [
      [second, 100],
      [third, 200],
      [fourth, 400],
      [fifth, 800],
      [sixth, 1_000],
    ] as const) {
      expect(ms).toBeGreaterThanOrEqual(fullMs / 2);
      expect(ms).toBeLessThanOrEqual(fullMs + 1);
    }
  });

  it('says that a child is down from its end until it runs again', async () => {
    const { supervisor, down, newest, advance } = createWorld([{ id: 'a' }, { id: 'b' }]);
    await supervisor.start();
    expect([...down]).toEqual([]);
    newest('a').exit(new Error('boom'));
    expect([...down]).toEqual(['a']);
    await advance(10);
    expect([...down]).toEqual([]);
  });

  it('renews its word while the child waits to be restarted, and not after that', async () => {
    const { supervisor, down, newest, advance } = createWorld([
      { id: 'a', backoffFirstMs: 10_000, backoffMsMax: 10_000 },
    ]);
    await supervisor.start();
    newest('a').exit(new Error('boom'));
    await advance(10);
    newest('a').exit(new Error('boom'));
    for (let second = 0; second < 4; second += 1) {
      down.clear();
      await advance(1_000);
      expect([...down]).toEqual(['a']);
    }
    await advance(10_000);
    expect(supervisor.ready).toBe(true);
    down.clear();
    await advance(5_000);
    expect([...down]).toEqual([]);
  });

  it('does not say of a child that is done that it comes back', async () => {
    const { supervisor, down, newest, advance } = createWorld([{ id: 'a', restart: 'temporary' }]);
    await supervisor.start();
    newest('a').exit(new Error('boom'));
    await advance(5_000);
    expect([...down]).toEqual([]);
    expect(supervisor.report()[0]).toMatchObject({ state: 'ended', lastError: 'boom' });
    expect(supervisor.ready).toBe(true);
  });
});
