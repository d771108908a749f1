/** A WebSocket client that keeps what it receives, in objects, and lets a test wait for it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { encode } from '../../src/protocol/codec.ts';
import { decodeServerFrame } from './server-frames.ts';

export type ReceivedFrame = Readonly<Record<string, unknown>>;

export class WsClient {
  readonly frames: ReceivedFrame[] = [];
  readonly socket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];

  constructor(url: string, options: { readonly subprotocol?: string; readonly origin?: string } = {}) {
    const { subprotocol, origin } = options;
    this.socket = new WebSocket(
      url,
      subprotocol ? [subprotocol] : [],
      origin === undefined ? {} : { origin },
    );
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.frames.push((isBinary ? decodeServerFrame(data) : JSON.parse(data.toString())) as ReceivedFrame);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  async opened(): Promise<this> {
    await once(this.socket, 'open');
    return this;
  }

  send(frame: unknown): void {
    this.socket.send(this.socket.protocol === 'msgpack' ? encode(frame) : JSON.stringify(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** The first frame (received already, or to come) for which `match` holds. */
  async frame(match: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    for (;;) {
      const found = this.frames.find(match);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends a frame and resolves with the answer that carries its id. */
  ask(frame: Readonly<Record<string, unknown>> & { readonly id: string | number }): Promise<ReceivedFrame> {
    this.send(frame);
    return this.frame(({ ack, id }) => ack !== undefined && id === frame.id);
  }
}

/** The HTTP status a handshake is refused with. */
export function refusedStatus(url: string, options: { readonly origin?: string } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.on('open', () => reject(new Error('the handshake was accepted')));
    socket.on('error', () => {});
  });
}
