/**
 * Plays an exchange on loopback: a WebSocket that says what the test makes it say once somebody subscribes,
 * and the one REST answer that some venues need for a start.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Arrivals } from '../../client/scripted-ws-server.ts';

export interface ExchangeServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The next connection, once it has subscribed, with what it sent. */
  subscribed(): Promise<{ socket: WebSocket; request: string }>;
  /** Body of the answer to any GET. */
  rest: unknown;
  readonly openSockets: number;
}

/** `speaksFirst`: the subscription is in the address, nothing is sent. */
export async function exchangeServer({ speaksFirst = false } = {}): Promise<ExchangeServer> {
  const subscribed = new Arrivals<{ socket: WebSocket; request: string }>();
  const state = { rest: {} as unknown };
  const http = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(state.rest));
  });
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket, { url }) => {
    if (speaksFirst) subscribed.push({ socket, request: String(url) });
    else socket.once('message', (data) => subscribed.push({ socket, request: String(data) }));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    subscribed: () => subscribed.next(),
    get rest() {
      return state.rest;
    },
    set rest(body) {
      state.rest = body;
    },
    get openSockets() {
      return server.clients.size;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

export const say = (socket: WebSocket, ...frames: readonly unknown[]): void => {
  for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
};
