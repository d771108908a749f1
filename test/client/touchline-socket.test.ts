import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { SocketEvents } from '../../src/client/socket-events.ts';
import {
  createTouchlineSocket,
  type TouchlineSocket,
  type TouchlineSocketOptions,
} from '../../src/client/touchline-socket.ts';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import { publicError } from '../../src/protocol/errors.ts';
import { Arrivals, scriptedServer } from './scripted-ws-server.ts';

const BET: PlaceBetRequest = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 10_000,
  closesAtMs: 15_000,
  lowCents: 500,
  highCents: 600,
  stakeMicros: '1000000',
  minMultiplier: '2.00',
};

const sockets: TouchlineSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

function open(baseUrl: string, options: Partial<TouchlineSocketOptions> = {}): TouchlineSocket {
  const backoff = { baseMs: 1, capMs: 1, random: () => 0 };
  const socket = createTouchlineSocket({ baseUrl, backoff, ...options });
  sockets.push(socket);
  return socket;
}

function collect<K extends keyof SocketEvents>(socket: TouchlineSocket, name: K): Arrivals<SocketEvents[K]> {
  const arrivals = new Arrivals<SocketEvents[K]>();
  socket.on(name, (event) => arrivals.push(event));
  return arrivals;
}

test.each(['json', 'msgpack'] as const)('subscribes and tells pushes to listeners (%s)', async (format) => {
  await using server = await scriptedServer();
  const socket = open(server.url, { format, channels: ['price'] });
  const [prices, subscribed] = [collect(socket, 'price'), collect(socket, 'subscribed')];
  const connection = await server.nextConnection();
  expect(connection.protocol).toBe(format === 'msgpack' ? 'msgpack' : '');
  expect(await connection.confirmSubscribe()).toEqual(['price']);
  expect(await subscribed.next()).toEqual({
    channels: ['price'],
    position: { epoch: 'e', seq: 0 },
    recovered: false,
  });
  connection.push({ push: 'price', tick: { seq: 1, priceCents: 5 } });
  expect(await prices.next()).toEqual({ seq: 1, priceCents: 5 });
  socket.subscribe(['grid']);
  expect((await connection.expectOp('subscribe'))['channels']).toEqual(['grid']);
});

test('a listener that was taken off hears nothing more', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const heard: number[] = [];
  const off = socket.on('heartbeat', ({ atMs }) => heard.push(atMs));
  const heartbeats = collect(socket, 'heartbeat');
  const connection = await server.nextConnection();
  connection.push({ push: 'heartbeat', atMs: 1 });
  await heartbeats.next();
  off();
  connection.push({ push: 'heartbeat', atMs: 2 });
  await heartbeats.next();
  expect(heard).toEqual([1]);
});

test('private channels wait for the session, anew on each connection', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { channels: ['price', 'bets', 'account'] });
  const auth = socket.auth('tok');
  for (const isFirst of [true, false]) {
    const connection = await server.nextConnection();
    expect(await connection.signIn()).toBe('tok');
    expect(await connection.confirmSubscribe()).toEqual(['price']);
    expect(await connection.confirmSubscribe()).toEqual(['bets']);
    expect(await connection.confirmSubscribe()).toEqual(['account']);
    if (isFirst) connection.cut();
  }
  expect(await auth).toEqual({ wallet: '0xabc', expiresAtMs: 1 });
});

test('a refused session rejects, signs out, and is not tried again', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const auth = socket.auth('old');
  const signedOut = collect(socket, 'signed-out');
  const connection = await server.nextConnection();
  const { id } = await connection.expectOp('auth');
  connection.send({ ack: 'error', id, op: 'auth', error: publicError('UNAUTHENTICATED') });
  await expect(auth).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await signedOut.next()).toEqual({ token: 'old' });
  connection.cut();
  const next = await server.nextConnection();
  socket.subscribe(['price']);
  await next.expectOp('subscribe');
});

test('that a session ended while the next one is taken up, is not about the next one', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'one' });
  const connection = await server.nextConnection();
  await connection.signIn();
  const auth = socket.auth('two');
  const { id } = await connection.expectOp('auth');
  connection.push({ push: 'signed-out' });
  connection.send({ ack: 'auth', id, wallet: '0xabc', expiresAtMs: 2 });
  expect(await auth).toEqual({ wallet: '0xabc', expiresAtMs: 2 });
  expect(socket.token).toBe('two');
});

test('a session that cannot be checked just now is tried again on a new connection', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const auth = socket.auth('tok');
  const connection = await server.nextConnection();
  const { id } = await connection.expectOp('auth');
  connection.send({ ack: 'error', id, op: 'auth', error: publicError('ACTOR_RESTARTING') });
  await (await server.nextConnection()).signIn();
  expect(await auth).toMatchObject({ wallet: '0xabc' });
});

