/**
 * A server of clients without a network: requests and connections are method calls. For tests of the actor
 * and for the simulator. It keeps the port's promises as the real one does: bounded bodies and frames, copies
 * of what is sent, `closed` exactly once.
 */
import { BODY_BYTES_MAX, FRAME_BYTES_MAX, SOCKET_BACKPRESSURE_BYTES_MAX } from '../../protocol/limits.ts';
import {
  type AdmittedClient,
  type ClientServer,
  type ClientSocket,
  type HttpRequest,
  type HttpResponse,
  REQUEST_HEADERS,
  type SendStatus,
  type ServerHandlers,
  type SocketHandler,
} from './client-server.ts';

export interface MemoryRequest {
  readonly method?: string;
  readonly path: string;
  /** Without the `?`. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: this machine's. */
  readonly remoteAddress?: string;
  /** Text and bytes as they are; anything else as JSON, with its content type. */
  readonly body?: unknown;
}

export interface MemoryHandshake {
  readonly subprotocol?: string;
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
}

const PORT = 1;
const LOOPBACK = '127.0.0.1';
const TOO_BIG = 1009;
const ABNORMAL = 1006;

export class MemoryServer implements ClientServer {
  #handlers: ServerHandlers | undefined;
  #isListening = false;
  readonly #sockets = new Set<MemorySocket>();

  async listen(handlers: ServerHandlers): Promise<number> {
    this.#handlers = handlers;
    this.#isListening = true;
    return PORT;
  }

  stopListening(): void {
    this.#isListening = false;
  }

  async close(): Promise<void> {
    this.#isListening = false;
    for (const socket of this.#sockets) socket.end(ABNORMAL);
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  async request(request: MemoryRequest): Promise<HttpResponse> {
    const { method = 'GET', path, query = '', remoteAddress = LOOPBACK } = request;
    const body = bodyBytes(request.body);
    const isJson =
      request.body !== undefined && typeof request.body !== 'string' && !(request.body instanceof Uint8Array);
    const headers = pickHeaders({
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...request.headers,
    });
    const kept: HttpRequest['body'] = body.byteLength > BODY_BYTES_MAX ? 'too-large' : body;
    return this.#open().handle({ method, path, query, headers, remoteAddress, body: kept });
  }

  /** Throws the response if the handshake is refused. */
  connect(handshake: MemoryHandshake = {}): MemorySocket {
    const { subprotocol, origin, remoteAddress = LOOPBACK } = handshake;
    const handlers = this.#open();
    const protocols = subprotocol === undefined ? [] : [subprotocol];
    const headers = pickHeaders({ ...(origin === undefined ? {} : { origin }), ...handshake.headers });
    const upgrade = handlers.upgrade({ protocols, headers, remoteAddress });
    if (!upgrade.accept) throw new UpgradeRefused(upgrade.response);
    const { accept: _, ...client }: { accept: true } & AdmittedClient = upgrade;
    const socket = new MemorySocket(client.protocol, () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    socket.attach(handlers.open(socket, client));
    return socket;
  }

  #open(): ServerHandlers {
    if (!this.#handlers || !this.#isListening) throw new Error('connection refused');
    return this.#handlers;
  }
}

export class UpgradeRefused extends Error {
  readonly response: HttpResponse;

  constructor(response: HttpResponse) {
    super(`handshake refused: ${response.status}`);
    this.response = response;
  }
}

/** Both ends of one connection: the server's (ClientSocket) and the client's. */
export class MemorySocket implements ClientSocket {
  readonly protocol: string | undefined;
  /** What the client received, oldest first. */
  readonly received: (string | Uint8Array)[] = [];
  /** Set once the connection is closed. */
  closeCode: number | undefined;
  readonly #onClose: () => void;
  #handler: SocketHandler | undefined;
  #buffered: (string | Uint8Array)[] = [];
  #bufferedBytes = 0;
  #isStalled = false;

  constructor(protocol: string | undefined, onClose: () => void) {
    this.protocol = protocol;
    this.#onClose = onClose;
  }

  attach(handler: SocketHandler): void {
    this.#handler = handler;
  }

  send(frame: string | Uint8Array): SendStatus {
    if (this.closeCode !== undefined) return 'dropped';
    // Not `slice`: that of a Buffer is a view of the bytes its owner goes on to change.
    const copy = typeof frame === 'string' ? frame : new Uint8Array(frame);
    if (!this.#isStalled) {
      this.received.push(copy);
      return 'sent';
    }
    const bytes = Buffer.byteLength(copy);
    if (this.#bufferedBytes + bytes > SOCKET_BACKPRESSURE_BYTES_MAX) return 'dropped';
    this.#buffered.push(copy);
    this.#bufferedBytes += bytes;
    return 'buffered';
  }

  /** Here every call is a turn of its own. */
  atTurnEnd(work: () => void): void {
    work();
  }

  together(sends: () => void): void {
    sends();
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  close(code: number): void {
    this.end(code);
  }

  /** The client sends. */
  sendToServer(frame: string | Uint8Array): void {
    if (this.closeCode !== undefined) return;
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    if (bytes.byteLength > FRAME_BYTES_MAX) this.end(TOO_BIG);
    else this.#handler?.message(bytes, typeof frame !== 'string');
  }

  /** The client stops reading. */
  stall(): void {
    this.#isStalled = true;
  }

  /** The client reads all there is, and goes on reading. */
  resume(): void {
    this.#isStalled = false;
    this.received.push(...this.#buffered.splice(0));
    this.#bufferedBytes = 0;
    if (this.closeCode === undefined) this.#handler?.drained();
  }

  /** Either side ends the connection. */
  end(code = ABNORMAL): void {
    if (this.closeCode !== undefined) return;
    this.closeCode = code;
    this.#onClose();
    this.#handler?.closed();
  }
}

function bodyBytes(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function pickHeaders(headers: Readonly<Record<string, string>>): HttpRequest['headers'] {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.fromEntries(
    REQUEST_HEADERS.filter((name) => lower[name]).map((name) => [name, lower[name] ?? '']),
  );
}
