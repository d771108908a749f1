/** What a TouchlineSocket tells its listeners, and the list of listeners itself. */

import type { IndexTick } from '../domain/tick.ts';
import type { ChannelName, GridView } from '../protocol/api/frames.ts';
import type { AccountView, BetView } from '../protocol/bet-view.ts';
import type { TouchlineError } from './touchline-error.ts';

/** `waiting`: cut off, trying again in `retryInMs`. `closed`: for good. */
export type SocketState =
  | { readonly state: 'connecting' | 'open' }
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly closeCode: number }
  | { readonly state: 'closed'; readonly closeCode: number };

export interface BetEvent {
  readonly event: 'BetAccepted' | 'BetSettled';
  readonly seq: number;
  readonly bet: BetView;
}

export interface SocketEvents {
  readonly state: SocketState;
  readonly price: IndexTick;
  readonly grid: GridView;
  readonly bet: BetEvent;
  readonly account: AccountView;
  readonly heartbeat: { readonly seq: number; readonly atMs: number };
  /** Channels the server confirmed on this connection. */
  readonly subscribed: readonly ChannelName[];
  /** Signed in on this connection. */
  readonly authenticated: { readonly wallet: string; readonly expiresAtMs: number };
  readonly 'signed-out': Record<never, never>;
  /** Pushes were lost: the server went from `expected - 1` to `got`. A resync follows. */
  readonly gap: { readonly expected: number; readonly got: number };
  /** The newest bets, read over HTTP after a gap or a reconnection. */
  readonly bets: readonly BetView[];
  /** Refusals that answer no request, and resyncs that failed. */
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
