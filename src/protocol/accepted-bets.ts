/**
 * What wallets are told of the bets that were accepted at one tick, in one packed event: what the bets share
 * once, then a column for each thing they do not. A burst has hundreds of them, and every Broadcaster reads
 * each: a view of one is built only where it is shown. Non-goal: a form that other readers understand; it
 * never leaves Touchline.
 */
import type { Bet } from '../domain/bet.ts';
import type { BetKind, Cell } from '../domain/cell.ts';
import type { WalletAccount } from '../domain/market-book.ts';
import type { SettlementRules } from '../domain/rules.ts';
import type { Cents, Hundredths, Micros } from '../domain/units.ts';
import { type AccountView, type BetView, betView } from './bet-view.ts';
import { accountIn, pushAccount } from './packed-account.ts';
import { SEPARATOR, wordAt } from './packed-words.ts';

const TYPE = 'BetsAccepted';

/** The event of one of them. */
interface AcceptedBet {
  readonly type: 'BetAccepted';
  readonly wallet: string;
  readonly bet: BetView;
  readonly account: AccountView;
  readonly seq: number;
}

type SharedFacts = Pick<
  Bet,
  'acceptedSeq' | 'acceptedAtMs' | 'acceptedPriceCents' | 'sigmaPerSqrtSecond' | 'rulesVersion'
> & { readonly symbol: Cell['symbol']; readonly settlementRules: SettlementRules };

export type PackedAcceptedBets = readonly [
  type: typeof TYPE,
  shared: SharedFacts,
  /** SEPARATOR between them, as of the wallets: one long string costs a fraction of many. */
  ids: string,
  wallets: string,
  /** NUMBERS of them for each bet. */
  numbers: readonly number[],
];

/** A kind is kept as its place here, which therefore never changes. */
const KINDS: readonly BetKind[] = ['touch', 'no_touch', 'inside', 'outside'];
/** Edges are never below zero. */
const OPEN_EDGE = -1;
const NUMBERS = 12;

/** Bets in one event. */
export const ACCEPTED_BETS_PER_EVENT_MAX = 100;

/** Bets of one tick, as they are accepted. */
export class AcceptedBets {
  readonly #shared: SharedFacts;
  readonly #ids: string[] = [];
  readonly #wallets: string[] = [];
  readonly #numbers: number[] = [];

  constructor(shared: SharedFacts) {
    this.#shared = shared;
  }

  /** `account`: as it is after the bet. */
  static of(bet: Bet, account: WalletAccount): AcceptedBets {
    const { acceptedSeq, acceptedAtMs, acceptedPriceCents, sigmaPerSqrtSecond, rulesVersion } = bet;
    const bets = new AcceptedBets({
      ...{ symbol: bet.cell.symbol, acceptedSeq, acceptedAtMs, acceptedPriceCents, sigmaPerSqrtSecond },
      ...{ rulesVersion, settlementRules: bet.settlementRules },
    });
    bets.#push(bet, account);
    return bets;
  }

  /** False, and nothing is added: it does not share what they share, or there are enough of them. */
  add(bet: Bet, account: WalletAccount): boolean {
    if (this.#ids.length >= ACCEPTED_BETS_PER_EVENT_MAX || !isOf(this.#shared, bet)) return false;
    this.#push(bet, account);
    return true;
  }

  packed(): PackedAcceptedBets {
    return [TYPE, this.#shared, this.#ids.join(SEPARATOR), this.#wallets.join(SEPARATOR), this.#numbers];
  }

  #push(bet: Bet, account: WalletAccount): void {
    const { kind, opensAtMs, closesAtMs, lowCents, highCents } = bet.cell;
    this.#ids.push(bet.id);
    this.#wallets.push(bet.wallet);
    this.#numbers.push(KINDS.indexOf(kind), opensAtMs, closesAtMs);
    this.#numbers.push(lowCents ?? OPEN_EDGE, highCents ?? OPEN_EDGE);
    this.#numbers.push(bet.stakeMicros, bet.multiplier, bet.payoutMicros, bet.receivedAtMs);
    pushAccount(this.#numbers, account);
  }
}

const isOf = (shared: SharedFacts, bet: Bet): boolean =>
  shared.acceptedSeq === bet.acceptedSeq &&
  shared.acceptedAtMs === bet.acceptedAtMs &&
  shared.acceptedPriceCents === bet.acceptedPriceCents &&
  shared.sigmaPerSqrtSecond === bet.sigmaPerSqrtSecond &&
  shared.rulesVersion === bet.rulesVersion &&
  shared.symbol === bet.cell.symbol &&
  shared.settlementRules.maxGapMs === bet.settlementRules.maxGapMs &&
  shared.settlementRules.maxDegradedFraction === bet.settlementRules.maxDegradedFraction;

/** How many bets it tells of. */
export const acceptedBetsIn = ([, , , , numbers]: PackedAcceptedBets): number => numbers.length / NUMBERS;

export const isAcceptedBets = (event: object): event is PackedAcceptedBets =>
  Array.isArray(event) && event[0] === TYPE;

/** The event of the bet at that place. */
export function acceptedBetAt(
  [, shared, ids, wallets, numbers]: PackedAcceptedBets,
  at: number,
): AcceptedBet {
  const wallet = wordAt(wallets, at);
  const of = numbers.slice(at * NUMBERS, (at + 1) * NUMBERS);
  const account = accountIn(of, wallet);
  const bet = betView(betOf(wordAt(ids, at), wallet, shared, of));
  return { type: 'BetAccepted', wallet, bet, account, seq: shared.acceptedSeq };
}

function betOf(id: string, wallet: string, shared: SharedFacts, numbers: readonly number[]): Bet {
  const { symbol, ...facts } = shared;
  const [kind = 0, opensAtMs = 0, closesAtMs = 0, low = 0, high = 0] = numbers;
  const [stake = 0, multiplier = 0, payout = 0, receivedAtMs = 0] = numbers.slice(5);
  return {
    ...{ id, wallet, receivedAtMs, ...facts },
    cell: {
      ...{ symbol, kind: KINDS[kind] ?? 'touch', opensAtMs, closesAtMs },
      ...{ lowCents: edge(low), highCents: edge(high) },
    },
    stakeMicros: stake as Micros,
    multiplier: multiplier as Hundredths,
    payoutMicros: payout as Micros,
  };
}

const edge = (edgeCents: number): Cents | null => (edgeCents === OPEN_EDGE ? null : (edgeCents as Cents));
