/**
 * The one file that imports uWebSockets.js: the ClientServer on its HTTP and WebSocket server.
 *
 * Invariants (each of them ends the process, from C++, when broken)
 * - what a handler needs of `req` is copied before the handler returns; `onAborted` is set first thing;
 * - nothing is written to a response that was aborted or answered, nor to a socket after its close;
 * - the app is closed before its thread ends, however it ends (`closeAtOnce` in the thread's exit hook);
 * - no callback lets an exception out.
 * Several threads listen on one port (SO_REUSEPORT, the default): the kernel spreads connections over them.
 */

import * as uWS from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { publicError } from '../../protocol/errors.ts';
import { BODY_BYTES_MAX, FRAME_BYTES_MAX, SOCKET_BACKPRESSURE_BYTES_MAX } from '../../protocol/limits.ts';
import type { Clock } from '../../runtime/index.ts';
import {
  type AdmittedClient,
  type ClientServer,
  type ClientSocket,
  type HttpRequest,
  type HttpResponse,
  REQUEST_HEADERS,
  type RequestHeader,
  type SendStatus,
  type ServerContext,
  type ServerHandlers,
  type SocketHandler,
} from './client-server.ts';
import { problem } from './http-answer.ts';
import { TurnEnd } from './turn-end.ts';

export interface UwsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
}

/** A connection that neither sends nor answers pings for this long is dead; uWS counts in steps of 4 s. */
const IDLE_TIMEOUT_SECONDS = 60;
/**
 * A body that is too large is read on and thrown away up to here, so that its sender gets to read why; a
 * sender of more is cut off.
 */
const DISCARDED_BYTES_MAX = 2 * 1024 * 1024;
/** Answers under way when the server closes get this long to leave. */
const CLOSE_GRACE_MS = 1_500;
const CLOSE_POLL_MS = 20;
const WS_PATH = '/v1/ws';
const NO_BODY = new Uint8Array();

interface SocketData {
  readonly client: AdmittedClient;
  socket?: UwsSocket;
  handler?: SocketHandler;
}

export class UwsServer implements ClientServer {
  readonly #options: UwsServerOptions;
  #app: uWS.TemplatedApp | undefined;
  #listenSocket: uWS.us_listen_socket | undefined;
  #log: ServerContext['log'] | undefined;
  #responsesUnderWay = 0;
  /** What sockets do when this turn of the loop is over. */
  readonly #turnEnd = new TurnEnd((error) => this.#log?.error({ err: error }, 'socket failed'));

  constructor(options: UwsServerOptions) {
    this.#options = options;
  }

