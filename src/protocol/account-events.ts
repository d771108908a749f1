/**
 * What happened to wallets. The Resolver writes these to its outbox in the transaction that makes them true,
 * and every Broadcaster reads each of them, in order, or is told that it missed some.
 */
import { acceptedBetAt, acceptedBetsIn, isAcceptedBets, type PackedAcceptedBets } from './accepted-bets.ts';
import type { AccountView, BetView } from './bet-view.ts';
import { SEPARATOR } from './packed-words.ts';
import { isSettledBets, type PackedSettledBets, settledBetAt, settledBetsIn } from './settled-bets.ts';

/** One event of one wallet; `account` is the state after it. */
export interface AccountEvent {
  readonly type: 'BetAccepted' | 'BetSettled' | 'AccountOpened';
  readonly wallet: string;
  readonly bet?: BetView;
  readonly account: AccountView;
  /** Tick the event belongs to. */
  readonly seq: number;
}

/** Name of the outbox that carries them. */
export const ACCOUNT_EVENTS = 'accounts';

/**
 * An event as it lies in the outbox: values in a fixed order, without names, the wallet once. This is half
 * the bytes and a third of the time of an object with names.
 */
export type PackedAccountEvent = readonly (string | number | null)[];

/** One event, or one for each of many bets (accepted-bets.ts, settled-bets.ts). */
export type ToldEvent = PackedAccountEvent | PackedAcceptedBets | PackedSettledBets;
/** What may be in the outbox: also events with names, from before there was a packed form. */
export type StoredEvent = ToldEvent | AccountEvent;

/** For how many bets or accounts it stands. */
export function weightOfTold(told: StoredEvent): number {
  if (isAcceptedBets(told)) return acceptedBetsIn(told);
  return isSettledBets(told) ? settledBetsIn(told) : 1;
}

/** Whom it tells, one for each event that it stands for, in their order. */
export function walletsTold(told: StoredEvent): readonly string[] {
  if (isAcceptedBets(told) || isSettledBets(told)) return told[3].split(SEPARATOR);
  return [isPacked(told) ? String(told[2]) : told.wallet];
}

/** The event at that place among those it stands for. */
export function eventTold(told: StoredEvent, place: number): AccountEvent {
  if (isAcceptedBets(told)) return acceptedBetAt(told, place);
  if (isSettledBets(told)) return settledBetAt(told, place);
  return isPacked(told) ? unpackAccountEvent(told) : told;
}

export const unpackAccountEvents = (told: StoredEvent): readonly AccountEvent[] =>
  walletsTold(told).map((_, place) => eventTold(told, place));

/** After `type`, `seq`, `wallet` and three of the account. Fields that may be absent are null then. */
const BET_FIELDS = [
  'id',
  'symbol',
  'kind',
  'opensAtMs',
  'closesAtMs',
  'lowCents',
  'highCents',
  'stakeMicros',
  'multiplier',
  'payoutMicros',
  'status',
  'receivedAtMs',
  'acceptedSeq',
  'acceptedAtMs',
  'acceptedPriceCents',
  'sigmaPerSqrtSecond',
  'rulesVersion',
] as const satisfies readonly (keyof BetView)[];
const SETTLED_FIELDS = ['settledSeq', 'settledAtMs', 'reason'] as const satisfies readonly (keyof BetView)[];
/** Packed apart, or (`receipt`) never part of an event. A field that is nowhere does not compile. */
type PackedField = (typeof BET_FIELDS)[number] | (typeof SETTLED_FIELDS)[number];
type PackedApart = 'wallet' | 'settlementRules' | 'nearMiss' | 'receipt';
type LeftOut = Exclude<keyof BetView, PackedField | PackedApart>;
const NOTHING_IS_LEFT_OUT: [LeftOut] extends [never] ? true : never = true;

export function packAccountEvent({ type, wallet, bet, account, seq }: AccountEvent): PackedAccountEvent {
  const packed: (string | number | null)[] = [
    ...[type, seq, wallet, account.balanceMicros, account.stakedMicros, account.openBets],
  ];
  if (!bet || !NOTHING_IS_LEFT_OUT) return packed;
  for (const field of BET_FIELDS) packed.push(bet[field]);
  packed.push(bet.settlementRules?.maxGapMs ?? null, bet.settlementRules?.maxDegradedFraction ?? null);
  if (bet.status === 'open') return packed;
  for (const field of SETTLED_FIELDS) packed.push(bet[field] ?? null);
  if (bet.nearMiss) packed.push(bet.nearMiss.cents, bet.nearMiss.atMs, bet.nearMiss.seq);
  return packed;
}

function unpackAccountEvent(packed: PackedAccountEvent): AccountEvent {
  const [type, seq, wallet, balanceMicros, stakedMicros, openBets, ...bet] = packed;
  const account = { wallet, balanceMicros, stakedMicros, openBets };
  const event = { type, wallet, account, seq } as unknown as AccountEvent;
  return bet.length === 0 ? event : { ...event, bet: unpackBet(event.wallet, bet) };
}

const isPacked = (event: StoredEvent): event is PackedAccountEvent => Array.isArray(event);

function unpackBet(wallet: string, values: PackedAccountEvent): BetView {
  const bet: Record<string, unknown> = { wallet };
  let at = 0;
  for (const field of BET_FIELDS) bet[field] = values[at++];
  const [maxGapMs, maxDegradedFraction, ...settled] = values.slice(at);
  if (typeof maxGapMs === 'number') bet['settlementRules'] = { maxGapMs, maxDegradedFraction };
  SETTLED_FIELDS.forEach((field, i) => {
    if (settled[i] !== null && settled[i] !== undefined) bet[field] = settled[i];
  });
  const [cents, atMs, seq] = settled.slice(SETTLED_FIELDS.length);
  if (typeof cents === 'number') bet['nearMiss'] = { cents, atMs, seq };
  return bet as unknown as BetView;
}
