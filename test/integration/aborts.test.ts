/**
 * Clients that go away in the middle: at every point at which a route of the table waits for somebody else,
 * while they send a body, and while an answer is written to them. The server must not crash, must not write
 * to who is gone, and must answer the next one. A write after an abort ends this process, from C++.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Route } from '../../src/actors/broadcaster/routes/route.ts';
import { ROUTES } from '../../src/actors/broadcaster/routes/route-table.ts';
import { UwsServer } from '../../src/actors/broadcaster/uws-server.ts';
import { done, refused } from '../../src/protocol/errors.ts';
import { systemClock } from '../../src/runtime/index.ts';
import type { Probe } from '../../src/runtime/test-kit/create-test-system.ts';
import {
  accountView,
  betView,
  PLACE_BET_REQUEST,
  startBroadcasterOn,
} from '../support/broadcaster-fixture.ts';
import { HeldPoints } from '../support/held-points.ts';
import { START_MS, tickAt } from '../support/market.ts';
import { freePort } from '../support/redis-server.ts';

const HOST = '127.0.0.1';
const WALLET = `0x${'1'.repeat(40)}`;

let port: number;
let server: UwsServer;
let broadcaster: Awaited<ReturnType<typeof startBroadcasterOn>>;
let token: string;
let isOver = false;
const points = new HeldPoints();
const url = (path: string): string => `http://${HOST}:${port}${path}`;

beforeAll(async () => {
  port = await freePort();
  server = new UwsServer({ host: HOST, port, clock: systemClock });
  broadcaster = await startBroadcasterOn(server, { betsPerMinute: 1_000_000 }, points.around);
  await broadcaster.knowMarket();
  await broadcaster.tick(1);
  token = broadcaster.signIn(WALLET).token;
  for (const probe of [broadcaster.resolver, broadcaster.guard, broadcaster.history]) answerFor(probe);
});
afterAll(() => {
  isOver = true;
  server.closeAtOnce();
});
beforeEach(() => void points.hold());

const MANY_TICKS = Array.from({ length: 5_000 }, (_, index) => tickAt(index + 1));
/** What other actors say; who is asked anything else refuses. */
const REPLIES: Readonly<Record<string, unknown>> = {
  PlaceBet: done(betView({ wallet: WALLET })),
  GetBet: done(betView({ wallet: WALLET })),
  GetAccount: done(accountView(WALLET)),
  ListBets: done({ bets: [] }),
  IssueNonce: done({ nonce: 'n'.repeat(16), expiresAtMs: START_MS }),
  SignIn: done({ token: 't', wallet: WALLET, expiresAtMs: START_MS }),
  ReadTicks: done({ ticks: MANY_TICKS, more: false }),
  ReadCheckpoints: done({ checkpoints: [] }),
  ReadCandles: done({ candles: [] }),
};

/** Answers each letter once its point is passed; the question for the market was answered before. */
function answerFor(probe: Probe): void {
  let answered = probe.letters.length;
  void (async () => {
    while (!isOver) {
      await turn();
      const letter = probe.letters[answered];
      if (!letter) continue;
      answered += 1;
      await points.point(letter.type);
      probe.reply(REPLIES[letter.type] ?? refused('NOT_FOUND'));
    }
  })();
}

const CELL = { ...PLACE_BET_REQUEST, stakeMicros: undefined, minMultiplier: undefined };
const BODIES: Readonly<Record<string, unknown>> = {
  '/v1/auth/verify': { message: 'm', signature: `0x${'0'.repeat(130)}` },
  '/v1/bets': PLACE_BET_REQUEST,
  '/v1/bets/batch': { bets: [{ idempotencyKey: 'k', bet: PLACE_BET_REQUEST }] },
  '/v1/quotes': { cells: [CELL] },
  '/v1/limits/self': { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null },
};
const QUERIES: Readonly<Record<string, string>> = { '/v1/candles': '?intervalMs=60000' };

interface Sent {
  readonly head: string;
  readonly body: string;
}

let changes = 0;
/** A grid that nobody has computed yet is looked for in the cache. */
async function prepare({ path }: Route): Promise<void> {
  if (path !== '/v1/grid') return;
  changes += 1;
  await broadcaster.knowMarket({ sigmaPerSqrtSecond: 0.00007 * 1.1 ** changes });
}

