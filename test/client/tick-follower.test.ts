import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LiveTick, skipTick, TickFollower } from '../../src/client/tick-follower.ts';
import type { IndexTick } from '../../src/domain/tick.ts';

const tick = (seq: number, atMs = seq * 100): IndexTick => ({ seq, atMs }) as IndexTick;
const seen = (ticks: readonly (LiveTick | undefined)[]) =>
  ticks.map((each) => each && (each.gap ? `${each.seq} ${each.gap.reason} ${each.gap.missed}` : each.seq));

test('the first tick has no gap, and a tick comes once', () => {
  const follower = new TickFollower();
  expect(follower.position).toBeUndefined();
  follower.subscribed({ epoch: 'a', recovered: false });
  expect(seen([5, 6, 6, 4, 7].map((seq) => follower.follow(tick(seq))))).toEqual([
    5,
    6,
    undefined,
    undefined,
    7,
  ]);
  expect(follower.position).toEqual({ epoch: 'a', seq: 7 });
});

test('a hole says why it is there', () => {
  const follower = new TickFollower();
  follower.subscribed({ epoch: 'a', recovered: false });
  const before = [1, 4].map((seq) => follower.follow(tick(seq)));
  follower.subscribed({ epoch: 'a', recovered: true });
  const recovered = [5, 6].map((seq) => follower.follow(tick(seq)));
  follower.subscribed({ epoch: 'a', recovered: false });
  const notRecovered = [9, 10].map((seq) => follower.follow(tick(seq)));
  follower.subscribed({ epoch: 'b', recovered: false });
  const newLine = [12, 13].map((seq) => follower.follow(tick(seq)));
  expect(seen([...before, ...recovered, ...notRecovered, ...newLine])).toEqual([
    1,
    '4 slow-reader 2',
    5,
    6,
    '9 not-recovered 2',
    10,
    '12 new-line 1',
    13,
  ]);
});

test('numbers that are used again by later ticks are a new line, not the old ticks', () => {
  const follower = new TickFollower();
  follower.subscribed({ epoch: 'a', recovered: false });
  const line = [tick(7), tick(8), tick(8), tick(7, 900), tick(8, 1_000)].map((each) => follower.follow(each));
  follower.subscribed({ epoch: 'b', recovered: true });
  expect(seen([...line, follower.follow(tick(9, 1_100))])).toEqual([7, 8, undefined, '7 new-line 0', 8, 9]);
});

test('a reconnection that missed nothing has no gap', () => {
  const follower = new TickFollower();
  follower.subscribed({ epoch: 'a', recovered: false });
  follower.follow(tick(1));
  follower.subscribed({ epoch: 'a', recovered: false });
  expect(seen([1, 2].map((seq) => follower.follow(tick(seq))))).toEqual([undefined, 2]);
});

test('whatever is lost, doubled or skipped, what was seen and what is missing make the whole line', () => {
  const step = fc.oneof(
    fc.constant('next' as const),
    fc.constant('lost' as const),
    fc.constant('again' as const),
    fc.constant('reconnect' as const),
    fc.constant('skip' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const follower = new TickFollower();
      const taken: LiveTick[] = [];
      let [seq, mustSkip] = [1, false];
      for (const each of steps) {
        if (each === 'reconnect') follower.subscribed({ epoch: 'a', recovered: false });
        if (each === 'skip') mustSkip = true;
        if (each === 'next' || each === 'lost') seq += 1;
        if (each !== 'next' && each !== 'again') continue;
        const next = follower.follow(tick(seq));
        const newest = taken.at(-1);
        if (!next) continue;
        if (mustSkip && newest) taken.splice(-1, 1, skipTick(newest, next));
        else taken.push(next);
        mustSkip = false;
      }
      for (const [i, { seq: at, gap }] of taken.entries()) {
        const before = taken[i - 1];
        if (before) expect(at).toBe(before.seq + 1 + (gap?.missed ?? 0));
      }
    }),
  );
});
