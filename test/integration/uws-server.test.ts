/** The real server with a real Broadcaster behind it, and clients over loopback TCP. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UwsServer } from '../../src/actors/broadcaster/uws-server.ts';
import { CLOSE_CODES } from '../../src/protocol/api/frames.ts';
import { encode } from '../../src/protocol/codec.ts';
import { done } from '../../src/protocol/errors.ts';
import { BODY_BYTES_MAX, FRAME_BYTES_MAX } from '../../src/protocol/limits.ts';
import { systemClock } from '../../src/runtime/index.ts';
import {
  accountView,
  bearer,
  betView,
  PLACE_BET_REQUEST,
  startBroadcasterOn,
} from '../support/broadcaster-fixture.ts';
import { freePort } from '../support/redis-server.ts';
import { refusedStatus, WsClient } from '../support/ws-client.ts';

const HOST = '127.0.0.1';

let port: number;
let server: UwsServer;
let broadcaster: Awaited<ReturnType<typeof startBroadcasterOn>>;
const url = (path: string): string => `http://${HOST}:${port}${path}`;
const wsUrl = (): string => `ws://${HOST}:${port}/v1/ws`;
const connected = (options?: ConstructorParameters<typeof WsClient>[1]): Promise<WsClient> =>
  new WsClient(wsUrl(), options).opened();

beforeEach(async () => {
  port = await freePort();
  server = new UwsServer({ host: HOST, port, clock: systemClock });
  broadcaster = await startBroadcasterOn(server);
  await broadcaster.knowMarket();
});
afterEach(() => {
  expect(broadcaster.system.crashes).toEqual([]);
  server.closeAtOnce();
});

const expectAlive = async (): Promise<void> => expect((await fetch(url('/v1/time'))).status).toBe(200);

describe('HTTP', () => {
  it('answers, with headers, methods and bodies as they were sent', async () => {
    const time = await fetch(url('/v1/time?x=%20'));
    expect([time.status, time.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const { token, wallet } = broadcaster.signIn();
    const headers = { ...bearer(token), 'Idempotency-Key': 'k', 'Content-Type': 'application/json' };
    const placing = fetch(url('/v1/bets'), {
      method: 'POST',
      headers,
      body: JSON.stringify(PLACE_BET_REQUEST),
    });
    await vi.waitUntil(() => broadcaster.bets().length === 1);
    broadcaster.resolver.reply(done(betView({ wallet })));
    const placed = await placing;
    expect([placed.status, placed.statusText, await placed.json()]).toMatchObject([
      201,
      'Created',
      { wallet },
    ]);
    expect((await fetch(url('/v1/bets'), { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await fetch(url('/v1/ws'))).status).toBe(400);
  });

  it('leaves out the body for HEAD, and for what the browser has', async () => {
    const head = await fetch(url('/'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    const again = await fetch(url('/'), { headers: { 'if-none-match': head.headers.get('etag') ?? '' } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it.each([BODY_BYTES_MAX + 1, 1024 * 1024])('refuses a body of %i bytes and says why', async (size) => {
    const response = await fetch(url('/v1/bets'), { method: 'POST', body: Buffer.alloc(size) });
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { code: 'PAYLOAD_TOO_LARGE' } },
    ]);
    await expectAlive();
  });

  it('cuts off who sends far too much', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024);
    // Whether the answer is read before the connection breaks is the client's luck.
    const status = await fetch(url('/v1/bets'), { method: 'POST', body }).then(
      ({ status }) => status,
      () => 413,
    );
    expect(status).toBe(413);
    await expectAlive();
  });

  it('refuses a large body of unknown length', async () => {
    const chunk = new Uint8Array(100_000);
    const body = new ReadableStream({
      start: (controller) => {
        for (let i = 0; i < 10; i += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    const response = await fetch(url('/v1/auth/verify'), {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it('is not impressed by what is not HTTP', async () => {
    for (const bytes of [
      '\r\n\r\n',
      'GET\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      '\u0000\u0001\u0002',
    ]) {
      const socket = await tcp();
      socket.write(bytes);
      socket.end();
      await gone(socket);
    }
    await expectAlive();
  });
});

describe('clients that go away', () => {
  const waiting: [string, string, string][] = [
    ['GET', '/v1/prices', ''],
    ['GET', '/v1/auth/nonce', ''],
    ['POST', '/v1/auth/verify', JSON.stringify({ message: 'm', signature: `0x${'ab'.repeat(65)}` })],
    ['POST', '/v1/auth/signout', ''],
    ['GET', '/v1/account', ''],
    ['GET', '/v1/bets', ''],
    ['GET', '/v1/bets/bet_1', ''],
    ['POST', '/v1/bets', JSON.stringify(PLACE_BET_REQUEST)],
  ];

  it.each(waiting)('while %s %s waits for an actor', async (method, path, body) => {
    const { token } = broadcaster.signIn();
    const probes = [broadcaster.resolver, broadcaster.guard, broadcaster.history];
    const asked = (): number => probes.reduce((sum, { letters }) => sum + letters.length, 0);
    const before = asked();
    const socket = await tcp();
    socket.write(httpRequest(method, path, token, body));
    await vi.waitUntil(() => asked() === before + 1);
    socket.resetAndDestroy();
    // By the time a later request is answered, the server has seen the reset.
    await expectAlive();
    for (const probe of probes) probe.reply(done({ bets: [], ticks: [], more: false }));
    await broadcaster.system.idle();
    await expectAlive();
  });

  it('in the middle of the head or of the body', async () => {
    const whole = httpRequest(
      'POST',
      '/v1/bets',
      broadcaster.signIn().token,
      JSON.stringify(PLACE_BET_REQUEST),
    );
    for (let cut = 1; cut < whole.length; cut += 13) {
      const socket = await tcp();
      socket.write(whole.slice(0, cut));
      socket.destroy();
    }
    await expectAlive();
    expect(broadcaster.bets()).toEqual([]);
  });

  it('before, while and after their answer is written', async () => {
    for (let i = 0; i < 50; i += 1) {
      const socket = await tcp();
      socket.write(httpRequest('GET', i % 2 === 0 ? '/v1/status' : '/', '', ''));
      if (i % 3 === 0) socket.resetAndDestroy();
      else socket.once('data', () => socket.resetAndDestroy());
    }
    await expectAlive();
  });

  it('as sockets, at every step', async () => {
    const { token } = broadcaster.signIn();
    const steps: ((client: WsClient) => void)[] = [
      () => {},
      (client) => client.send({ op: 'auth', token }),
      (client) => client.send({ op: 'subscribe', channels: ['price', 'grid', 'bets', 'account'] }),
      (client) => client.send({ op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST }),
    ];
    for (let upTo = 1; upTo <= steps.length; upTo += 1) {
      const client = await connected();
      for (const step of steps.slice(0, upTo)) step(client);
      client.socket.terminate();
      await client.closed;
    }
    await broadcaster.tick(1);
    for (let i = 0; i < 10; i += 1) broadcaster.resolver.reply(done({ bets: [] }));
    await vi.waitUntil(async () => (await broadcaster.registry.count()) === 0);
    await expectAlive();
  });
});

describe('WebSocket', () => {
  it('pushes to fifty sockets in both formats, each with a dense n', async () => {
    const clients = await Promise.all(
      Array.from({ length: 50 }, (_, i) => connected(i % 2 === 0 ? {} : { subprotocol: 'msgpack' })),
    );
    await Promise.all(
      clients.map((client) => client.ask({ op: 'subscribe', channels: ['price', 'grid'], id: 1 })),
    );
    for (let seq = 1; seq <= 20; seq += 1) await broadcaster.tick(seq);
    for (const client of clients) {
      await client.frame(({ push, seq }) => push === 'price' && seq === 20);
      const pushes = client.frames.filter(({ push }) => push !== undefined);
      expect(pushes.map(({ n }) => n)).toEqual(pushes.map((_, i) => i + 1));
      expect(pushes.filter(({ push }) => push === 'price').map(({ seq }) => seq)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      expect(pushes.filter(({ push }) => push === 'grid').map(({ seq }) => seq)).toEqual([1, 5, 10, 15, 20]);
    }
    expect(clients[0]?.socket.protocol).toBe('');
    expect(clients[1]?.socket.protocol).toBe('msgpack');
    for (const client of clients) client.socket.close();
    await vi.waitUntil(async () => (await broadcaster.registry.count()) === 0);
  });

  it('signs in and places a bet', async () => {
    const { token, wallet, expiresAtMs } = broadcaster.signIn();
    const client = await connected({ subprotocol: 'msgpack' });
    expect(await client.ask({ op: 'auth', token, id: 'a' })).toEqual({
      ack: 'auth',
      id: 'a',
      wallet,
      expiresAtMs,
    });
    const placed = client.ask({ op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST, id: 'p' });
    await vi.waitUntil(() => broadcaster.bets().length === 1);
    const bet = betView({ wallet });
    broadcaster.resolver.reply(done(bet));
    expect(await placed).toEqual({ ack: 'place', id: 'p', bet });
  });

  it('survives malformed frames and closes who sends only those', async () => {
    const bombs = [
      Uint8Array.of(0xdf, 255, 255, 255, 255),
      new Uint8Array(4_000).fill(0x91),
      Uint8Array.of(0xc1),
      encode(7),
    ];
    const client = await connected({ subprotocol: 'msgpack' });
    for (const bomb of bombs) client.sendRaw(bomb);
    client.sendRaw('text');
    expect(await client.closed).toBe(CLOSE_CODES.MALFORMED);
    expect(client.frames).toMatchObject(Array(5).fill({ ack: 'error', error: { code: 'MALFORMED' } }));
    const large = await connected();
    large.sendRaw('x'.repeat(FRAME_BYTES_MAX + 1));
    expect([1006, 1009]).toContain(await large.closed);
    await expectAlive();
  });

  it('admits pages of our origins, and programs', async () => {
    const client = await connected({ origin: 'http://127.0.0.1:8080' });
    expect(await client.ask({ op: 'ping', id: 1 })).toMatchObject({ ack: 'ping' });
    expect(await refusedStatus(wsUrl(), { origin: 'http://evil.example' })).toBe(403);
    expect(await refusedStatus(wsUrl(), { origin: 'null' })).toBe(403);
    await expectAlive();
  });

  it('closes a reader too slow for its events, at once and for others without effect', async () => {
    const { token, wallet } = broadcaster.signIn();
    const [slow, quick] = [await connected(), await connected()];
    for (const client of [slow, quick]) {
      await client.ask({ op: 'auth', token, id: 1 });
      await client.ask({ op: 'subscribe', channels: ['bets'], id: 2 });
    }
    slow.socket.pause();
    const reason = 'x'.repeat(10_000);
    // Loopback sockets hold some megabytes in the kernel before anything waits on our side.
    for (let i = 1; i <= 4_000 && (await broadcaster.registry.count()) === 2; i += 1) {
      const bet = betView({ id: `bet_${i}`, wallet, reason });
      await broadcaster.event({ type: 'BetSettled', wallet, bet, account: accountView(wallet), seq: i });
      await quick.frame(({ push, seq }) => push === 'bet' && seq === i);
      quick.frames.length = 0;
    }
    expect(await broadcaster.registry.count()).toBe(1);
    slow.socket.resume();
    const code = await slow.closed;
    const counted = slow.frames.filter(({ push }) => push !== undefined).map(({ n }) => n);
    expect(counted).toEqual(counted.map((_, i) => i + 1));
    expect(code).toBe(CLOSE_CODES.TOO_SLOW);
    expect(await quick.ask({ op: 'ping', id: 9 })).toMatchObject({ ack: 'ping' });
  });

  it('stops with word to everybody and takes no more', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => connected()));
    await broadcaster.system.stop(broadcaster.id);
    for (const client of clients) {
      expect(await client.closed).toBe(CLOSE_CODES.SHUTDOWN);
      expect(client.frames).toMatchObject([{ push: 'shutdown', n: 1 }]);
    }
    await expect(fetch(url('/v1/time'))).rejects.toThrow();
  });
});

async function tcp(): Promise<Socket> {
  const socket = connect(port, HOST);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('close', () => resolve());
    socket.resume();
  });

const httpRequest = (method: string, path: string, token: string, body: string): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    'Idempotency-Key: k',
    'Content-Type: application/json',
    ...(body ? [`Content-Length: ${body.length}`] : []),
    '',
    body,
  ].join('\r\n');
