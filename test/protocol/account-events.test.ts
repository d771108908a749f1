import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import { micros } from '../../src/domain/units.ts';
import {
  type AccountEvent,
  packAccountEvent,
  type ToldEvent,
  unpackAccountEvents,
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
