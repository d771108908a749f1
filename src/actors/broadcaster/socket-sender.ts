/**
 * The sending half of one connection: numbers its pushes and decides what a slow reader gets.
 *
 * Frames wait for the end of the turn of the loop and leave together, in order: what a burst of ticks or a
 * settlement has for a connection costs it one packet. A push gets its `n` when it leaves.
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
import { SharedPush, type WireFormat } from './push-frame.ts';

/** Leaves half of what may wait to bet and account events and to answers. */
export const CONFLATE_ABOVE_BYTES = SOCKET_BACKPRESSURE_BYTES_MAX / 4;
/** The rest is room for one more frame and the close frame, which the server would drop above its limit. */
const CLOSE_ABOVE_BYTES = (SOCKET_BACKPRESSURE_BYTES_MAX * 3) / 4;

type Frame = SharedPush | AnswerFrame;

export class SocketSender {
  readonly #socket: ClientSocket;
  readonly #format: WireFormat;
  readonly #metrics: Pick<Metrics, 'count'>;
  readonly #skipped = new Set<SharedPush['channel']>();
  /** What waits for the end of the turn: mostly one frame, and then no array is made for it. */
  #first: Frame | undefined;
  #rest: Frame[] | undefined;
  #waitingForRoom: (() => void)[] = [];
  #isOpen = true;
  /** The connection may hold bytes back. Only then is it asked how many: that is a call into the server. */
  #isBehind = false;
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
    if (this.#isBehind && this.#waitingBytes() > CONFLATE_ABOVE_BYTES) {
      this.#skipped.add(push.channel);
      this.#metrics.count('ws_pushes_conflated_total', { channel: push.channel });
      return false;
    }
    if (this.#skipped.size > 0) this.#skipped.delete(push.channel);
    this.#add(push);
    return true;
  }

  /** For what must arrive, or end the connection. */
  push(push: SharedPush): void {
    this.#add(push);
  }

  answer(frame: AnswerFrame): void {
    this.#add(frame);
  }

  /** Resolves when more may be sent without crowding the connection; false if it is closed. */
  async room(): Promise<boolean> {
    this.#flush();
    while (this.#isOpen && this.#waitingBytes() > CONFLATE_ABOVE_BYTES) {
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

  /** After what was pushed and answered before. */
  close(code: number, reason: string): void {
    this.#flush();
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

  #add(frame: Frame): void {
    if (!this.#isOpen) return;
    if (this.#first === undefined) {
      this.#first = frame;
      this.#socket.atTurnEnd(this.#flush);
    } else if (this.#rest === undefined) this.#rest = [frame];
    else this.#rest.push(frame);
  }

  readonly #flush = (): void => {
    const [first, rest] = [this.#first, this.#rest];
    this.#first = undefined;
    this.#rest = undefined;
    if (first === undefined) return;
    if (rest === undefined) this.#send(first);
    else
      this.#socket.together(() => {
        this.#send(first);
        for (const frame of rest) this.#send(frame);
      });
  };

  #send(frame: Frame): void {
    if (!this.#isOpen) return;
    const isFull = this.#isBehind && this.#waitingBytes() > CLOSE_ABOVE_BYTES;
    const status = isFull ? 'dropped' : this.#socket.send(this.#bytesOf(frame));
    if (status === 'dropped') this.close(CLOSE_CODES.TOO_SLOW, 'too slow');
    else if (status === 'buffered') this.#isBehind = true;
  }

  #bytesOf(frame: Frame): string | Uint8Array {
    if (!(frame instanceof SharedPush)) return encodeAnswer(frame, this.#format);
    this.#n += 1;
    return frame.bytesFor(this.#format, this.#n);
  }

  #waitingBytes(): number {
    const bytes = this.#socket.bufferedBytes();
    this.#isBehind = bytes > 0;
    return bytes;
  }
}
