/** The live source against a real WebSocket server on loopback that plays a venue. */
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { liveSource } from '../../../src/actors/price-feed/live-source.ts';
import type { PriceSource } from '../../../src/actors/price-feed/price-source.ts';
import { type Logger, ManualClock, Metrics, seededRandom, silentLogger } from '../../../src/runtime/index.ts';
import { Arrivals } from '../../client/scripted-ws-server.ts';
import { FIRST_TICK_MS } from '../../support/index-ticks.ts';
import { PRODUCT_ID, recordedFrames } from './recorded-frames.ts';

const LAST_RECORDED_CENTS = 6_698;
const SILENCE_MS = 5_000;
const heartbeat = JSON.stringify({ type: 'heartbeat', product_id: PRODUCT_ID });

let server: WebSocketServer;
let connections: Arrivals<WebSocket>;
let losses: Arrivals<{ reason: string; delayMs: number }>;
let clock: ManualClock;
let source: PriceSource;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  connections = new Arrivals();
  server.on('connection', (socket) => connections.push(socket));
  losses = new Arrivals();
  clock = new ManualClock(FIRST_TICK_MS);
  source = startSource(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  source.stop();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function startSource(url: string): PriceSource {
  const warn = (loss: { reason: string; delayMs: number }): void => losses.push(loss);
  const log = Object.assign(Object.create(silentLogger), { warn }) as Logger;
  const random = seededRandom(1);
  const started = liveSource({
    url,
    productId: PRODUCT_ID,
    clock,
    random,
    log,
    metrics: new Metrics('test'),
  });
  started.start(null);
  return started;
}

/** The next connection, once it has subscribed. */
async function subscribed(): Promise<WebSocket> {
  const socket = await connections.next();
  const frame = await new Promise<string>((resolve) =>
    socket.once('message', (data) => resolve(String(data))),
  );
  expect(JSON.parse(frame)).toMatchObject({ type: 'subscribe', product_ids: [PRODUCT_ID] });
  return socket;
}

/** Sends frames and waits until the source has them: a pong comes after everything before its ping. */
async function send(socket: WebSocket, frames: readonly (string | Uint8Array)[]): Promise<void> {
  for (const frame of frames) socket.send(frame);
  const pong = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping();
  await pong;
}

function advance(byMs: number): void {
  const untilMs = clock.nowMs() + byMs;
  while (clock.fireNext(untilMs));
}
const price = (): number | undefined => source.priceAt(clock.nowMs())?.priceCents;

it('gives the middle of the recorded book', async () => {
  expect(price()).toBeUndefined();
  const socket = await subscribed();
  await send(socket, recordedFrames);
  expect(source.priceAt(clock.nowMs())).toEqual({
    priceCents: LAST_RECORDED_CENTS,
    quality: 'ok',
    venues: 1,
  });
});

it('knows no price two seconds after it last heard of the product; a heartbeat is enough', async () => {
  const socket = await subscribed();
  await send(socket, recordedFrames);
  advance(1_500);
  await send(socket, [heartbeat]);
  advance(2_000);
  expect(price()).toBe(LAST_RECORDED_CENTS);
  advance(1);
  expect(price()).toBeUndefined();
  await send(socket, [heartbeat]);
  expect(price()).toBe(LAST_RECORDED_CENTS);
});

it('is not kept alive by garbage, nor ended by it', async () => {
  const socket = await subscribed();
  await send(socket, recordedFrames);
  advance(1_999);
  const garbage = [
    '',
    '{',
    '[]',
    'null',
    '{"type":"l2update","product_id":"ETH-USD"}',
    new Uint8Array([0, 255]),
  ];
  await send(socket, garbage);
  expect(price()).toBe(LAST_RECORDED_CENTS);
  advance(2);
  expect(price()).toBeUndefined();
});

describe('comes back', () => {
  it('with a new book after the venue closed', async () => {
    const first = await subscribed();
    await send(first, recordedFrames);
    first.close(1001);
    const { delayMs } = await losses.next();
    expect(price()).toBeUndefined();
    advance(delayMs + 1);
    const second = await subscribed();
    await send(second, [heartbeat]);
    expect(price()).toBeUndefined();
    await send(second, recordedFrames);
    expect(price()).toBe(LAST_RECORDED_CENTS);
  });

  it('after a silence, cutting the line by itself', async () => {
    const first = await subscribed();
    const closed = new Promise((resolve) => first.once('close', resolve));
    advance(SILENCE_MS);
    expect(await losses.next()).toMatchObject({ reason: 'silent' });
    await closed;
    advance(1_000);
    await subscribed();
  });

  it.each([
    ['refuses', JSON.stringify({ type: 'error', message: 'Failed to subscribe' }), 'frame refused'],
    [
      'breaks the book',
      JSON.stringify({ type: 'l2update', product_id: PRODUCT_ID, changes: [['?']] }),
      'frame broken',
    ],
  ])('when the venue %s', async (_name, frame, reason) => {
    const socket = await subscribed();
    await send(socket, recordedFrames.slice(0, 10));
    socket.send(frame);
    expect(await losses.next()).toMatchObject({ reason });
    expect(price()).toBeUndefined();
    advance(1_000);
    await subscribed();
  });

  it('ever more slowly while nobody is there, with jitter, at most every 30 s', async () => {
    await subscribed();
    for (const socket of server.clients) socket.terminate();
    const closed = new Promise((resolve) => server.close(resolve));
    const delays: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const { delayMs } = await losses.next();
      delays.push(delayMs);
      advance(delayMs + 1);
    }
    await closed;
    delays.forEach((delayMs, attempt) => {
      const ceilingMs = Math.min(30_000, 500 * 2 ** attempt);
      expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(delayMs).toBeLessThanOrEqual(ceilingMs);
    });
    expect(new Set(delays).size).toBe(delays.length);
  });
});

it('says nothing more once it is stopped', async () => {
  const socket = await subscribed();
  await send(socket, recordedFrames);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  source.stop();
  expect(price()).toBeUndefined();
  await closed;
  advance(60_000);
  expect(server.clients.size).toBe(0);
});
