/**
 * What happened to wallets. The Resolver writes these to its outbox in the transaction that makes them true,
 * and every Broadcaster reads each of them, in order, or is told that it missed some.
 */
import type { AccountView, BetView } from './bet-view.ts';

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
