/** What is kept of account events: whatever form they came in, a client that comes back gets its own. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  eventPos,
  lastPosOf,
  lastPushOf,
  type NumberedEvent,
  RecentEvents,
} from '../../../src/actors/broadcaster/recent-events.ts';
import { micros } from '../../../src/domain/units.ts';
import { AcceptedBets } from '../../../src/protocol/accepted-bets.ts';
import {
  packAccountEvent,
  type StoredEvent,
  unpackAccountEvents,
} from '../../../src/protocol/account-events.ts';
import { packSettledBets } from '../../../src/protocol/settled-bets.ts';
import { betOn, cellAt, cellSettled } from '../../support/market.ts';

const EPOCH = 'ledger';
const WALLETS = ['0xa', '0xb', '0xc'];
const after = { balanceMicros: micros(12), stakedMicros: micros(3), openBets: 1 };
const account = { balanceMicros: '12', stakedMicros: '3', openBets: 1 };

/** One told event of each form, for the wallets in this order. */
function toldIn(form: string, wallets: readonly string[]): readonly StoredEvent[] {
  const bets = wallets.map((wallet, i) => betOn(cellAt(), { id: `bet_${i}`, wallet }));
  const [first, ...others] = bets;
  if (!first) return [];
  if (form === 'accepted') {
    const packed = AcceptedBets.of(first, after);
    for (const bet of others) packed.add(bet, after);
    return [packed.packed()];
  }
  const verdict = { outcome: 'won', decidedSeq: 7, decidedAtMs: 700 } as const;
  if (form === 'settled') return packSettledBets(cellSettled(verdict, first, ...others), () => after);
  return wallets.map((wallet) => {
    const event = { type: 'AccountOpened', wallet, account: { wallet, ...account }, seq: 1 } as const;
    return form === 'single' ? packAccountEvent(event) : event;
  });
}

const anyTold = fc
  .tuple(
    fc.constantFrom('accepted', 'settled', 'single', 'named'),
    fc.array(fc.constantFrom(...WALLETS), { minLength: 1, maxLength: 4 }),
  )
  .map(([form, wallets]) => toldIn(form, wallets));
const anyEntry = fc.array(anyTold, { minLength: 1, maxLength: 3 }).map((told) => told.flat());

const numbered = (entrySeq: number, told: readonly StoredEvent[]): NumberedEvent[] =>
  told
    .flatMap((one) => unpackAccountEvents(one))
    .map((event, place) => ({ pos: eventPos(entrySeq, place), event }));

it('gives each wallet exactly what came after a place, however it was packed', () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.nat(8),
      (entries, at, max) => {
        const recent = new RecentEvents();
        recent.begin({ epoch: EPOCH, seq: lastPosOf(0) });
        const all: NumberedEvent[] = [];
        for (const [i, told] of entries.entries()) {
          const entry = recent.add(EPOCH, i + 1, told);
          all.push(...numbered(i + 1, told));
          // Somebody comes back now and then: what is kept afterwards is found all the same.
          if (i % 2 === 0) recent.after('0xa', { epoch: EPOCH, seq: lastPosOf(i) }, 1);
          const wanted = entry.eventsFor((wallet) => wallet !== '0xb');
          expect(wanted).toEqual(numbered(i + 1, told).filter(({ event }) => event.wallet !== '0xb'));
        }
        const seq = (all[at % all.length]?.pos ?? 0) + (at % 2);
        for (const wallet of WALLETS)
          expect(recent.after(wallet, { epoch: EPOCH, seq }, max)).toEqual(
            all.filter(({ pos, event }) => event.wallet === wallet && lastPushOf(pos) > seq).slice(0, max),
          );
      },
    ),
  );
});

it('forgets whole entries, and says so of every place in them', () => {
  const recent = new RecentEvents();
  const wallets = Array.from({ length: 100 }, (_, i) => `0x${i}`);
  const told = toldIn('accepted', wallets);
  for (let seq = 1; seq <= 250; seq += 1) recent.add(EPOCH, seq, told);
  const reachedFrom = (entrySeq: number): boolean =>
    recent.reaches({ epoch: EPOCH, seq: lastPosOf(entrySeq) });
  expect([reachedFrom(50), reachedFrom(150), reachedFrom(250)]).toEqual([false, true, true]);
  expect(recent.after('0x7', { epoch: EPOCH, seq: lastPosOf(150) }, 1_000)).toHaveLength(100);
  expect(recent.after('0x7', { epoch: EPOCH, seq: lastPosOf(50) }, 1_000)).toBeUndefined();
  expect(recent.reaches({ epoch: 'another', seq: lastPosOf(150) })).toBe(false);
});
