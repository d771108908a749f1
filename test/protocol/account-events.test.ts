import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import { micros } from '../../src/domain/units.ts';
import { ACCEPTED_BETS_PER_EVENT_MAX, AcceptedBets } from '../../src/protocol/accepted-bets.ts';
import {
  type AccountEvent,
  packAccountEvent,
  type ToldEvent,
  unpackAccountEvents,
  walletsTold,
  weightOfTold,
} from '../../src/protocol/account-events.ts';
import { betView } from '../../src/protocol/bet-view.ts';
import { decodeRows, encodeRows } from '../../src/protocol/codec.ts';
import { packSettledBets, SETTLED_BETS_PER_EVENT_MAX } from '../../src/protocol/settled-bets.ts';
import { betOn, cellAt, cellSettled, WALLET } from '../support/market.ts';

const account = { wallet: WALLET, balanceMicros: '12', stakedMicros: '3', openBets: 1 };
const decided = { decidedSeq: 7, decidedAtMs: 700 };
const verdict = fc.constantFrom<DecidedVerdict | undefined>(
  undefined,
  { outcome: 'won', ...decided },
  { outcome: 'lost', ...decided, nearMiss: { cents: 3, atMs: 650, seq: 6 } },
  { outcome: 'void', reason: 'FEED_GAP', ...decided },
);

it('a packed event is the event again, in far fewer bytes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...BET_KINDS), fc.boolean(), verdict, (kind, isOpen, verdict) => {
      const cell = { ...cellAt(1, 10_000, 5_000, kind), ...(isOpen ? { lowCents: null } : {}) };
      const bet = betView(betOn(cell), verdict);
      const type = verdict ? 'BetSettled' : 'BetAccepted';
      const event: AccountEvent = { type, wallet: WALLET, bet, account, seq: 9 };
      const [packed] = decodeRows(encodeRows([packAccountEvent(event)]));
      expect(unpackAccountEvents(packed as ToldEvent)).toEqual([event]);
      const size = (one: unknown): number => encodeRows(Array.from({ length: 100 }, () => one)).length;
      expect(size(packAccountEvent(event))).toBeLessThan(0.75 * size(event));
    }),
  );
});

it('events without a bet, and events from before there was a packed form', () => {
  const event: AccountEvent = { type: 'AccountOpened', wallet: WALLET, account, seq: 0 };
  expect(unpackAccountEvents(packAccountEvent(event))).toEqual([event]);
  expect(unpackAccountEvents(event)).toEqual([event]);
});

it('bets that were accepted at one tick are told as one event for each of them, in far fewer bytes', () => {
  const anyBet = fc.record({
    kind: fc.constantFrom(...BET_KINDS),
    isOpen: fc.boolean(),
    acceptedSeq: fc.constantFrom(4, 5),
    rulesVersion: fc.constantFrom('touch-1', 'touch-2'),
    sigmaPerSqrtSecond: fc.constantFrom(0.0001, 1 / 7),
    balance: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  });
  fc.assert(
    fc.property(fc.array(anyBet, { minLength: 1, maxLength: 30 }), (chosen) => {
      const told: AcceptedBets[] = [];
      const events = chosen.map(({ kind, isOpen, balance, ...facts }, i): AccountEvent => {
        const wallet = `w${i % 3}`;
        const cell = { ...cellAt(1, 10_000, 5_000, kind), ...(isOpen ? { lowCents: null } : {}) };
        const bet = betOn(cell, { id: `bet_${i}`, wallet, receivedAtMs: i, ...facts });
        const account = { balanceMicros: micros(balance), stakedMicros: micros(i), openBets: i };
        if (!told.at(-1)?.add(bet, account)) told.push(AcceptedBets.of(bet, account));
        const after = { wallet, balanceMicros: `${balance}`, stakedMicros: `${i}`, openBets: i };
        return { type: 'BetAccepted', wallet, bet: betView(bet), account: after, seq: bet.acceptedSeq };
      });
      const packed = decodeRows(encodeRows(told.map((bets) => bets.packed()))) as readonly ToldEvent[];
      expect(packed.flatMap(unpackAccountEvents)).toEqual(events);
      expect(packed.flatMap(walletsTold)).toEqual(events.map(({ wallet }) => wallet));
      expect(packed.map(weightOfTold).reduce((sum, more) => sum + more)).toBe(events.length);
    }),
  );
});

it('a packet of accepted bets has an end, and is far smaller than they are one by one', () => {
  const after = { balanceMicros: micros(12), stakedMicros: micros(3), openBets: 1 };
  const bets = AcceptedBets.of(betOn(cellAt(), { id: 'bet_0' }), after);
  let added = 1;
  while (bets.add(betOn(cellAt(), { id: `bet_${added}` }), after)) added += 1;
  expect(added).toBe(ACCEPTED_BETS_PER_EVENT_MAX);
  const single = unpackAccountEvents(bets.packed()).map(packAccountEvent);
  expect(encodeRows([bets.packed()]).length).toBeLessThan(0.6 * encodeRows(single).length);
});

it('bets that were settled together are told as one event for each of them, in few bytes', () => {
  fc.assert(
    fc.property(
      verdict.filter((one) => one !== undefined),
      fc.array(fc.constantFrom('touch-1', 'touch-2'), { minLength: 1, maxLength: 250 }),
      (verdict, versions) => {
        const bets = versions.map((rulesVersion, i) =>
          betOn(cellAt(), { id: `bet_${i}`, wallet: `w${i}`, rulesVersion, sigmaPerSqrtSecond: i / 7 }),
        );
        const [first, ...others] = bets as [Bet, ...Bet[]];
        const accountOf = (wallet: string) => ({
          balanceMicros: micros(Number(wallet.slice(1))),
          stakedMicros: micros(3),
          openBets: 1,
        });
        const told = packSettledBets(cellSettled(verdict, first, ...others), accountOf);
        const heard = decodeRows(encodeRows(told)).flatMap((one) => unpackAccountEvents(one as ToldEvent));
        expect(heard).toEqual(
          bets.map((bet, i) => ({
            type: 'BetSettled',
            wallet: bet.wallet,
            bet: betView(bet, verdict),
            account: { wallet: bet.wallet, balanceMicros: `${i}`, stakedMicros: '3', openBets: 1 },
            seq: verdict.decidedSeq,
          })),
        );
        expect(told.map(weightOfTold).reduce((sum, more) => sum + more)).toBe(bets.length);
        expect(Math.max(...told.map(weightOfTold))).toBeLessThanOrEqual(SETTLED_BETS_PER_EVENT_MAX);
      },
    ),
  );
});
