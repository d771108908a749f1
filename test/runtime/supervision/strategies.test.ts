/** Restart types × exits × strategies, on the pure plan and on the whole supervisor; groups and nesting. */
import { describe, expect, it } from 'vitest';
import {
  RESTART_TYPES,
  type RestartType,
  STRATEGIES,
  type Strategy,
  supervisorSpec,
} from '../../../src/runtime/supervision/child-spec.ts';
import { planAfterExit, type Sibling } from '../../../src/runtime/supervision/exit-plan.ts';
import { createWorld, leaf } from './scripted-world.ts';

const EXITS = ['normal', 'crash', 'killed'] as const;
type Exit = (typeof EXITS)[number];

const comesBack: Readonly<Record<RestartType, Readonly<Record<Exit, boolean>>>> = {
  permanent: { normal: true, crash: true, killed: true },
  transient: { normal: false, crash: true, killed: true },
  temporary: { normal: false, crash: false, killed: false },
};
/** When b of a, b, c comes back. */
const together: Readonly<Record<Strategy, readonly string[]>> = {
  one_for_one: ['start b'],
  one_for_all: ['stop c', 'stop a', 'start a', 'start b', 'start c'],
  rest_for_one: ['stop c', 'start b', 'start c'],
};
const matrix = RESTART_TYPES.flatMap((restart) =>
  EXITS.flatMap((exit) => STRATEGIES.map((strategy) => [restart, exit, strategy] as const)),
);

describe('b of a, b, c', () => {
  it.each(matrix)('%s, %s exit, %s', async (restart, exit, strategy) => {
    const specs = [leaf({ id: 'a' }), leaf({ id: 'b', restart }), leaf({ id: 'c' })];
    const { supervisor, events, newest, advance } = createWorld(specs, { strategy });
    await supervisor.start();
    events.length = 0;
    if (exit === 'killed') await newest('b').kill();
    else newest('b').exit(exit === 'crash' ? new Error('boom') : undefined);
    await advance(10);
    const after = events.filter((event) => event !== 'kill b');
    expect(after).toEqual(comesBack[restart][exit] ? together[strategy] : []);
    expect(supervisor.ready).toBe(true);
  });
});

describe('the plan after an exit', () => {
  const alive = (restart: RestartType): Sibling => ({ restart, isAlive: true });
  const over = (restart: RestartType): Sibling => ({ restart, isAlive: false });

  it.each<[string, Strategy, Sibling[], { stop: number[]; start: number[] }]>([
    [
      'temporary siblings are stopped and not started again',
      'one_for_all',
      [alive('temporary'), over('permanent'), alive('temporary')],
      { stop: [2, 0], start: [1] },
    ],
    [
      'transient siblings are started again, finished ones too',
      'one_for_all',
      [over('transient'), over('permanent'), alive('transient')],
      { stop: [2], start: [0, 1, 2] },
    ],
    [
      'siblings that are down already are not stopped',
      'rest_for_one',
      [alive('permanent'), over('permanent'), over('permanent')],
      { stop: [], start: [1, 2] },
    ],
  ])('%s', (_what, strategy, siblings, plan) => {
    expect(planAfterExit(strategy, siblings, 1, true)).toEqual(plan);
  });
});

describe('a group', () => {
  const abc = ['a', 'b', 'c'].map((id) => leaf({ id, backoffFirstMs: 1_000, backoffMsMax: 1_000 }));

  it('spends the budget of the one that crashed, not of those restarted with it', async () => {
    const { supervisor, newest, advance } = createWorld(abc, { strategy: 'one_for_all' });
    await supervisor.start();
    newest('b').exit(new Error('boom'));
    await advance(10);
    expect(supervisor.report().map(({ restarts }) => restarts)).toEqual([0, 1, 0]);
  });

  it('stops the siblings before the wait, not after it', async () => {
    const { supervisor, events, newest, advance } = createWorld(abc, { strategy: 'one_for_all' });
    await supervisor.start();
    newest('b').exit(new Error('boom'));
    await advance(10);
    events.length = 0;
    newest('b').exit(new Error('boom'));
    await advance(100);
    expect(events).toEqual(['stop c', 'stop a']);
    expect(supervisor.report().map(({ state }) => state)).toEqual([
      'backing-off',
      'backing-off',
      'backing-off',
    ]);
    await advance(1_000);
    expect(events.slice(2)).toEqual(['start a', 'start b', 'start c']);
  });

  it('tries again, from the one that fails on, when a start fails during a restart', async () => {
    let failures = 1;
    const { supervisor, events, newest, advance } = createWorld(abc, {
      strategy: 'rest_for_one',
      script: (child) => {
        const isSecondLife = child.spec.id === 'c' && child.events.includes('stop c');
        if (isSecondLife && failures-- > 0) child.startError = new Error('not yet');
      },
    });
    await supervisor.start();
    events.length = 0;
    newest('b').exit(new Error('boom'));
    await advance(5_000);
    expect(events).toEqual(['stop c', 'start b', 'start c', 'start c']);
    expect(supervisor.ready).toBe(true);
  });

  it('merges a crash during a restart into it', async () => {
    const { supervisor, events, newest, advance } = createWorld(abc, { strategy: 'rest_for_one' });
    await supervisor.start();
    newest('b').exit(new Error('boom'));
    newest('a').exit(new Error('boom too'));
    await advance(5_000);
    expect(events.slice(3)).toEqual(['stop c', 'start a', 'start b', 'start c']);
    expect(supervisor.ready).toBe(true);
  });

  it('does not start those whose turn has not come because an earlier one crashes', async () => {
    const { supervisor, events, newest, advance } = createWorld(abc, {
      strategy: 'one_for_all',
      script: (child) => {
        if (child.spec.id === 'b' && !child.events.includes('start b')) child.startError = new Error('once');
      },
    });
    const started = supervisor.start();
    await advance(5_000);
    await started;
    expect(events).toEqual(['start a', 'start b', 'stop a', 'start a', 'start b', 'start c']);
    expect(newest('c').isGone).toBe(false);
  });
});

