/**
 * Reads over HTTP what pushes may have been missed of, and tells it as the ordinary events.
 *
 * Invariants: what was pushed while a read was under way is newer than the read and is not overwritten by it;
 * at most one resync runs, and a demand that comes during it is met by one more.
 */
import type { ChannelName, PushFrame } from '../protocol/api/frames.ts';
import type { SocketEvents, SocketListeners } from './socket-events.ts';
import type { TouchlineClient } from './touchline-client.ts';
import { TouchlineError } from './touchline-error.ts';

interface Demand {
  readonly wanted: ReadonlySet<ChannelName>;
  readonly isAuthenticated: boolean;
}

export class Resync {
  readonly #client: TouchlineClient;
  readonly #listeners: SocketListeners;
  readonly #pushesOf: Record<'price' | 'grid' | 'account', number> = { price: 0, grid: 0, account: 0 };
  #isRunning = false;
  #demand: Demand | undefined;

  constructor(client: TouchlineClient, listeners: SocketListeners) {
    this.#client = client;
    this.#listeners = listeners;
  }

  /** Must see every push. */
  saw(frame: PushFrame): void {
    if (frame.push === 'price' || frame.push === 'grid' || frame.push === 'account')
      this.#pushesOf[frame.push] += 1;
  }

  async run(wanted: ReadonlySet<ChannelName>, isAuthenticated: boolean): Promise<void> {
    this.#demand = { wanted, isAuthenticated };
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#demand) {
      const demand: Demand = this.#demand;
      this.#demand = undefined;
      await this.#once(demand.wanted, demand.isAuthenticated);
    }
    this.#isRunning = false;
  }

  async #once(wanted: ReadonlySet<ChannelName>, isAuthenticated: boolean): Promise<void> {
    const client = this.#client;
    const isPrivate = isAuthenticated && client.token !== undefined;
    const reads = [
      wanted.has('price') && this.#newest('price', () => client.price()),
      wanted.has('grid') && this.#newest('grid', () => client.grid()),
      isPrivate && wanted.has('account') && this.#newest('account', () => client.account()),
      isPrivate && wanted.has('bets') && client.bets().then(({ bets }) => this.#listeners.emit('bets', bets)),
    ];
    for (const { reason } of (await Promise.allSettled(reads)).filter(
      (result) => result.status === 'rejected',
    )) {
      if (!(reason instanceof TouchlineError)) throw reason;
      this.#listeners.emit('error', reason);
    }
  }

  async #newest<K extends 'price' | 'grid' | 'account'>(
    name: K,
    read: () => Promise<SocketEvents[K]>,
  ): Promise<void> {
    const before = this.#pushesOf[name];
    const value = await read();
    if (this.#pushesOf[name] === before) this.#listeners.emit(name, value);
  }
}
