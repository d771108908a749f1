/** A TCP connection as bytes come and go: what was received and not yet taken, and whether it ended. */
import { connect, type Socket } from 'node:net';

const EMPTY = Buffer.alloc(0);

export class Wire {
  received: Buffer = EMPTY;
  isClosed = false;
  /** Answers read from it. */
  answers = 0;
  readonly #socket: Socket;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake?.();
    });
  }

  /** Undefined if nobody took the connection. */
  static open(port: number): Promise<Wire | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => resolve(undefined));
      socket.once('connect', () => resolve(new Wire(socket)));
    });
  }

  /** Each piece in a turn of its own, so that each is a read of its own for the server, mostly. */
  async write(pieces: readonly Buffer[]): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise((resolve) => setImmediate(resolve));
      if (!this.isClosed) this.#socket.write(piece);
    }
  }

  /** Resolves when bytes came or the connection ended; false if neither happened in time. */
  change(msMax: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasChanged: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(hasChanged);
      };
      const timer = setTimeout(() => end(false), msMax);
      this.#wake = () => end(true);
    });
  }

  take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  /** RST: the peer is told that nobody is there any more. */
  abort(): void {
    if (!this.isClosed) this.#socket.resetAndDestroy();
  }

  halfClose(): void {
    if (!this.isClosed) this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}
