import { expect, test } from 'vitest';
import { LiveHub } from '../../src/client/live-hub.ts';
import { LiveQueue } from '../../src/client/live-queue.ts';
import { clientError } from '../../src/client/touchline-error.ts';

async function collect<T>(queue: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of queue) values.push(value);
  return values;
}

test('values come out in order, to whoever waits or comes later', async () => {
  const queue = new LiveQueue<number>({ max: 10 });
  const [first, second] = [queue.next(), queue.next()];
  queue.push(1);
  queue.push(2);
  queue.push(3);
  queue.end();
  queue.push(4);
  expect([await first, await second]).toEqual([
    { value: 1, done: false },
    { value: 2, done: false },
  ]);
  expect(await collect(queue)).toEqual([3]);
});

test('a slow loop skips what newer values replace', async () => {
  const queue = new LiveQueue<string>({ max: 2, skip: (older, newer) => `${newer}(${older})` });
  for (const value of ['a', 'b', 'c', 'd']) queue.push(value);
  queue.end();
  expect(await collect(queue)).toEqual(['c(b(a))', 'd']);
});

test('where nothing may be skipped, a loop too slow gets what was kept, then the error', async () => {
  const queue = new LiveQueue<number>({ max: 2 });
  for (const value of [1, 2, 3, 4]) queue.push(value);
  const taken: number[] = [];
  const all = (async () => {
    for await (const value of queue) taken.push(value);
  })();
  await expect(all).rejects.toMatchObject({ code: 'QUEUE_OVERFLOW', details: { max: 2 } });
  expect(taken).toEqual([1, 2]);
});

test('a failure wakes whoever waits, and the loop is over', async () => {
  const queue = new LiveQueue<number>({ max: 2 });
  const [first, second] = [queue.next(), queue.next()];
  queue.fail(clientError('CONNECTION_CLOSED'));
  await expect(first).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  expect(await second).toEqual({ value: undefined, done: true });
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

test('an aborted loop ends at once with the reason of its signal', async () => {
  const controller = new AbortController();
  const queue = new LiveQueue<number>({ max: 2, signal: controller.signal });
  queue.push(1);
  controller.abort(new Error('enough'));
  await expect(queue.next()).rejects.toThrow('enough');
  const late = new LiveQueue<number>({ max: 2, signal: controller.signal });
  await expect(collect(late)).rejects.toThrow('enough');
});

test('a hub starts with its first loop, stops with its last one, and tells all of them', async () => {
  const happened: string[] = [];
  const hub = new LiveHub<number>({
    queueMax: 4,
    started: () => happened.push('started'),
    stopped: () => happened.push('stopped'),
  });
  hub.publish(0);
  const [left, right] = [hub.open({}, [7]), hub.open({})];
  hub.publish(1);
  expect([await left.next(), await left.next(), await right.next()].map(({ value }) => value)).toEqual([
    7, 1, 1,
  ]);
  await left.return?.();
  expect(happened).toEqual(['started']);
  hub.publish(2);
  expect(await left.next()).toEqual({ value: undefined, done: true });
  expect((await right.next()).value).toBe(2);
  hub.end();
  expect(happened).toEqual(['started', 'stopped']);
  hub.open({});
  expect(happened).toEqual(['started', 'stopped', 'started']);
});
