import { expect, it } from 'vitest';
import {
  UNACKNOWLEDGED_TICKS_MAX,
  UnacknowledgedTicks,
} from '../../../src/actors/price-feed/unacknowledged-ticks.ts';
import { indexTick, indexTicks, seqsOf } from '../../support/index-ticks.ts';

function holding(count: number, atMs = 0): UnacknowledgedTicks {
  const ticks = new UnacknowledgedTicks();
  for (const tick of indexTicks(1, count)) ticks.add(tick, atMs);
  return ticks;
}

it('has nothing due before a second without progress, then all of it', () => {
  const ticks = holding(3);
  expect(ticks.takeDue(999)).toEqual([]);
  expect(seqsOf(ticks.takeDue(1_000))).toEqual([1, 2, 3]);
});

it('waits twice as long after each time, up to eight seconds', () => {
  const ticks = holding(1);
  const dueAt: number[] = [];
  for (let ms = 0; ms <= 40_000; ms += 100) if (ticks.takeDue(ms).length > 0) dueAt.push(ms);
  expect(dueAt).toEqual([1_000, 3_000, 7_000, 15_000, 23_000, 31_000, 39_000]);
});

it('begins to wait anew with every progress, and when it was empty', () => {
  const ticks = holding(3);
  ticks.acknowledge(1, 900);
  expect(ticks.takeDue(1_800)).toEqual([]);
  expect(seqsOf(ticks.takeDue(1_900))).toEqual([2, 3]);
  ticks.acknowledge(3, 2_000);
  expect(ticks.takeDue(60_000)).toEqual([]);
  ticks.add(indexTick(4), 60_000);
  expect(ticks.takeDue(60_900)).toEqual([]);
  expect(seqsOf(ticks.takeDue(61_000))).toEqual([4]);
});

it('hurries, once, when an acknowledgement brings nothing new', () => {
  const ticks = holding(5);
  ticks.acknowledge(2, 100);
  ticks.acknowledge(2, 200);
  ticks.acknowledge(2, 300);
  expect(ticks.takeDue(399)).toEqual([]);
  expect(seqsOf(ticks.takeDue(400))).toEqual([3, 4, 5]);
  ticks.acknowledge(2, 500);
  expect(ticks.takeDue(2_399)).toEqual([]);
  expect(seqsOf(ticks.takeDue(2_400))).toEqual([3, 4, 5]);
});

it('is bounded', () => {
  const ticks = holding(UNACKNOWLEDGED_TICKS_MAX);
  expect(ticks.isFull).toBe(true);
  expect(() => ticks.add(indexTick(UNACKNOWLEDGED_TICKS_MAX + 1), 0)).toThrow(/no room/);
  ticks.acknowledge(10, 0);
  expect(ticks.isFull).toBe(false);
});