test('a request ends with its connection', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'tok' });
  const connection = await server.nextConnection();
  await connection.signIn();
  const place = socket.place(BET, { idempotencyKey: 'k-1' });
  expect(await connection.expectOp('place')).toMatchObject({ idempotencyKey: 'k-1', bet: BET });
  connection.cut();
  await expect(place).rejects.toMatchObject({ code: 'CONNECTION_CLOSED', retryable: true });
  await expect(socket.place(BET)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a refused bet rejects with the code of the server', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'tok' });
  const connection = await server.nextConnection();
  await connection.signIn();
  const place = socket.place(BET);
  const { id } = await connection.expectOp('place');
  connection.send({ ack: 'error', id, op: 'place', error: publicError('COLUMN_LOCKED') });
  await expect(place).rejects.toMatchObject({ code: 'COLUMN_LOCKED', status: 409, retryable: false });
});

test('a bet that is never answered ends in time, and says its key', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'tok', requestTimeoutMs: 20 });
  await (await server.nextConnection()).signIn();
  const place = socket.place(BET, { idempotencyKey: 'k-2' });
  await expect(place).rejects.toMatchObject({ code: 'TIMED_OUT', details: { idempotencyKey: 'k-2' } });
});

test('without a session no bet is sent', async () => {
  await using server = await scriptedServer();
  await expect(open(server.url).place(BET)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a hole in n is told', async () => {
  await using server = await scriptedServer();
  const gaps = collect(open(server.url), 'gap');
  const connection = await server.nextConnection();
  connection.push({ push: 'heartbeat', atMs: 1 }, 1);
  connection.push({ push: 'heartbeat', atMs: 2 }, 4);
  expect(await gaps.next()).toEqual({ expected: 2, got: 4 });
  // Counting goes on from where the server is.
  connection.push({ push: 'heartbeat', atMs: 3 }, 5);
  connection.push({ push: 'heartbeat', atMs: 4 }, 7);
  expect(await gaps.next()).toEqual({ expected: 6, got: 7 });
});

test('a channel resumes from the position it is told', async () => {
  await using server = await scriptedServer();
  const position = { epoch: 'e', seq: 7 };
  const channels = ['price', 'grid'] as const;
  open(server.url, { channels, resumeFrom: (channel) => (channel === 'price' ? position : undefined) });
  const connection = await server.nextConnection();
  expect((await connection.expectOp('subscribe'))['since']).toEqual(position);
  expect((await connection.expectOp('subscribe'))['since']).toBeUndefined();
});

test('44xx ends it for good, and bets under way are told', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'tok' });
  const states = collect(socket, 'state');
  const connection = await server.nextConnection();
  expect(await states.next()).toEqual({ state: 'open' });
  const place = socket.place(BET);
  connection.close(4400);
  expect(await states.next()).toEqual({ state: 'closed', closeCode: 4400 });
  await expect(place).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  await expect(socket.place(BET)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test.each([4508, 4512, 1011, 1000])('%i comes back', async (code) => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const states = collect(socket, 'state');
  (await server.nextConnection()).close(code);
  expect(await states.next()).toEqual({ state: 'open' });
  expect(await states.next()).toEqual({ state: 'waiting', retryInMs: 0, closeCode: code });
  await server.nextConnection();
});

test('a handshake that fails is noticed at once', async () => {
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const socket = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const states = collect(socket, 'state');
  const failed = { state: 'waiting', retryInMs: 0, closeCode: 1006 };
  expect([await states.next(), await states.next(), await states.next()]).toEqual([
    failed,
    { state: 'connecting' },
    failed,
  ]);
});

test('a server that shuts down says how long to stay away', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const states = collect(socket, 'state');
  const connection = await server.nextConnection();
  connection.push({ push: 'shutdown', reconnectAfterMs: 5 });
  connection.close(4512);
  await states.next();
  expect(await states.next()).toMatchObject({ state: 'waiting', retryInMs: 5 });
  await server.nextConnection();
});

test('a silent connection is taken for dead and replaced', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { silenceMsMax: 30 });
  await server.nextConnection();
  await server.nextConnection();
  expect(socket.state).not.toBe('closed');
});

test('what is no frame, and pushes of a newer server, are passed over', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url);
  const heartbeats = collect(socket, 'heartbeat');
  const connection = await server.nextConnection();
  for (const text of ['{', '[]', 'null', '{"push":"price"}', '{"hello":1}']) connection.sendText(text);
  connection.push({ push: 'not-invented-yet' });
  connection.push({ push: 'heartbeat', atMs: 3 });
  expect(await heartbeats.next()).toEqual({ seq: 2, atMs: 3 });
});

test('forgetting the token leaves the session by a new connection', async () => {
  await using server = await scriptedServer();
  const socket = open(server.url, { token: 'tok', channels: ['price', 'bets'] });
  const authenticated = collect(socket, 'authenticated');
  await (await server.nextConnection()).signIn();
  await authenticated.next();
  socket.forgetToken();
  expect(await (await server.nextConnection()).confirmSubscribe()).toEqual(['price']);
});
