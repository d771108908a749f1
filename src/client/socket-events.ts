/** What a TouchlineSocket tells its listeners, and the list of listeners itself. */

import type { AnswerFrame, ChannelName, GridView, Position, PushFrame } from '../protocol/api/frames.ts';
import type { PushedTick } from './tick-follower.ts';
import type { TouchlineError } from './touchline-error.ts';

/** `waiting`: cut off, trying again in `retryInMs`. `closed`: for good. */
export type SocketState =
  | { readonly state: 'connecting' | 'open' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly closeCode: number }
  | { readonly state: 'closed'; readonly closeCode: number };

export interface Subscription {
  readonly channels: readonly ChannelName[];
  /** Of the channel as of the confirmation. Absent: it has none. */
  readonly position?: Position;
  /** Everything after the position that was asked for follows. */
  readonly recovered: boolean;
}

type SubscribeAnswer = Extract<AnswerFrame, { readonly ack: 'subscribe' }>;

export const subscriptionOf = ({ channels, epoch, seq, recovered }: SubscribeAnswer): Subscription => ({
  channels,
  ...(epoch !== undefined && seq !== undefined && { position: { epoch, seq } }),
  recovered: recovered === true,
});

export type BetPush = Extract<PushFrame, { readonly push: 'bet' }>;
export type AccountPush = Extract<PushFrame, { readonly push: 'account' }>;

export interface SocketEvents {
  readonly state: SocketState;
  readonly price: PushedTick;
  readonly grid: GridView;
  readonly bet: BetPush;
  readonly account: AccountPush;
  readonly heartbeat: { readonly seq: number; readonly atMs: number };
  /** The server confirmed a channel on this connection; its pushes follow. */
  readonly subscribed: Subscription;
  /** Signed in on this connection. */
  readonly authenticated: { readonly wallet: string; readonly expiresAtMs: number };
  /** The session of this token is over. */
  readonly 'signed-out': { readonly token: string };
  /** Pushes were lost: the server went from `expected - 1` to `got`. */
  readonly gap: { readonly expected: number; readonly got: number };
  /** Refusals that answer no request. */
  readonly error: TouchlineError;
}

export type Listener<T> = (event: T) => void;

export class SocketListeners {
  readonly #byName = new Map<keyof SocketEvents, Set<Listener<never>>>();

  /** Returns the function that takes the listener off again. */
  on<K extends keyof SocketEvents>(name: K, listener: Listener<SocketEvents[K]>): () => void {
    const set = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, set);
    set.add(listener as Listener<never>);
    return () => set.delete(listener as Listener<never>);
  }

  readonly emit = <K extends keyof SocketEvents>(name: K, event: SocketEvents[K]): void => {
    for (const listener of [...(this.#byName.get(name) ?? [])]) {
      (listener as Listener<SocketEvents[K]>)(event);
    }
  };
}
