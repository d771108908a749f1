/**
 * Bets that wait for their executing tick: the first at or after receipt plus hold. Their letters stay
 * unacked meanwhile, so a crash brings them back. Bounded by the mailbox, which counts unacked letters.
 */
import type { Received } from '../../protocol/envelope.ts';
import type { PlaceBet } from '../../protocol/letters/resolver.ts';
import { requestKeyText } from './bet-request.ts';
import type { RequestKey } from './ledger-store.ts';

export interface PendingBet {
  readonly request: PlaceBet['body'];
  readonly fingerprint: string;
  readonly receivedAtMs: number;
  /** Every letter that asked for this bet; all get the answer. */
  readonly letters: Received<PlaceBet>[];
}

export class PendingBets {
  /** In the order of arrival, which is the order of execution among those due at one tick. */
  readonly #byKey = new Map<string, PendingBet>();

  get size(): number {
    return this.#byKey.size;
  }

  find(key: RequestKey): PendingBet | undefined {
    return this.#byKey.get(requestKeyText(key));
  }

  add(bet: PendingBet): void {
    this.#byKey.set(requestKeyText(bet.request), bet);
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
