/**
 * The outcomes a client must have heard of: of all its bets that were settled while one connection was signed
 * in without a break. Whatever happened to the ledger's process, to Redis or to signals is no excuse.
 */
import type { BetRow } from './judge.ts';

export class HeardOutcomes {
  readonly #heard = new Set<string>();
  #unanswered = 0;
  /** The newest recorded tick when the connection was seen to be signed in. */
  #sinceSeq: number | undefined;

  /** From here on events may pass it by, until the answer. */
  signingIn(): void {
    this.#unanswered += 1;
    this.#sinceSeq = undefined;
  }

  /** `seq`: of the newest recorded tick. */
  signInAnswered(isAccepted: boolean, seq: number): void {
    this.#unanswered -= 1;
    if (isAccepted && this.#unanswered === 0) this.#sinceSeq = seq;
  }

  signedOut(): void {
    this.#sinceSeq = undefined;
  }

  disconnected(): void {
    this.#unanswered = 0;
    this.#sinceSeq = undefined;
  }

  hear(betId: string): void {
    this.#heard.add(betId);
  }

  missing(bets: readonly BetRow[]): string[] {
    const sinceSeq = this.#sinceSeq;
    if (sinceSeq === undefined) return [];
    const due = bets.filter(({ settledSeq }) => settledSeq !== null && settledSeq > sinceSeq);
    return due.map(({ id }) => id).filter((id) => !this.#heard.has(id));
  }
}