  listen(handlers: ServerHandlers, { log }: ServerContext): Promise<number> {
    const { host, port } = this.#options;
    this.#log = log;
    sayNothingOfTheServer();
    const app = uWS.App();
    this.#app = app;
    app.ws(WS_PATH, this.#socketBehavior(handlers));
    app.any('/*', (res, req) => this.#serve(res, req, handlers));
    return new Promise((resolve, reject) => {
      app.listen(host, port, (listenSocket) => {
        if (!listenSocket) return reject(new Error(`cannot listen on ${host}:${port}`));
        this.#listenSocket = listenSocket;
        resolve(uWS.us_socket_local_port(listenSocket as unknown as uWS.us_socket));
      });
    });
  }

  stopListening(): void {
    if (this.#listenSocket) uWS.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  async close(): Promise<void> {
    this.stopListening();
    // Close frames and answers are written at once, or when the reader lets them: one moment at least.
    for (let waitedMs = 0; waitedMs < CLOSE_GRACE_MS; waitedMs += CLOSE_POLL_MS) {
      await new Promise<void>((resolve) => this.#options.clock.after(CLOSE_POLL_MS, resolve));
      if (this.#responsesUnderWay === 0) break;
    }
    this.closeAtOnce();
  }

  /** Synchronous, and harmless when repeated: for the exit hook of the thread. */
  closeAtOnce(): void {
    this.#listenSocket = undefined;
    this.#app?.close();
    this.#app = undefined;
  }

  /** The one wrapper of every HTTP request. */
  #serve(res: uWS.HttpResponse, req: uWS.HttpRequest, handlers: ServerHandlers): void {
    let isOver = false;
    this.#responsesUnderWay += 1;
    const end = (): void => {
      if (!isOver) this.#responsesUnderWay -= 1;
      isOver = true;
    };
    res.onAborted(end);
    const { headers, lengths } = readHeaders(req);
    const method = req.getMethod().toUpperCase();
    const [path, query, remoteAddress] = [req.getUrl(), req.getQuery(), addressOf(res)];
    const lengthText = req.getHeader('content-length');
    const contentLength = Number(lengthText);
    const isAmbiguous = lengthText !== '' && lengths > 1;

    const respond = (response: HttpResponse, isClosing: boolean): void => {
      if (isOver) return;
      end();
      write(res, response, { isHead: method === 'HEAD', isClosing });
    };
    const answerWith = (body: HttpRequest['body']): void => {
      const isClosing = body === 'too-large';
      handlers
        .handle({ method, path, query, headers, remoteAddress, body })
        .then((response) => respond(response, isClosing))
        .catch((error: unknown) => {
          this.#log?.error({ err: error, path }, 'request failed');
          respond(problem(publicError('INTERNAL')), isClosing);
        });
    };
    // A proxy in front may have believed the other one.
    if (isAmbiguous) respond(problem(publicError('MALFORMED', { field: 'Content-Length' })), true);
    else if (contentLength > DISCARDED_BYTES_MAX) answerWith('too-large');
    // uWS never says that an empty body has ended if the head came in several packets.
    else if (contentLength === 0 && lengthText !== '') answerWith(NO_BODY);
    else readBody(res, () => isOver, answerWith);
  }

  #socketBehavior(handlers: ServerHandlers): uWS.WebSocketBehavior<SocketData> {
    return {
      maxPayloadLength: FRAME_BYTES_MAX,
      maxBackpressure: SOCKET_BACKPRESSURE_BYTES_MAX,
      // Our own rule closes slow sockets, with a code that says so.
      closeOnBackpressureLimit: false,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) =>
        this.#guard(
          () => upgrade(res, req, context, handlers),
          () => res.close(),
        ),
      open: (ws) => {
        const data = ws.getUserData();
        const socket = new UwsSocket(ws, this.#turnEnd);
        data.socket = socket;
        this.#guard(
          () => {
            data.handler = handlers.open(socket, data.client);
          },
          () => ws.close(),
        );
      },
      message: (ws, message, isBinary) =>
        this.#guard(
          () => ws.getUserData().handler?.message(new Uint8Array(message), isBinary),
          () => ws.close(),
        ),
      drain: (ws) =>
        this.#guard(
          () => ws.getUserData().handler?.drained(),
          () => ws.close(),
        ),
      close: (ws) => {
        const { socket, handler } = ws.getUserData();
        socket?.detach();
        this.#guard(
          () => handler?.closed(),
          () => {},
        );
      },
    };
  }

  #guard(work: () => void, giveUp: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log?.error({ err: error }, 'socket failed');
      giveUp();
    }
  }
}

class UwsSocket implements ClientSocket {
  readonly #isBinary: boolean;
  readonly #turnEnd: TurnEnd;
  #ws: uWS.WebSocket<SocketData> | undefined;

  constructor(ws: uWS.WebSocket<SocketData>, turnEnd: TurnEnd) {
    this.#ws = ws;
    this.#turnEnd = turnEnd;
    // Not asked for each frame: a call into C++ costs as much as the frame.
    this.#isBinary = ws.getUserData().client.protocol === 'msgpack';
  }