/** A request that gets as far as the route goes. */
function requestOf({ method, path, body }: Route): Sent {
  const text = body === undefined ? '' : JSON.stringify(BODIES[path] ?? {});
  const target = path.replace('{id}', 'bet_1') + (QUERIES[path] ?? '');
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${HOST}:${port}`,
    `Authorization: Bearer ${token}`,
    `Idempotency-Key: ${Math.random().toString(36).slice(2)}`,
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${text.length}`]),
  ];
  return { head: `${lines.join('\r\n')}\r\n\r\n`, body: text };
}

async function sendBytes(text: string): Promise<Socket> {
  const socket = connect({ port, host: HOST, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const LEAVE = {
  reset: (socket: Socket) => void socket.resetAndDestroy(),
  'half-close': (socket: Socket) => void socket.resume().end(),
} as const;

/** Round trips: whatever was said to the server before has arrived when they are over. */
async function expectAlive(): Promise<void> {
  for (let trip = 0; trip < 2; trip += 1) {
    const answer = await fetch(url('/v1/time'), { headers: { connection: 'close' } });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
  expect(broadcaster.system.crashes).toEqual([]);
}

/** The points that a request to the route passes, when nobody goes away. */
async function pointsOf(route: Route): Promise<readonly string[]> {
  await prepare(route);
  void points.hold();
  const { head, body } = requestOf(route);
  const socket = await sendBytes(head + body);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 \d{3} /);
  socket.destroy();
  return points.reached;
}

describe('a client goes away while its request waits', () => {
  it.each(ROUTES.map((route) => [nameOf(route), route] as const))('%s', async (_name, route) => {
    const names = await pointsOf(route);
    const waits = route.asks || route.auth.startsWith('session') || route.path === '/v1/grid';
    expect(names.length > 0).toBe(waits || route.auth === 'optional');
    for (const leave of Object.values(LEAVE)) {
      for (const [at, name] of names.entries()) {
        await prepare(route);
        const isThere = points.hold(at);
        const { head, body } = requestOf(route);
        const socket = await sendBytes(head + body);
        await isThere;
        expect(points.reached.at(-1)).toBe(name);
        leave(socket);
        await once(socket, 'close');
        await expectAlive();
        points.release();
        await broadcaster.system.idle();
        await expectAlive();
      }
    }
    expect((await pointsOf(route)).length).toBe(names.length);
  });
});

const WRITES = ROUTES.filter(({ body }) => body !== undefined);

describe('a client goes away while it sends a body', () => {
  it.each(WRITES.map((route) => [nameOf(route), route] as const))('%s', async (_name, route) => {
    const { head, body } = requestOf(route);
    const chunkedHead = head.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked');
    const parts = [
      head.slice(0, head.length / 2),
      head,
      head + body.slice(0, 1),
      head + body.slice(0, -1),
      chunkedHead,
      `${chunkedHead}${body.length.toString(16)}\r\n${body.slice(0, -1)}`,
      `${chunkedHead}${body.length.toString(16)}\r\n${body}\r\n`,
    ];
    for (const leave of Object.values(LEAVE)) {
      for (const part of parts) {
        const socket = await sendBytes(part);
        await expectAlive();
        leave(socket);
        await once(socket, 'close');
        await expectAlive();
      }
    }
    expect(points.reached).toEqual([]);
  });

  it('and another takes an empty one in pieces for what it is', async () => {
    const request = `POST /v1/bets HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`;
    for (const at of [26, 32, 40, request.length - 2]) {
      const socket = await sendBytes(request.slice(0, at));
      await expectAlive();
      socket.write(request.slice(at));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 400 /);
      socket.destroy();
    }
  });
});

/** More than the buffers between two sockets hold. */
const LONG_READS = 12;

describe('a client goes away while an answer is written to it', () => {
  it.each(Object.keys(LEAVE) as (keyof typeof LEAVE)[])('%s', async (how) => {
    const route = ROUTES.find(({ path }) => path === '/v1/prices');
    if (!route) throw new Error('no route with long answers');
    const { head } = requestOf(route);
    const readers = await Promise.all(Array.from({ length: LONG_READS }, () => sendBytes(head)));
    // Nobody listens for what it sends, so nothing is read.
    await vi.waitUntil(() => points.reached.length === LONG_READS);
    await broadcaster.system.idle();
    await expectAlive();
    for (const socket of readers) LEAVE[how](socket);
    await Promise.all(readers.map((socket) => socket.closed || once(socket, 'close')));
    await expectAlive();
  });
});
