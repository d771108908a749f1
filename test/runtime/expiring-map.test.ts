import { expect, it } from 'vitest';
import { ExpiringMap, ManualClock } from '../../src/runtime/index.ts';

function setUp() {
  const clock = new ManualClock(1_000);
  return { clock, map: new ExpiringMap(clock) };
}

it('keeps a value for its time', () => {
  const { clock, map } = setUp();
  expect(map.set('a', '1', 2)).toBeUndefined();
  expect(map.set('a', '2', 2)).toBe('1');
  clock.fireNext(2_999);
  expect(map.get('a')).toBe('2');
  expect(map.ttlSeconds('a')).toBe(1);
  clock.fireNext(3_000);
  expect(map.get('a')).toBeUndefined();
  expect(map.ttlSeconds('a')).toBeUndefined();
  expect(map.set('a', '3', 2)).toBeUndefined();
});

it('gives a value away once, and an expired one never', () => {
  const { clock, map } = setUp();
  map.set('a', '1', 2);
  expect(map.take('a')).toBe('1');
  expect(map.take('a')).toBeUndefined();
  map.set('b', '1', 2);
  clock.fireNext(3_000);
  expect(map.take('b')).toBeUndefined();
});

it('counts in windows that begin with the first count', () => {
  const { clock, map } = setUp();
  expect(map.increment('a', 2)).toBe(1);
  clock.fireNext(2_500);
  expect(map.increment('a', 2)).toBe(2);
  clock.fireNext(3_000);
  expect(map.increment('a', 2)).toBe(1);
});

it('lists and forgets', () => {
  const { clock, map } = setUp();
  map.set('a', '1', 1);
  map.set('b', '1', 9);
  map.set('c', '1', 9);
  clock.fireNext(2_000);
  map.delete('c');
  expect(map.keys()).toEqual(['b']);
  map.clear();
  expect(map.keys()).toEqual([]);
});
