/**
 * Port: a server of HTTP requests and WebSocket connections. Two implementations: uws-server.ts (the real
 * one) and memory-server.ts (on one stack, for tests). What is asked and answered is plain data, so the
 * routes and the socket sessions know neither.
 *
 * The server keeps: bodies above BODY_BYTES_MAX are never held, frames above FRAME_BYTES_MAX close the
 * connection, nothing is written to a connection that is gone, and a handler that throws becomes an answer
 * (INTERNAL) or a closed socket, never a broken server.
 */
import type { ActorContext } from '../../runtime/index.ts';

/** The request headers handlers may read; no others are copied. Names are lower-case. */
export const REQUEST_HEADERS = [
  'accept-encoding',
  'access-control-request-method',
  'authorization',
  'content-type',
  'cookie',
  'host',
  'idempotency-key',
  'if-none-match',
  'origin',
  'x-forwarded-for',
  'x-touchline-request',
  'x-touchline-session',
] as const;
export type RequestHeader = (typeof REQUEST_HEADERS)[number];

export interface HttpRequest {
  /** Upper-case. */
  readonly method: string;
  /** As sent, not percent-decoded, without the query. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly query: string;
  /** Present ones only. */
  readonly headers: Readonly<Partial<Record<RequestHeader, string>>>;
  /** Of the connection's other end, as text: a client's, or a proxy's in front of it. */
  readonly remoteAddress: string;
  readonly body: Uint8Array | 'too-large';
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A WebSocket handshake, before it is accepted. Browsers always send an Origin, programs need not. */
export interface UpgradeRequest extends Pick<HttpRequest, 'headers' | 'remoteAddress'> {
  /** Subprotocols the client offers, in its order. */
  readonly protocols: readonly string[];
}

/** What is known of a connection once it is accepted. */
export interface AdmittedClient {
  readonly protocol?: string;
  /** Whom its limits are counted for; undefined: nobody's (this machine). */
  readonly address?: string;
  /** Of the session its cookie names. Not checked yet. */
  readonly token?: string;
}

export type UpgradeAnswer =
  | ({ readonly accept: true } & AdmittedClient)
  | { readonly accept: false; readonly response: HttpResponse };

/** `buffered`: accepted, but the connection is slower than we are. `dropped`: it never will be sent. */
export type SendStatus = 'sent' | 'buffered' | 'dropped';

/** One open connection, as its session sees it. After `close` or the handler's `closed`, calls do nothing. */
export interface ClientSocket {
  /** Copies the bytes before it returns: the caller may reuse them at once. */
  send(frame: string | Uint8Array): SendStatus;
  /** Runs `work` once what happens now is over: what belongs together can be sent together. */
  atTurnEnd(work: () => void): void;
  /** What `sends` sends leaves in as few packets as it fits in. */
  together(sends: () => void): void;
  /** Bytes accepted and not yet taken by the connection. */
  bufferedBytes(): number;
  /** Ends the connection with a close frame; the handler's `closed` follows at once. */
  close(code: number, reason: string): void;
}

/** What the server tells about one open connection. Synchronous. */
export interface SocketHandler {
  /** The bytes are valid during the call only. */
  message(bytes: Uint8Array, isBinary: boolean): void;
  /** The connection has taken everything, or much, of what was buffered. */
  drained(): void;
  /** Exactly once, whoever ended it. */
  closed(): void;
}

export interface ServerHandlers {
  /** Never rejects in practice; a rejection is answered INTERNAL. */
  handle(request: HttpRequest): Promise<HttpResponse>;
  /** Decides at once: an asynchronous handshake would have to survive aborts. */
  upgrade(request: UpgradeRequest): UpgradeAnswer;
  open(socket: ClientSocket, client: AdmittedClient): SocketHandler;
}

/** What a server needs of the actor that owns it. */
export type ServerContext = Pick<ActorContext, 'log' | 'metrics' | 'clock'>;

export interface ClientServer {
  /** Resolves with the port once connections are taken; rejects if the address cannot be had. */
  listen(handlers: ServerHandlers, context: ServerContext): Promise<number>;
  /** Takes no new connections; those there go on. */
  stopListening(): void;
  /** Lets answers under way leave, briefly, then ends everything. */
  close(): Promise<void>;
}
