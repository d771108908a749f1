/**
 * Placing bets, over the socket if it is ready, and over HTTP if it is not or did not answer.
 *
 * Invariant: a bet keeps its idempotency key through every try on every way, so it is placed at most once.
 */
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { PlaceBetsRequest, PlacedBet } from '../protocol/api/place-bets-request.ts';
import type { BetView } from '../protocol/bet-view.ts';
import { BETS_PER_BATCH_MAX } from '../protocol/limits.ts';
import { bySocket } from './by-socket.ts';
import { placedBet } from './http-queries.ts';
import { newIdempotencyKey, type TouchlineClient } from './touchline-client.ts';
import { errorFromWire, TouchlineError } from './touchline-error.ts';
import type { TouchlineSocket } from './touchline-socket.ts';

export interface RequestOptions {
  /** Ends the waiting, not what the server makes of the request. */
  readonly signal?: AbortSignal;
}

export interface PlaceOptions extends RequestOptions {
  /** Default: a new random one. Give the one of an earlier, unanswered try to ask for its fate. */
  readonly idempotencyKey?: string;
}

export type Placed =
  | { readonly ok: true; readonly bet: BetView }
  | { readonly ok: false; readonly error: TouchlineError };

export interface BetPlacingOptions {
  readonly http: TouchlineClient;
  readonly socket: () => TouchlineSocket | undefined;
  readonly placed: (bet: BetView) => void;
}

type KeyedBet = PlaceBetsRequest['bets'][number];

export class BetPlacing {
  readonly #options: BetPlacingOptions;

  constructor(options: BetPlacingOptions) {
    this.#options = options;
  }

  /** See Client.place. */
  async place(request: PlaceBetRequest, options: PlaceOptions): Promise<BetView> {
    const bet = placedBet(request);
    const { idempotencyKey = newIdempotencyKey(), signal } = options;
    const frame = { op: 'place', idempotencyKey, bet: { ...bet } } as const;
    try {
      const answer = await bySocket(this.#socket(), frame, 'place', signal);
      const placed =
        answer?.bet ??
        (await this.#options.http.placeBet(bet, { idempotencyKey, ...(signal && { signal }) }));
      this.#options.placed(placed);
      return placed;
    } catch (error) {
      throw error instanceof TouchlineError ? error.with({ idempotencyKey }) : error;
    }
  }

  /** See Client.placeBatch. */
  async placeBatch(bets: readonly PlaceBetRequest[], options: RequestOptions): Promise<readonly Placed[]> {
    const keyed = bets.map((bet) => ({ idempotencyKey: newIdempotencyKey(), bet: placedBet(bet) }));
    const placed: Placed[] = [];
    for (let from = 0; from < keyed.length; from += BETS_PER_BATCH_MAX) {
      const batch = keyed.slice(from, from + BETS_PER_BATCH_MAX);
      placed.push(...(await this.#placeAtOnce(batch, options)));
    }
    return placed;
  }

  async #placeAtOnce(batch: readonly KeyedBet[], options: RequestOptions): Promise<readonly Placed[]> {
    try {
      const answer = await bySocket(
        this.#socket(),
        { op: 'place-batch', bets: [...batch] },
        'place-batch',
        options.signal,
      );
      const answers = answer?.results ?? (await this.#options.http.placeBets([...batch], options));
      return await Promise.all(batch.map((request, i) => this.#settle(request, answers[i], options)));
    } catch (error) {
      if (!(error instanceof TouchlineError)) throw error;
      return batch.map(({ idempotencyKey }) => ({ ok: false, error: error.with({ idempotencyKey }) }));
    }
  }

  /** Signed in; before that, HTTP tells whether there is a session. */
  #socket(): TouchlineSocket | undefined {
    const socket = this.#options.socket();
    return socket?.isAuthenticated ? socket : undefined;
  }

  async #settle(
    { bet, idempotencyKey }: KeyedBet,
    answer: PlacedBet | undefined,
    options: RequestOptions,
  ): Promise<Placed> {
    if (answer?.ok) {
      this.#options.placed(answer.bet);
      return answer;
    }
    const error = errorFromWire(answer?.error).with({ idempotencyKey });
    if (!error.retryable) return { ok: false, error };
    try {
      return { ok: true, bet: await this.place(bet, { ...options, idempotencyKey }) };
    } catch (again) {
      if (!(again instanceof TouchlineError)) throw again;
      return { ok: false, error: again };
    }
  }
}
