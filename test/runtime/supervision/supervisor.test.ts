import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { Metrics } from '../../../src/runtime/metrics.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { type ChildSpecInput, childSpec } from '../../../src/runtime/supervision/child-spec.ts';
import { Supervisor } from '../../../src/runtime/supervision/supervisor.ts';
import { ScriptedChild } from './scripted-child.ts';

const module = new URL('file:///nowhere.ts');
const settled = () => new Promise((resolve) => setImmediate(resolve));

function createWorld(
  inputs: (Partial<ChildSpecInput> & { id: string })[],
  script: (child: ScriptedChild) => void = () => {},
) {
  const clock = new ManualClock(0);
  const events: string[] = [];
  const lives: ScriptedChild[] = [];
  const gaveUp: string[] = [];
  const supervisor = new Supervisor({
    specs: inputs.map((input) => childSpec({ module, ...input })),
    spawn: (spec, lastCrash) => {
      const child = new ScriptedChild(spec, lastCrash, events);
      script(child);
      lives.push(child);
      return child;
    },
    clock,
    random: seededRandom(1),
    log: silentLogger,
    metrics: new Metrics('main'),
    onGiveUp: (reason) => gaveUp.push(reason),
  });
  const advance = async (byMs: number) => {
    const untilMs = clock.nowMs() + byMs;
    do await settled();
    while (clock.fireNext(untilMs));
    await settled();
  };
  const newest = (id: string) => lives.filter(({ spec }) => spec.id === id).at(-1) as ScriptedChild;
  return { supervisor, events, lives, gaveUp, advance, newest };
}

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
    await expect(started).rejects.toThrow('a does not start: no disk');
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
    expect(gaveUp).toEqual(['edge hangs and must not be ended by force']);
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
});

describe('child specs', () => {
  it.each([
    [[{ id: 'A' }], 'child id "A": lower-case letters, digits and dashes only'],
    [[{ id: 'a' }, { id: 'a' }], 'child id "a" is used twice'],
    [[{ id: 'a', shutdownMs: 0 }], 'a: shutdownMs must be positive'],
    [[{ id: 'a', startMsMax: -1 }], 'a: startMsMax must be positive'],
    [[{ id: 'a', hungAfterMs: 0 }], 'a: hungAfterMs must be positive'],
    [[{ id: 'a', restartsMax: 1.5 }], 'a: restartsMax must be an integer ≥ 0'],
    [[{ id: 'a', restartWindowMs: 0 }], 'a: restartWindowMs must be positive'],
    [
      [{ id: 'a', restart: 'temporary' as const, neverTerminate: true }],
      'a: a temporary child cannot be neverTerminate, nothing would bring it back',
    ],
  ])('%j are refused: %s', (inputs, reason) => {
    expect(() => createWorld(inputs)).toThrow(`illegal child spec: ${reason}`);
  });
});
