/**
 * Clients that send as little as they can, to hold what others need: the server cuts them off by itself
 * (uWebSockets.js gives a request that is not whole, or a connection without one, about ten seconds), and
 * answers everybody else meanwhile.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UwsServer } from '../../src/actors/broadcaster/uws-server.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { startBroadcasterOn } from '../support/broadcaster-fixture.ts';
import { freePort } from '../support/redis-server.ts';

const HOST = '127.0.0.1';
const EACH_KIND = 20;
const DRIP_MS = 500;
const PATIENCE_MS = 60_000;

let port: number;
let server: UwsServer;
beforeAll(async () => {
  port = await freePort();
  server = new UwsServer({ host: HOST, port, clock: systemClock });
  await startBroadcasterOn(server);
});
afterAll(() => server.closeAtOnce());

/** Sends `head` at once, then `drop` again and again, until it is cut off. */
async function slowly(head: string, drop: string): Promise<void> {
  const socket: Socket = connect(port, HOST);
  socket.on('error', () => {});
  socket.resume();
  socket.write(head);
  const dripping = setInterval(() => drop !== '' && socket.write(drop), DRIP_MS);
  await once(socket, 'close');
  clearInterval(dripping);
}

it.concurrent.each([
  ['nothing at all', '', ''],
  ['a head without end', 'GET /v1/time HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'],
  ['a head byte by byte', 'GET /v1/time HTTP/1.1\r\nHost: ', 'x'],
  ['a handshake without end', 'GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n', 'X-A: b\r\n'],
  ['a body byte by byte', 'POST /v1/bets HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n', 'x'],
  ['no next request', 'GET /v1/time HTTP/1.1\r\nHost: x\r\n\r\n', ''],
])('is cut off: who sends %s', { timeout: PATIENCE_MS }, async (_what, head, drop) => {
  const cut = Promise.all(Array.from({ length: EACH_KIND }, () => slowly(head, drop)));
  expect((await fetch(`http://${HOST}:${port}/v1/time`)).status).toBe(200);
  await cut;
  expect((await fetch(`http://${HOST}:${port}/v1/time`)).status).toBe(200);
});

it('says nothing of what serves it', async () => {
  const { headers } = await fetch(`http://${HOST}:${port}/v1/time`);
  for (const name of ['server', 'x-powered-by', 'uwebsockets', 'via']) expect(headers.has(name)).toBe(false);
});
