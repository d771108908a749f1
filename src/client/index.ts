/** Everything a user of the client needs, the page included. */
export type { ChannelName, GridView } from '../protocol/api/frames.ts';
export type { BetsAnswer, PriceAnswer, StatusAnswer, VerifyAnswer } from '../protocol/api/http.ts';
export type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
export type { AccountView, BetStatus, BetView } from '../protocol/bet-view.ts';
export { type CheckedOutcome, checkOutcome, ticksNeeded } from './outcome-check.ts';
export type { BetEvent, SocketEvents, SocketState } from './socket-events.ts';
export {
  createTouchlineClient,
  newIdempotencyKey,
  type PlaceBetOptions,
  type PriceTick,
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
