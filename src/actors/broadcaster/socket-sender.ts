/**
 * The sending half of one connection: numbers its pushes and decides what a slow reader gets.
 *
 * Prices and grids are conflated: while more than CONFLATE_ABOVE_BYTES wait, they are skipped (no `n` is used
 * up), and once the reader catches up it gets the newest. Everything else is certain or fatal: when more than
 * CLOSE_ABOVE_BYTES wait, the connection is closed with 4508, so that a hole in `n` never goes unnoticed.
 */
import { type AnswerFrame, CLOSE_CODES } from '../../protocol/api/frames.ts';
import { SOCKET_BACKPRESSURE_BYTES_MAX } from '../../protocol/limits.ts';
import type { Metrics } from '../../runtime/index.ts';
import { encodeAnswer } from './client-codec.ts';
import type { ClientSocket } from './client-server.ts';
import type { SharedPush, WireFormat } from './push-frame.ts';

/** Leaves half of what may wait to bet and account events and to answers. */
export const CONFLATE_ABOVE_BYTES = SOCKET_BACKPRESSURE_BYTES_MAX / 4;
/** The rest is room for one more frame and the close frame, which the server would drop above its limit. */
const CLOSE_ABOVE_BYTES = (SOCKET_BACKPRESSURE_BYTES_MAX * 3) / 4;

export class SocketSender {
  readonly #socket: ClientSocket;
  readonly #format: WireFormat;
  readonly #metrics: Pick<Metrics, 'count'>;
  readonly #skipped = new Set<SharedPush['channel']>();
  #waitingForRoom: (() => void)[] = [];
  #isOpen = true;
  #n = 0;

  constructor(socket: ClientSocket, format: WireFormat, metrics: Pick<Metrics, 'count'>) {
    this.#socket = socket;
    this.#format = format;
    this.#metrics = metrics;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** For what the next one replaces. False if it was skipped. */
  pushNewest(push: SharedPush): boolean {
    if (!this.#isOpen) return false;
    if (this.#socket.bufferedBytes() > CONFLATE_ABOVE_BYTES) {
      this.#skipped.add(push.channel);
      this.#metrics.count('ws_pushes_conflated_total', { channel: push.channel });
      return false;
    }
    this.#skipped.delete(push.channel);
    this.push(push);
    return true;
  }

  /** For what must arrive, or end the connection. */
  push(push: SharedPush): void {
    if (!this.#isOpen) return;
    this.#n += 1;
    this.#send(push.bytesFor(this.#format, this.#n));
  }

  answer(frame: AnswerFrame): void {
    if (this.#isOpen) this.#send(encodeAnswer(frame, this.#format));
  }

  /** Resolves when more may be sent without crowding the connection; false if it is closed. */
  async room(): Promise<boolean> {
    while (this.#isOpen && this.#socket.bufferedBytes() > CONFLATE_ABOVE_BYTES) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
    return this.#isOpen;
  }

  /** Says which channels skipped something since, and forgets it. */
  takeSkipped(): readonly SharedPush['channel'][] {
    const channels = [...this.#skipped];
    this.#skipped.clear();
    return channels;
  }

  drained(): void {
    for (const resolve of this.#waitingForRoom.splice(0)) resolve();
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#metrics.count('ws_closed_by_server_total', { code: String(code) });
    this.closed();
    this.#socket.close(code, reason);
  }

  /** The connection is gone, whoever ended it. */
  closed(): void {
    this.#isOpen = false;
    this.drained();
  }

  #send(frame: string | Uint8Array): void {
    const isTooSlow =
      this.#socket.bufferedBytes() > CLOSE_ABOVE_BYTES || this.#socket.send(frame) === 'dropped';
    if (isTooSlow) this.close(CLOSE_CODES.TOO_SLOW, 'too slow');
  }
}
