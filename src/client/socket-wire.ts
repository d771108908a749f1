/**
 * One WebSocket connection from its opening to its end: frames in and out in one of two formats, the count of
 * pushes, and the watchdog that takes a silent connection for a dead one.
 *
 * Invariants: `closed` is called exactly once and nothing after it; a hole in `n` is told before the frame.
 * Non-goals: what frames mean, and coming back; see touchline-socket.ts.
 */
import type { ClientFrame, ServerFrame } from '../protocol/api/frames.ts';
import { isRecord } from './touchline-error.ts';

export interface WireFormat {
  readonly subprotocols: string[];
  encode(frame: ClientFrame): string | Uint8Array<ArrayBuffer>;
  decode(data: unknown): unknown;
}

export const JSON_FORMAT: WireFormat = {
  subprotocols: [],
  encode: (frame) => JSON.stringify(frame),
  decode: (data) => (typeof data === 'string' ? JSON.parse(data) : undefined),
};

/** msgpackr is loaded only by those who want it. */
export async function msgpackFormat(): Promise<WireFormat> {
  const [{ decode, encode }, { expandPush, isCompactPush }] = await Promise.all([
    import('../protocol/codec.ts'),
    import('../protocol/api/compact-frames.ts'),
  ]);
  return {
    subprotocols: ['msgpack'],
    encode: (frame) => new Uint8Array(encode(frame)),
    decode: (data) => {
      const frame = data instanceof ArrayBuffer ? decode(new Uint8Array(data)) : undefined;
      return isCompactPush(frame) ? expandPush(frame) : frame;
    },
  };
}

export interface WireHandlers {
  opened(): void;
  frame(frame: ServerFrame): void;
  gap(expected: number, got: number): void;
  closed(code: number): void;
}

/** Our own code for "nothing was heard for too long"; like any abnormal end it means: come back. */
export const SILENT_CLOSE_CODE = 4999;
const ABNORMAL_CLOSE_CODE = 1006;
const NORMAL_CLOSE_CODE = 1000;

export class SocketWire {
  readonly #socket: WebSocket;
  readonly #format: WireFormat;
  readonly #handlers: WireHandlers;
  readonly #silenceMsMax: number;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #lastN = 0;
  #isOpen = false;
  #isOver = false;

  constructor(socket: WebSocket, format: WireFormat, silenceMsMax: number, handlers: WireHandlers) {
    this.#socket = socket;
    this.#format = format;
    this.#handlers = handlers;
    this.#silenceMsMax = silenceMsMax;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#opened());
    socket.addEventListener('message', (event) => this.#received(event.data));
    socket.addEventListener('close', (event) => this.#end(event.code));
    // Once it is open, a close event follows, with all there is to know. Of a handshake that fails, browsers
    // tell both, Node 22 only the error.
    socket.addEventListener('error', () => {
      if (!this.#isOpen) this.#end(ABNORMAL_CLOSE_CODE);
    });
    this.#expectSound();
  }

  send(frame: ClientFrame): void {
    if (!this.#isOver) this.#socket.send(this.#format.encode(frame));
  }

  /** Ends the connection from our side; `closed` is not called any more. */
  drop(): void {
    this.#isOver = true;
    clearTimeout(this.#watchdog);
    this.#socket.close(NORMAL_CLOSE_CODE);
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    this.#expectSound();
    this.#handlers.opened();
  }

  #received(data: unknown): void {
    if (this.#isOver) return;
    this.#expectSound();
    const frame = this.#parse(data);
    if (frame === undefined) return;
    if ('push' in frame) {
      const expected = this.#lastN + 1;
      this.#lastN = frame.n;
      if (frame.n !== expected) this.#handlers.gap(expected, frame.n);
    }
    this.#handlers.frame(frame);
  }

  /** Undefined for what is no frame at all: a client must survive a server newer than itself. */
  #parse(data: unknown): ServerFrame | undefined {
    try {
      const frame = this.#format.decode(data);
      if (!isRecord(frame)) return undefined;
      const isPush = typeof frame['push'] === 'string' && typeof frame['n'] === 'number';
      return isPush || typeof frame['ack'] === 'string' ? (frame as unknown as ServerFrame) : undefined;
    } catch {
      return undefined;
    }
  }

  #expectSound(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      // A dead peer never answers the closing handshake, so the end is declared here.
      this.#socket.close(NORMAL_CLOSE_CODE);
      this.#end(SILENT_CLOSE_CODE);
    }, this.#silenceMsMax);
  }

  #end(code: number | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#watchdog);
    this.#handlers.closed(code ?? ABNORMAL_CLOSE_CODE);
  }
}
