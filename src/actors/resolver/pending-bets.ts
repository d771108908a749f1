/**
 * Bets that wait for their executing tick: the first at or after receipt plus hold. Their letters stay
 * unacked meanwhile, so a crash brings them back. Bounded by the mailbox, which counts unacked letters, and
 * by what a letter may ask for.
 */
import type { PlaceBetBody } from '../../protocol/letters/resolver.ts';
import type { BetsAsked } from './bets-asked.ts';

export interface PendingBet {
  readonly request: PlaceBetBody;
  /** requestKeyText of the request. */
  readonly key: string;
  readonly fingerprint: string;
  readonly receivedAtMs: number;
  /** Everyone who asked for this bet, and as which of theirs; all get the answer. */
  readonly askers: Asker[];
}

export interface Asker {
  readonly asked: BetsAsked;
  readonly place: number;
}

export class PendingBets {
  /** In the order of arrival, which is the order of execution among those due at one tick. */
  readonly #byKey = new Map<string, PendingBet>();

  get size(): number {
    return this.#byKey.size;
  }

  find(key: string): PendingBet | undefined {
    return this.#byKey.get(key);
  }

  add(bet: PendingBet): void {
    this.#byKey.set(bet.key, bet);
  }

  /** Gives up those received at or before `receivedAtMsMax`, oldest arrival first. */
  takeReceivedUpTo(receivedAtMsMax: number): PendingBet[] {
    const taken: PendingBet[] = [];
    for (const [key, bet] of this.#byKey) {
      if (bet.receivedAtMs > receivedAtMsMax) continue;
      taken.push(bet);
      this.#byKey.delete(key);
    }
    return taken;
  }
}
