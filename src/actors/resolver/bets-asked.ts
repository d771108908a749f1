/**
 * A letter that asks for bets: one, or a batch. It is answered and done when the last of them is; what each
 * of them becomes is decided by itself, so that a batch delivered again finds what is decided already.
 */
import type { BetView } from '../../protocol/bet-view.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome } from '../../protocol/errors.ts';
import type { PlaceBet, PlaceBetBody, PlaceBets } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';

export type PlacingLetter = Received<PlaceBet> | Received<PlaceBets>;

export const requestsOf = ({ type, body }: PlacingLetter): readonly PlaceBetBody[] => {
  if (type === 'PlaceBet') return [body];
  const { wallet, bets } = body;
  return bets.map((bet) => ({ wallet, ...bet }));
};

export class BetsAsked {
  readonly letter: PlacingLetter;
  readonly #outcomes: Outcome<BetView>[] = [];
  #unanswered: number;
  #isWaiting = false;

  constructor(letter: PlacingLetter, bets: number) {
    this.letter = letter;
    this.#unanswered = bets;
  }

  /** To be called once all its bets are looked at: what is left to be answered outlives the turn. */
  waitForTheRest(context: ActorContext): void {
    if (this.#unanswered === 0) return;
    this.#isWaiting = true;
    context.defer(this.letter);
  }

  /** `place` counts its bets from 0; each is answered once. */
  answer(place: number, outcome: Outcome<BetView>, context: ActorContext): void {
    this.#outcomes[place] = outcome;
    this.#unanswered -= 1;
    if (this.#unanswered > 0) return;
    const isBatch = this.letter.type === 'PlaceBets';
    context.reply(this.letter, isBatch ? done({ results: this.#outcomes }) : outcome);
    if (this.#isWaiting) context.complete(this.letter);
  }
}
