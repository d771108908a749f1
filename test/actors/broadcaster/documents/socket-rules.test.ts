import { expect, it } from 'vitest';
import { SOCKET_RULES } from '../../../../src/actors/broadcaster/documents/socket-rules.ts';
import { RecentEvents } from '../../../../src/actors/broadcaster/recent-events.ts';
import { RECENT_TICKS_MAX, RecentTicks } from '../../../../src/actors/broadcaster/recent-ticks.ts';
import { accepted } from '../../../support/broadcaster-fixture.ts';
import { tickAt } from '../../../support/market.ts';

const told = SOCKET_RULES['Kept for recovery'];

it('tells of as many account events as are kept, whenever one looks', () => {
  const eventsKept = Number(/newest ([\d,]+) account events/.exec(told)?.[1]?.replaceAll(',', ''));
  expect(eventsKept).toBeGreaterThan(0);
  const recent = new RecentEvents();
  const event = accepted(`0x${'1'.repeat(40)}`, 'bet_1');
  const positions = [];
  for (let entry = 1; entry <= 4 * eventsKept; entry += 1) {
    recent.add('ledger', entry, [event]);
    if (recent.position) positions.push(recent.position);
    const since = positions.at(-1 - eventsKept);
    if (entry % 1_000 === 0 && since) expect(recent.reaches(since)).toBe(true);
  }
});

it('tells of as many ticks as are kept', () => {
  expect(told).toContain(`(${RECENT_TICKS_MAX})`);
  const recent = new RecentTicks();
  const feed = { id: 'line', fromSeq: 1 };
  for (let seq = 1; seq <= 4 * RECENT_TICKS_MAX; seq += 1) {
    recent.add(tickAt(seq), feed);
    if (seq > RECENT_TICKS_MAX)
      expect(recent.reaches({ epoch: feed.id, seq: seq - RECENT_TICKS_MAX })).toBe(true);
  }
});
