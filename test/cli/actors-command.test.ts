import { expect, it } from 'vitest';
import { drawReport } from '../../src/cli/actors-command.ts';
import type { MemberReport } from '../../src/runtime/index.ts';

const child = (id: string, more: Partial<Extract<MemberReport, { kind: 'child' }>> = {}): MemberReport => ({
  kind: 'child',
  id,
  state: 'running',
  restart: 'permanent',
  restarts: 0,
  lastError: null,
  health: {
    state: 'running',
    mailboxDepth: 3,
    pendingAsks: 0,
    turns: 42,
    loopDelayMs: 1.6,
    heapBytes: 20 * 1024 * 1024,
  },
  ...more,
});

it('the tree is drawn with a line for each child, groups indented', () => {
  const drawn = drawReport({
    pid: 7,
    ready: false,
    residentBytes: 200 * 1024 * 1024,
    mainThread: { loopDelayMs: 12.4, heapBytes: 30 * 1024 * 1024 },
    actors: [
      child('store'),
      {
        kind: 'supervisor',
        id: 'pair',
        state: 'running',
        restart: 'permanent',
        restarts: 1,
        lastError: null,
        strategy: 'one_for_all',
        children: [
          child('left', { state: 'backing-off', restarts: 2, lastError: 'boom\nat x', health: null }),
        ],
      },
    ],
  });
  expect(drawn.split('\n')).toEqual([
    'process 7: not ready, 200 MiB resident',
    '',
    'actor        state        restart    restarts  mailbox  turns  lag    heap    last error',
    'main thread                                                    12 ms  30 MiB',
    'store        running      permanent  0         3        42     2 ms   20 MiB',
    'pair         running      permanent  1                                        one_for_all',
    '  left       backing-off  permanent  2                                        boom',
  ]);
});
