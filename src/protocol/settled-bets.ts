/**
 * What wallets are told of the bets that were settled together, in one packed event: what the bets share
 * once, then a column for each thing they do not. A tick may settle 10⁵ bets; a view of each is built only
 * where it is shown. Non-goal: a form that other readers understand; it never leaves Touchline.
 */
import type { Bet } from '../domain/bet.ts';
import type { Cell } from '../domain/cell.ts';
import type { WalletAccount } from '../domain/market-book.ts';
import type { DecidedCell } from '../domain/open-bets.ts';
import type { SettlementRules } from '../domain/rules.ts';
import type { DecidedVerdict } from '../domain/settlement.ts';
import type { Hundredths, Micros } from '../domain/units.ts';
import { type AccountView, type BetView, betView } from './bet-view.ts';
import { accountIn, pushAccount } from './packed-account.ts';
import { SEPARATOR, wordAt } from './packed-words.ts';

const TYPE = 'BetsSettled';

/** The event of one of them. */
interface SettledBet {
  readonly type: 'BetSettled';
  readonly wallet: string;
  readonly bet: BetView;
  readonly account: AccountView;
  readonly seq: number;
}

interface SharedFacts {
  readonly cell: Cell;
  readonly settlementRules: SettlementRules;
  readonly rulesVersion: string;
  readonly verdict: DecidedVerdict;
}

export type PackedSettledBets = readonly [
  type: typeof TYPE,
  shared: SharedFacts,
  /** SEPARATOR between them, as of the wallets: one long string costs a fraction of many. */
  ids: string,
  wallets: string,
  /** NUMBERS of them for each bet. */
  numbers: readonly number[],
];

const NUMBERS = 11;

/** Bets in one event. */
export const SETTLED_BETS_PER_EVENT_MAX = 100;

/** `accountOf`: the account as it is after all that is told together. */
export function packSettledBets(
  { cell, rules, verdict, bets }: DecidedCell,
  accountOf: (wallet: string) => WalletAccount,
): PackedSettledBets[] {
  const packed: PackedSettledBets[] = [];
  for (let from = 0; from < bets.length; ) {
    const rulesVersion = bets[from]?.rulesVersion ?? '';
    const shared = { cell, settlementRules: rules, rulesVersion, verdict };
    const ids: string[] = [];
    const wallets: string[] = [];
    const numbers: number[] = [];
    for (; from < bets.length && ids.length < SETTLED_BETS_PER_EVENT_MAX; from += 1) {
      const bet = bets[from];
      if (bet?.rulesVersion !== rulesVersion) break;
      ids.push(bet.id);
      wallets.push(bet.wallet);
      pushNumbers(numbers, bet, accountOf(bet.wallet));
    }
    packed.push([TYPE, shared, ids.join(SEPARATOR), wallets.join(SEPARATOR), numbers]);
  }
  return packed;
}

function pushNumbers(numbers: number[], bet: Bet, account: WalletAccount): void {
  numbers.push(bet.stakeMicros, bet.multiplier, bet.payoutMicros, bet.receivedAtMs, bet.acceptedSeq);
  numbers.push(bet.acceptedAtMs, bet.acceptedPriceCents, bet.sigmaPerSqrtSecond);
  pushAccount(numbers, account);
}

/** How many bets it tells of. */
export const settledBetsIn = ([, , , , numbers]: PackedSettledBets): number => numbers.length / NUMBERS;

export const isSettledBets = (event: object): event is PackedSettledBets =>
  Array.isArray(event) && event[0] === TYPE;

/** The event of the bet at that place. */
export function settledBetAt([, shared, ids, wallets, numbers]: PackedSettledBets, at: number): SettledBet {
  const wallet = wordAt(wallets, at);
  const of = numbers.slice(at * NUMBERS, (at + 1) * NUMBERS);
  const account = accountIn(of, wallet);
  const bet = betView(betOf(wordAt(ids, at), wallet, shared, of), shared.verdict);
  return { type: 'BetSettled', wallet, bet, account, seq: shared.verdict.decidedSeq };
}

function betOf(id: string, wallet: string, shared: SharedFacts, numbers: readonly number[]): Bet {
  const { cell, settlementRules, rulesVersion } = shared;
  const [stake = 0, multiplier = 0, payout = 0, receivedAtMs = 0, acceptedSeq = 0] = numbers;
  const [acceptedAtMs = 0, acceptedPriceCents = 0, sigmaPerSqrtSecond = 0] = numbers.slice(5);
  return {
    ...{ id, wallet, cell, settlementRules, rulesVersion },
    stakeMicros: stake as Micros,
    multiplier: multiplier as Hundredths,
    payoutMicros: payout as Micros,
    ...{ receivedAtMs, acceptedSeq, acceptedAtMs, acceptedPriceCents, sigmaPerSqrtSecond },
  };
}
