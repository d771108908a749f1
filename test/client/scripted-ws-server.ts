/**
 * A real WebSocket server whose every connection is played by the test: it awaits frames and sends answers.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { decode, encode } from '../../src/protocol/codec.ts';

/** What arrived, in order, each taken once by whoever waits for it. */
export class Arrivals<T> {
  readonly #ready: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  push(value: T): void {
    const next = this.#waiting.shift();
    if (next) next(value);
    else this.#ready.push(value);
  }

  next(): Promise<T> {
    const value = this.#ready.shift();
    return value === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(value);
  }
}

/** Where a channel is as of the confirmation. */
export interface SubscribeAnswer {
  readonly epoch: string;
  readonly seq: number;
  readonly recovered: boolean;
}

export interface ReceivedFrame {
  readonly op: string;
  readonly id: number;
  readonly [field: string]: unknown;
}

export class ScriptedConnection {
  readonly #socket: WebSocket;
  readonly #frames = new Arrivals<ReceivedFrame>();
  #n = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      this.#frames.push((isBinary ? decode(data) : JSON.parse(data.toString())) as ReceivedFrame);
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  nextFrame(): Promise<ReceivedFrame> {
    return this.#frames.next();
  }

  /** Waits for a frame of this kind, which must be the next one. */
  async expectOp(op: string): Promise<ReceivedFrame> {
    const frame = await this.nextFrame();
    if (frame.op !== op) throw new Error(`expected ${op}, got ${JSON.stringify(frame)}`);
    return frame;
  }

  send(frame: object): void {
    this.#socket.send(this.#socket.protocol === 'msgpack' ? encode(frame) : JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** With the next `n`, or with the given one. */
  push(frame: object, n: number = this.#n + 1): void {
    this.#n = n;
    this.send({ n, seq: n, ...frame });
  }

  /** Answers the next `auth` and `subscribe` frames as a server that agrees. */
  async signIn(wallet = '0xabc'): Promise<string> {
    const auth = await this.expectOp('auth');
    this.send({ ack: 'auth', id: auth.id, wallet, expiresAtMs: 1 });
    return String(auth['token']);
  }

  async confirmSubscribe(position: Partial<SubscribeAnswer> = {}): Promise<unknown> {
    const { id, channels } = await this.expectOp('subscribe');
    this.send({ ack: 'subscribe', id, channels, epoch: 'e', seq: 0, ...position });
    return channels;
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  cut(): void {
    this.#socket.terminate();
  }
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  nextConnection(): Promise<ScriptedConnection>;
}

export async function scriptedServer(): Promise<ScriptedServer> {
  const connections = new Arrivals<ScriptedConnection>();
  const handleProtocols = (offered: Set<string>): string | false =>
    offered.has('msgpack') ? 'msgpack' : false;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/v1/ws', handleProtocols });
  server.on('connection', (socket) => connections.push(new ScriptedConnection(socket)));
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    nextConnection: () => connections.next(),
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