describe('nested supervisors', () => {
  const tree = (strategy: Strategy, groupRestartsMax = 1) => [
    leaf({ id: 'store' }),
    supervisorSpec({
      supervisor: 'pair',
      strategy,
      restartsMax: groupRestartsMax,
      children: [leaf({ id: 'left', restartsMax: 1 }), leaf({ id: 'right' })],
    }),
    leaf({ id: 'edge' }),
  ];
  const crash = async (world: ReturnType<typeof createWorld>, id: string, times: number) => {
    for (let n = 0; n < times; n += 1) {
      world.newest(id).exit(new Error('boom'));
      await world.advance(500);
    }
  };

  it('start in order, stop in reverse, and report as a tree', async () => {
    const { supervisor, events } = createWorld(tree('one_for_one'));
    await supervisor.start();
    expect(supervisor.ready).toBe(true);
    expect(supervisor.report()).toMatchObject([
      { kind: 'child', id: 'store' },
      { kind: 'supervisor', id: 'pair', state: 'running', children: [{ id: 'left' }, { id: 'right' }] },
      { kind: 'child', id: 'edge' },
    ]);
    await supervisor.stop();
    expect(events.slice(4)).toEqual(['stop edge', 'stop right', 'stop left', 'stop store']);
  });

  it('keep a crash to themselves', async () => {
    const world = createWorld(tree('one_for_all'), { strategy: 'one_for_all' });
    await world.supervisor.start();
    world.events.length = 0;
    await crash(world, 'left', 1);
    expect(world.events).toEqual(['stop right', 'start left', 'start right']);
  });

  it('that give up crash for their parent, which restarts them on its own terms', async () => {
    const world = createWorld(tree('one_for_one'), { strategy: 'rest_for_one' });
    await world.supervisor.start();
    world.events.length = 0;
    await crash(world, 'left', 2);
    expect(world.events).toEqual([
      'start left',
      'stop right',
      'stop edge',
      'start left',
      'start right',
      'start edge',
    ]);
    expect(world.gaveUp).toEqual([]);
    expect(world.supervisor.report()[1]).toMatchObject({
      restarts: 1,
      lastError: 'left crashed more than 1 times in 30000 ms: boom',
    });
  });

  it('begin each life with fresh budgets', async () => {
    const world = createWorld(tree('one_for_one', 5));
    await world.supervisor.start();
    await crash(world, 'left', 3);
    expect(world.supervisor.ready).toBe(true);
    expect(world.supervisor.report()[1]).toMatchObject({ restarts: 1 });
  });

  it('escalate to the top when the budget of each level is spent', async () => {
    const world = createWorld(tree('one_for_one'));
    await world.supervisor.start();
    await crash(world, 'left', 4);
    expect(world.gaveUp).toHaveLength(1);
    expect(world.gaveUp[0]).toMatch(
      /^pair crashed more than 1 times .*left crashed more than 1 times .*boom$/,
    );
    expect(world.told()).toEqual([
      ...['crash left', 'crash left', 'crash-loop left'],
      ...['crash left', 'crash left', 'crash-loop left', 'crash-loop pair'],
    ]);
    expect(world.lives.every(({ isGone }) => isGone)).toBe(true);
  });

  it('say of everything under them that it is down', async () => {
    const world = createWorld(tree('one_for_one'));
    await world.supervisor.start();
    await crash(world, 'left', 1);
    world.newest('left').exit(new Error('boom'));
    await world.advance(0);
    expect(world.supervisor.ready).toBe(true);
    expect([...world.down]).toEqual([]);
  });

  it('hand a hang that force must not end straight to the top', async () => {
    const world = createWorld([
      supervisorSpec({
        supervisor: 'edges',
        children: [leaf({ id: 'edge', neverTerminate: true, hungAfterMs: 2_000 })],
      }),
    ]);
    await world.supervisor.start();
    world.newest('edge').hangs = true;
    await world.advance(4_000);
    expect(world.gaveUp).toHaveLength(1);
  });
});
