/**
 * The position in the stream of account events, for one channel, over all connections. Events of other
 * wallets lie between those of this one, so a hole does not show here: the server says whether there is one.
 */
import type { Position } from '../protocol/api/frames.ts';
import type { Subscription } from './socket-events.ts';

export class EventFollower {
  #position: Position | undefined;

  get position(): Position | undefined {
    return this.#position;
  }

  /** False: there may be events before this that were never seen. */
  subscribed({ position, recovered }: Subscription): boolean {
    if (recovered && this.#position) return true;
    this.#position = position;
    return false;
  }

  /** Whether a push is new here; `pos` is absent from snapshots, which always are. */
  takes(pos: number | undefined): boolean {
    if (pos === undefined || !this.#position) return true;
    if (pos <= this.#position.seq) return false;
    this.#position = { epoch: this.#position.epoch, seq: pos };
    return true;
  }
}
