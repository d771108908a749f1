/** Everything a user of the client needs, the page included. Begin with `createClient`. */
export { CANDLE_INTERVALS_MS, type CandleIntervalMs } from '../domain/candle.ts';
export type { Proof } from '../domain/proof/proof.ts';
export type { ProofFault, ProofRefusal, ProvenSettlement } from '../domain/proof/verify-proof.ts';
export type { ChannelName, GridView, Position } from '../protocol/api/frames.ts';
export type {
  BetsAnswer,
  CandleView,
  PriceAnswer,
  StatusAnswer,
  VerifyAnswer,
} from '../protocol/api/http.ts';
export type { LimitsAnswer } from '../protocol/api/limits-answers.ts';
export type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
export type { QuoteView } from '../protocol/api/quote-answers.ts';
export type { AccountView, BetStatus, BetView } from '../protocol/bet-view.ts';
export type { CalibrationReport, TrackRecordReport } from '../protocol/calibration-report.ts';
export type { SelfLimitsRequest, SelfLimitsView } from '../protocol/self-limits.ts';
export type { Placed, PlaceOptions, RequestOptions } from './bet-placing.ts';
export { type Client, type ClientEvents, type ClientOptions, createClient, type Quoted } from './client.ts';
export type { BetsPage, QuoteRequest } from './http-queries.ts';
export type { LiveOptions } from './live-hub.ts';
export { type OpenCell, openCells, profitMicros } from './open-cells.ts';
export { type CheckedBet, type CheckedOutcome, checkOutcome, ticksNeeded } from './outcome-check.ts';
export { verifyProof } from './proof-check.ts';
export type { AccountPush, BetPush, SocketEvents, SocketState, Subscription } from './socket-events.ts';
export type { LiveTick, TickGap } from './tick-follower.ts';
export {
  type CandleRange,
  createTouchlineClient,
  newIdempotencyKey,
  type PlaceBetOptions,
  type PriceTick,
  type SignedIn,
  type TouchlineClient,
  type TouchlineClientOptions,
} from './touchline-client.ts';
export { TouchlineError, type TouchlineErrorCode } from './touchline-error.ts';
export {
  createTouchlineSocket,
  type TouchlineSocket,
  type TouchlineSocketOptions,
} from './touchline-socket.ts';
export {
  type Eip1193Provider,
  injectedWallet,
  type SignInWallet,
  type ThrowAwayWallet,
  throwAwayWallet,
} from './wallet.ts';
