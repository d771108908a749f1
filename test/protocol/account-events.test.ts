import fc from 'fast-check';
import { expect, it } from 'vitest';
import { betView } from '../../src/actors/resolver/bet-views.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import type { DecidedVerdict } from '../../src/domain/settlement.ts';
import {
  type AccountEvent,
  packAccountEvent,
  unpackAccountEvent,
} from '../../src/protocol/account-events.ts';
import { decodeRows, encodeRows } from '../../src/protocol/codec.ts';
import { betOn, cellAt, WALLET } from '../support/market.ts';

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
      expect(unpackAccountEvent(packed as AccountEvent)).toEqual(event);
      const size = (one: unknown): number => encodeRows(Array.from({ length: 100 }, () => one)).length;
      expect(size(packAccountEvent(event))).toBeLessThan(0.75 * size(event));
    }),
  );
});

it('events without a bet, and events from before there was a packed form', () => {
  const event: AccountEvent = { type: 'AccountOpened', wallet: WALLET, account, seq: 0 };
  expect(unpackAccountEvent(packAccountEvent(event))).toEqual(event);
  expect(unpackAccountEvent(event)).toBe(event);
});
