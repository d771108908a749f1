/**
 * Bets of one session that come while it is being looked at travel together: one look at session and rate
 * limit for all of them, one letter, one answer. A bet that comes alone waits for nobody; of a burst, the
 * first goes ahead and the others follow together.
 *
 * Invariants: bets of a session get to the Resolver in the order they came; each has its own key and result.
 */
import type { KeyedBet } from '../../protocol/api/place-bets-request.ts';
import type { BetView } from '../../protocol/bet-view.ts';
import { type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import { BETS_PER_BATCH_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';
import type { SessionGate } from './sessions/session-gate.ts';

/** Receipt, hold, the executing tick at most a second later, the commit, and the way there and back. */
export const PLACE_BET_DEADLINE_MS = 5_000;

interface WaitingBet {
  readonly bet: KeyedBet;
  /** The one the session must be of. */
  readonly wallet: string | undefined;
  readonly settle: (placed: Outcome<BetView> | Promise<Outcome<BetView>>) => void;
}

type Placed = (place: number) => Outcome<BetView>;

export class BetGroups {
  readonly #context: Pick<ActorContext, 'ask'>;
  readonly #gate: SessionGate;
  /** By token, as long as it is looked at: what came meanwhile. */
  readonly #waiting = new Map<string, WaitingBet[]>();

  constructor(context: Pick<ActorContext, 'ask'>, gate: SessionGate) {
    this.#context = context;
    this.#gate = gate;
  }

  place(token: string, bet: KeyedBet, wallet?: string): Promise<Outcome<BetView>> {
    return new Promise((settle) => {
      const waiting = this.#waiting.get(token);
      const one: WaitingBet = { bet, wallet, settle };
      if (waiting) waiting.push(one);
      else void this.#placeAll(token, [one]);
    });
  }

  async #placeAll(token: string, first: WaitingBet[]): Promise<void> {
    const waiting: WaitingBet[] = [];
    this.#waiting.set(token, waiting);
    for (let group = first; group.length > 0; group = waiting.splice(0)) {
      try {
        await this.#placeGroup(token, group);
      } catch (error) {
        for (const { settle } of group) settle(Promise.reject(error));
      }
    }
    this.#waiting.delete(token);
  }

  /** Returns when the letters are on their way. */
  async #placeGroup(token: string, group: readonly WaitingBet[]): Promise<void> {
    const session = await this.#gate.checkBets(token, group.length);
    if (!session.ok) {
      for (const { settle } of group) settle(session);
      return;
    }
    const { wallet, granted, windowLeftSeconds } = session.value;
    const tooMany = refused('RATE_LIMITED', { retryAfterSeconds: windowLeftSeconds });
    for (const { settle } of group.slice(granted)) settle(tooMany);
    const isOfAnother = (bet: WaitingBet): boolean => bet.wallet !== undefined && bet.wallet !== wallet;
    const granting = group.slice(0, granted);
    for (const { settle } of granting.filter(isOfAnother)) settle(refused('UNAUTHENTICATED'));
    const bets = granting.filter((bet) => !isOfAnother(bet));
    for (let from = 0; from < bets.length; from += BETS_PER_BATCH_MAX) {
      const some = bets.slice(from, from + BETS_PER_BATCH_MAX);
      const placed = this.#ask(wallet, some);
      for (const [place, { settle }] of some.entries()) settle(placed.then((of) => of(place)));
    }
  }

  async #ask(wallet: string, bets: readonly WaitingBet[]): Promise<Placed> {
    const options = { deadlineMs: PLACE_BET_DEADLINE_MS };
    const [alone] = bets;
    if (alone && bets.length === 1) {
      const body = { wallet, ...alone.bet };
      const placed = outcomeOf(await this.#context.ask(RESOLVER, { type: 'PlaceBet', body }, options));
      return () => placed;
    }
    const body = { wallet, bets: bets.map(({ bet }) => bet) };
    const placed = outcomeOf(await this.#context.ask(RESOLVER, { type: 'PlaceBets', body }, options));
    if (!placed.ok) return () => placed;
    const { results } = placed.value;
    return (place) => results[place] ?? refused('OUTCOME_UNKNOWN');
  }
}
