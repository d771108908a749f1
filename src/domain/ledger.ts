/**
 * Double-entry money: what each event of the market moves between which accounts, as data.
 *
 * Invariants: all accounts together always hold zero; only `issuance`, where play credits come from, may be
 * negative; escrow holds exactly the payouts of all open bets, so a payout can never fail.
 * Non-goals: storing anything; deciding anything.
 */
import { type Bet, reserveMicros } from './bet.ts';
import { type Cell, cellKey } from './cell.ts';
import type { DecidedCell } from './open-bets.ts';
import type { VoidVerdict } from './settlement.ts';
import { addMicros, type Micros, micros, subMicros } from './units.ts';

export type AccountName = 'house' | 'escrow' | 'issuance' | `wallet:${string}`;
export const HOUSE = 'house';
export const ESCROW = 'escrow';
export const ISSUANCE = 'issuance';

export const walletAccount = (wallet: string): AccountName => `wallet:${wallet}`;

export type TransferCode =
  | 'funding'
  | 'grant'
  | 'stake'
  | 'reserve'
  | 'payout'
  | 'forfeit'
  | 'refund'
  | 'release';

export interface Transfer {
  readonly code: TransferCode;
  readonly from: AccountName;
  readonly to: AccountName;
  /** Always positive. */
  readonly amountMicros: Micros;
  /** The bet, cell or wallet it is for. */
  readonly ref: string;
}

export interface HouseFunded {
  readonly type: 'HouseFunded';
  readonly amountMicros: Micros;
}
export interface AccountOpened {
  readonly type: 'AccountOpened';
  readonly wallet: string;
  readonly grantMicros: Micros;
}
export interface BetAccepted {
  readonly type: 'BetAccepted';
  readonly bet: Bet;
}
export interface CellSettled extends DecidedCell {
  readonly type: 'CellSettled';
}
/** By an operator; other bets on the cell stay. */
export interface BetVoided {
  readonly type: 'BetVoided';
  readonly bet: Bet;
  readonly verdict: VoidVerdict;
}
export type LedgerEvent = HouseFunded | AccountOpened | BetAccepted | CellSettled | BetVoided;

/** What a transfer for all bets on a cell is for. */
export const cellRef = (cell: Cell): string => cellKey(cell).replaceAll('|', ' ');

/** The transfers an event stands for, in posting order. An amount of zero moves nothing and is left out. */
export const transfersOf = (event: LedgerEvent): Transfer[] =>
  movesOf(event).filter((transfer) => transfer.amountMicros > 0);

function movesOf(event: LedgerEvent): Transfer[] {
  switch (event.type) {
    case 'HouseFunded':
      return [{ code: 'funding', from: ISSUANCE, to: HOUSE, amountMicros: event.amountMicros, ref: HOUSE }];
    case 'AccountOpened': {
      const { wallet, grantMicros } = event;
      return [
        { code: 'grant', from: HOUSE, to: walletAccount(wallet), amountMicros: grantMicros, ref: wallet },
      ];
    }
    case 'BetAccepted': {
      const { id: ref, wallet, stakeMicros } = event.bet;
      return [
        { code: 'stake', from: walletAccount(wallet), to: ESCROW, amountMicros: stakeMicros, ref },
        { code: 'reserve', from: HOUSE, to: ESCROW, amountMicros: reserveMicros(event.bet), ref },
      ];
    }
    case 'CellSettled':
      return settlingMoves(event);
    case 'BetVoided':
      return [refundOf(event.bet), releaseOf(event.bet.id, [event.bet])];
    default:
      return event satisfies never;
  }
}

/** A wallet gets what is its bet by bet; the house gets what is left of a cell at once. */
function settlingMoves({ cell, verdict, bets }: CellSettled): Transfer[] {
  switch (verdict.outcome) {
    case 'won':
      return bets.map((bet) => ({
        code: 'payout',
        from: ESCROW,
        to: walletAccount(bet.wallet),
        amountMicros: bet.payoutMicros,
        ref: bet.id,
      }));
    case 'lost': {
      const amountMicros = sumMicros(bets, ({ payoutMicros }) => payoutMicros);
      return [{ code: 'forfeit', from: ESCROW, to: HOUSE, amountMicros, ref: cellRef(cell) }];
    }
    case 'void':
      return [...bets.map(refundOf), releaseOf(cellRef(cell), bets)];
    default:
      return verdict satisfies never;
  }
}

const refundOf = ({ id: ref, wallet, stakeMicros }: Bet): Transfer => ({
  code: 'refund',
  from: ESCROW,
  to: walletAccount(wallet),
  amountMicros: stakeMicros,
  ref,
});

const releaseOf = (ref: string, bets: readonly Bet[]): Transfer => ({
  code: 'release',
  from: ESCROW,
  to: HOUSE,
  amountMicros: sumMicros(bets, reserveMicros),
  ref,
});

export function sumMicros(bets: readonly Bet[], amountOf: (bet: Bet) => Micros): Micros {
  let sum = micros(0);
  for (const bet of bets) sum = addMicros(sum, amountOf(bet));
  return sum;
}

/** What every account holds. */
export class Balances {
  readonly #byAccount: Map<string, Micros>;

  constructor(balances: Iterable<readonly [string, Micros]> = []) {
    this.#byAccount = new Map(balances);
  }

  of(account: AccountName): Micros {
    return this.find(account) ?? micros(0);
  }

  /** Undefined: there is no such account. */
  find(account: AccountName): Micros | undefined {
    return this.#byAccount.get(account);
  }

  has(account: AccountName): boolean {
    return this.#byAccount.has(account);
  }

  open(account: AccountName): void {
    if (this.has(account)) throw new Error(`account ${account} is open already`);
    this.#byAccount.set(account, micros(0));
  }

  /** Throws if the transfer would leave less than nothing: whoever decided it was wrong. */
  post(transfer: Transfer): void {
    const { from, to, amountMicros } = transfer;
    const left = subMicros(this.of(from), amountMicros);
    if (left < 0 && from !== ISSUANCE) {
      throw new Error(`${from} holds too little for ${transfer.code} of ${transfer.ref}`);
    }
    this.#byAccount.set(from, left);
    this.#byAccount.set(to, addMicros(this.of(to), amountMicros));
  }

  /** Zero, always. */
  sumMicros(): number {
    let sum = 0;
    for (const balance of this.#byAccount.values()) sum += balance;
    return sum;
  }
}
