/** Letters the Resolver takes. It is the single writer of money. */
import type { Cell } from '../../domain/cell.ts';
import type { IndexTick } from '../../domain/tick.ts';
import type { Hundredths, Micros } from '../../domain/units.ts';
import type { LimitsLeft } from '../api/limits-answers.ts';
import type { QuotesAnswer } from '../api/quote-answers.ts';
import type { AccountView, BetStatus, BetView } from '../bet-view.ts';
import type { CalibrationReport } from '../calibration-report.ts';
import { type Address, address, type Letter } from '../envelope.ts';
import type { Outcome } from '../errors.ts';
import type { SelfLimitsRequest, SelfLimitsView } from '../self-limits.ts';
import type { MarketState } from '../signals.ts';
import type { GetOperations, OperateMarket, OperationsView, OperationView } from './operate-market.ts';

/** Validated at the border. The wallet comes from the session, never from the client's body. */
export interface PlaceBetBody {
  readonly wallet: string;
  readonly idempotencyKey: string;
  readonly cell: Cell;
  readonly stakeMicros: Micros;
  readonly minMultiplier: Hundredths;
}
/** Answered after the executing tick, or at once when it is refused before. */
export type PlaceBet = Letter<'PlaceBet', PlaceBetBody>;

/**
 * Up to BETS_PER_BATCH_MAX bets of one wallet. Each is what a PlaceBet of its own would be, under its own
 * key; they are executed in this order at one tick. Answered when all of them are, in this order.
 */
export type PlaceBets = Letter<
  'PlaceBets',
  { readonly wallet: string; readonly bets: readonly Omit<PlaceBetBody, 'wallet'>[] }
>;
export interface BetsPlaced {
  readonly results: readonly Outcome<BetView>[];
}

/** Ticks that are in the durable log now, in order, dense. */
export type TicksRecorded = Letter<'TicksRecorded', { readonly ticks: readonly IndexTick[] }>;

/** First sign-in of a wallet: opens its account with the starting grant, once. Later ones change nothing. */
export type OpenAccount = Letter<'OpenAccount', { readonly wallet: string }>;
export type GetAccount = Letter<'GetAccount', { readonly wallet: string }>;
export type GetBet = Letter<'GetBet', { readonly wallet: string; readonly betId: string }>;
/** Newest first. `beforeId` continues a listing after that bet. */
export type ListBets = Letter<
  'ListBets',
  { readonly wallet: string; readonly limit: number; readonly beforeId?: string; readonly status?: BetStatus }
>;
export type GetMarket = Letter<'GetMarket', Record<never, never>>;
/** How the odds did so far. */
export type GetCalibration = Letter<'GetCalibration', Record<never, never>>;
export type GetSelfLimits = Letter<'GetSelfLimits', { readonly wallet: string }>;
/**
 * What bets would get if the last tick were their executing one: at most CELLS_PER_QUOTE_MAX. Without a
 * wallet, nothing of one counts; without a stake, the least. NO_PRICE before the first tick.
 */
export type QuoteCells = Letter<
  'QuoteCells',
  {
    readonly wallet?: string;
    readonly cells: readonly { readonly cell: Cell; readonly stakeMicros?: Micros }[];
  }
>;
/** What is left of the caps; with a wallet, of its own too. NO_PRICE before the first tick. */
export type GetLimits = Letter<'GetLimits', { readonly wallet?: string }>;
/** Validated at the border. */
export type SetSelfLimits = Letter<
  'SetSelfLimits',
  { readonly wallet: string; readonly limits: SelfLimitsRequest }
>;
/** Sum over all accounts (must be zero) and counts, for operators. */
export type GetLedgerSummary = Letter<'GetLedgerSummary', Record<never, never>>;

export interface LedgerSummary {
  readonly sumMicros: string;
  readonly houseMicros: string;
  readonly escrowMicros: string;
  readonly accounts: number;
  readonly bets: {
    readonly open: number;
    readonly won: number;
    readonly lost: number;
    readonly void: number;
  };
}

export interface BetPage {
  readonly bets: readonly BetView[];
  /** Pass as `beforeId` for the next page; absent on the last. */
  readonly nextBeforeId?: string;
}

/** Answered from what is booked; they change nothing. */
export type ResolverRead =
  | GetAccount
  | GetBet
  | ListBets
  | GetMarket
  | GetCalibration
  | GetLedgerSummary
  | GetSelfLimits
  | QuoteCells
  | GetLimits
  | GetOperations;

export type ResolverLetter =
  | PlaceBet
  | PlaceBets
  | TicksRecorded
  | OpenAccount
  | SetSelfLimits
  | OperateMarket
  | ResolverRead;

export interface ResolverReplies {
  readonly PlaceBet: Outcome<BetView>;
  readonly PlaceBets: Outcome<BetsPlaced>;
  readonly OpenAccount: Outcome<AccountView>;
  readonly GetAccount: Outcome<AccountView>;
  readonly GetBet: Outcome<BetView>;
  readonly ListBets: Outcome<BetPage>;
  readonly GetMarket: Outcome<MarketState>;
  readonly GetCalibration: Outcome<CalibrationReport>;
  readonly GetLedgerSummary: Outcome<LedgerSummary>;
  readonly GetSelfLimits: Outcome<SelfLimitsView>;
  readonly SetSelfLimits: Outcome<SelfLimitsView>;
  readonly QuoteCells: Outcome<QuotesAnswer>;
  readonly GetLimits: Outcome<LimitsLeft>;
  readonly OperateMarket: Outcome<OperationView>;
  readonly GetOperations: Outcome<OperationsView>;
}

export const RESOLVER: Address<ResolverLetter, ResolverReplies> = address('resolver');
