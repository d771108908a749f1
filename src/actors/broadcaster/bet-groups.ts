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
const DEADLINE = { deadlineMs: PLACE_BET_DEADLINE_MS };

interface WaitingBet {
  readonly bet: KeyedBet;
  /** The one the session must be of. */
  readonly wallet: string | undefined;
  readonly settle: (placed: Outcome<BetView> | Promise<Outcome<BetView>>) => void;
}

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
    const granting = granted < group.length ? group.slice(0, granted) : group;
    for (const { settle } of granting.filter(isOfAnother)) settle(refused('UNAUTHENTICATED'));
    const bets = granting.filter((bet) => !isOfAnother(bet));
    for (let from = 0; from < bets.length; from += BETS_PER_BATCH_MAX)
      this.#ask(wallet, bets.slice(from, from + BETS_PER_BATCH_MAX));
  }

  /** One answer settles all of them. */
  #ask(wallet: string, bets: readonly WaitingBet[]): void {
    const [first] = bets;
    const isAlone = first !== undefined && bets.length === 1;
    const placed = isAlone ? this.#askOne(wallet, first) : this.#askSeveral(wallet, bets);
    placed.catch((error: unknown) => {
      for (const { settle } of bets) settle(Promise.reject(error));
    });
  }

  async #askOne(wallet: string, { bet, settle }: WaitingBet): Promise<void> {
    const letter = { type: 'PlaceBet', body: { wallet, ...bet } } as const;
    settle(outcomeOf(await this.#context.ask(RESOLVER, letter, DEADLINE)));
  }

  async #askSeveral(wallet: string, bets: readonly WaitingBet[]): Promise<void> {
    const letter = { type: 'PlaceBets', body: { wallet, bets: bets.map(({ bet }) => bet) } } as const;
    const placed = outcomeOf(await this.#context.ask(RESOLVER, letter, DEADLINE));
    const results = placed.ok ? placed.value.results : [];
    const otherwise = placed.ok ? refused('OUTCOME_UNKNOWN') : placed;
    for (const [place, { settle }] of bets.entries()) settle(results[place] ?? otherwise);
  }
}
