import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BetTracker } from '../../src/client/bet-tracker.ts';
import type { BetStatus, BetView } from '../../src/protocol/bet-view.ts';

const bet = (id: string, status: BetStatus, receivedAtMs = 100_000): BetView =>
  ({ id, status, receivedAtMs, closesAtMs: receivedAtMs + 5_000 }) as BetView;

test('a bet is news once open and once settled, and never open again', () => {
  const tracker = new BetTracker();
  const statuses: BetStatus[] = ['open', 'open', 'won', 'won', 'open'];
  const news = statuses.map((status) => tracker.told(bet('a', status)));
  expect(news).toEqual(['opened', undefined, 'settled', undefined, undefined]);
  expect(tracker.open).toEqual([]);
});

test('a bet that is first heard of when it is settled, is news', () => {
  expect(new BetTracker().told(bet('a', 'lost'))).toBe('settled');
});

test('what a listing shows from before the client listened is history, unless it was open here', () => {
  const tracker = new BetTracker();
  expect(tracker.listingEndsAtMs).toBe(Infinity);
  expect(tracker.listed(bet('old', 'won', 10_000))).toBeUndefined();
  tracker.synced(bet('newest', 'lost', 20_000));
  expect(tracker.listed(bet('newest', 'lost', 20_000))).toBeUndefined();
  expect(tracker.listed(bet('later', 'won', 20_001))).toBe('settled');
  tracker.told(bet('placed', 'open', 15_000));
  expect(tracker.listed(bet('placed', 'void', 15_000))).toBe('settled');
});

test('a listing goes down to the oldest open bet, or to the newest known one', () => {
  const tracker = new BetTracker();
  tracker.synced(undefined);
  tracker.told(bet('b', 'open', 70_000));
  tracker.told(bet('a', 'open', 50_000));
  expect(tracker.listingEndsAtMs).toBe(40_000);
  tracker.told(bet('a', 'won', 50_000));
  tracker.told(bet('b', 'won', 70_000));
  expect(tracker.listingEndsAtMs).toBe(60_000);
});

test('an open bet is overdue a while after its window closed', () => {
  const tracker = new BetTracker();
  tracker.told(bet('a', 'open', 0));
  expect(tracker.overdue(10_000)).toEqual([]);
  expect(tracker.overdue(10_001)).toEqual(['a']);
});

test('in whatever order answers, pushes, replays and listings come, each result is news exactly once', () => {
  const event = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    isListing: fc.boolean(),
    isStale: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const tracker = new BetTracker();
      tracker.synced(undefined);
      const news = new Map<string, string[]>();
      const settledNow = new Set<string>();
      for (const { id, isListing, isStale } of events) {
        if (!isStale) settledNow.add(id);
        const view = bet(id, isStale ? 'open' : 'won');
        const told = isListing ? tracker.listed(view) : tracker.told(view);
        if (told) news.set(id, [...(news.get(id) ?? []), told]);
      }
      for (const id of ['a', 'b', 'c', 'd']) {
        const all = news.get(id) ?? [];
        expect(all.filter((each) => each === 'settled')).toHaveLength(settledNow.has(id) ? 1 : 0);
        expect(all.join()).toMatch(/^(opened)?,?(settled)?$/);
      }
    }),
  );
});