  send(frame: string | Uint8Array): SendStatus {
    if (!this.#ws) return 'dropped';
    const isBinary = this.#isBinary && typeof frame !== 'string';
    const sent = this.#ws.send(frame, isBinary, false);
    if (sent === 2) return 'dropped';
    return sent === 1 ? 'sent' : 'buffered';
  }

  atTurnEnd(work: () => void): void {
    this.#turnEnd.add(work);
  }

  together(sends: () => void): void {
    this.#ws?.cork(sends);
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  close(code: number, reason: string): void {
    this.#ws?.end(code, reason);
  }

  /** uWS throws on any use after the close event. */
  detach(): void {
    this.#ws = undefined;
  }
}

function upgrade(
  res: uWS.HttpResponse,
  req: uWS.HttpRequest,
  context: uWS.us_socket_context_t,
  handlers: ServerHandlers,
): void {
  const protocols = req
    .getHeader('sec-websocket-protocol')
    .split(',')
    .flatMap((name) => name.trim() || []);
  const request = { protocols, headers: readHeaders(req).headers, remoteAddress: addressOf(res) };
  const decided = handlers.upgrade(request);
  if (!decided.accept) {
    write(res, decided.response, { isHead: false, isClosing: true });
    return;
  }
  const { accept: _, ...client } = decided;
  const key = req.getHeader('sec-websocket-key');
  const extensions = req.getHeader('sec-websocket-extensions');
  res.upgrade<SocketData>({ client }, key, client.protocol ?? '', extensions, context);
}

/** Never holds more than BODY_BYTES_MAX, whatever the sender says or sends. */
function readBody(
  res: uWS.HttpResponse,
  isOver: () => boolean,
  done: (body: HttpRequest['body']) => void,
): void {
  let chunks: Uint8Array[] = [];
  let totalBytes = 0;
  let isDone = false;
  res.onData((chunk, isLast) => {
    if (isDone || isOver()) return;
    totalBytes += chunk.byteLength;
    // uWS takes the memory back when this returns: copy.
    if (totalBytes <= BODY_BYTES_MAX) chunks.push(Buffer.from(new Uint8Array(chunk)));
    else chunks = [];
    if (!isLast && totalBytes <= DISCARDED_BYTES_MAX) return;
    isDone = true;
    const [whole = NO_BODY, ...others] = chunks;
    if (totalBytes > BODY_BYTES_MAX) done('too-large');
    else done(others.length === 0 ? whole : Buffer.concat(chunks));
  });
}

function write(
  res: uWS.HttpResponse,
  response: HttpResponse,
  how: { isHead: boolean; isClosing: boolean },
): void {
  const { status, headers, body } = response;
  res.cork(() => {
    res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    for (const name of Object.keys(headers)) res.writeHeader(name, headers[name] ?? '');
    if (status === 304) res.endWithoutBody();
    else if (how.isHead) res.endWithoutBody(Buffer.byteLength(body));
    else res.end(body, how.isClosing);
  });
}

const addressOf = (res: uWS.HttpResponse): string =>
  Buffer.from(res.getRemoteAddressAsText()).toString('latin1');

/** Answers carry `uWebSockets: 20` otherwise. Its typings leave this setting of the process out. */
function sayNothingOfTheServer(): void {
  const configure: unknown = Reflect.get(uWS, '_cfg');
  if (typeof configure === 'function') configure('silent');
}

const READABLE: ReadonlySet<string> = new Set(REQUEST_HEADERS);

/** In one pass: those that handlers may read (the first of a name), and how many say how long the body is. */
function readHeaders(req: uWS.HttpRequest): {
  readonly headers: Partial<Record<RequestHeader, string>>;
  readonly lengths: number;
} {
  const headers: Partial<Record<string, string>> = {};
  let lengths = 0;
  req.forEach((name, value) => {
    if (READABLE.has(name)) headers[name] ??= value;
    else if (name === 'content-length' || name === 'transfer-encoding') lengths += 1;
  });
  for (const name of Object.keys(headers)) if (headers[name] === '') delete headers[name];
  return { headers, lengths };
}
