import { beforeEach, describe, expect, it } from 'vitest';
import { UpgradeRefused } from '../../../src/actors/broadcaster/memory-server.ts';
import { CONFLATE_ABOVE_BYTES } from '../../../src/actors/broadcaster/socket-sender.ts';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { FRAME_BYTES_MAX } from '../../../src/protocol/limits.ts';
import { sessionSignals } from '../../../src/protocol/signals.ts';
import {
  accountView,
  BETS_PER_MINUTE,
  betView,
  type BroadcasterFixture,
  type FrameClient,
  json,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

async function signedIn(channels: readonly string[] = []): Promise<{ client: FrameClient; wallet: string; token: string }> {
  const session = broadcaster.signIn();
  const client = broadcaster.connect();
  await client.send({ op: 'auth', token: session.token });
  if (channels.length > 0) {
    await client.send({ op: 'subscribe', channels });
    for (const _ of channels) {
      const letter = broadcaster.resolver.letters.at(-1);
      broadcaster.resolver.reply(letter?.type === 'ListBets' ? done({ bets: [] }) : done(accountView(session.wallet)));
      await broadcaster.system.idle();
    }
  }
  client.take();
  return { client, ...session };
}

const accepted = (wallet: string, id = 'bet_1') =>
  ({ type: 'BetAccepted', wallet, bet: betView({ id, wallet }), account: accountView(wallet), seq: 9 }) as const;

describe.each([undefined, 'json', 'msgpack'])('the market, by subprotocol %s', (subprotocol) => {
  it('is pushed to subscribers, newest first, each frame with the next n', async () => {
    const client = broadcaster.connect(subprotocol ? { subprotocol } : {});
    const bystander = broadcaster.connect();
    const tick = await broadcaster.tick(4);
    await client.send({ op: 'subscribe', channels: ['price', 'grid', 'price'], id: 'a' });
    const [ack, price, grid, ...rest] = client.take();
    expect(ack).toEqual({ ack: 'subscribe', id: 'a', channels: ['price', 'grid'] });
    expect(price).toEqual({ push: 'price', n: 1, seq: 4, tick });
    expect(grid).toMatchObject({ push: 'grid', n: 2, seq: 4, grid: { seq: 4, priceCents: 6_000_500 } });
    expect(rest).toEqual([]);

    for (const seq of [5, 6, 7]) await broadcaster.tick(seq);
    expect(client.take().map(({ push, n, seq }) => [push, n, seq])).toEqual([
      ['price', 3, 5],
      ['grid', 4, 5],
      ['price', 5, 6],
      ['price', 6, 7],
    ]);
    await client.send({ op: 'unsubscribe', channels: ['price', 'grid'], id: 7 });
    await broadcaster.tick(10);
    expect(client.take()).toEqual([{ ack: 'unsubscribe', id: 7, channels: ['price', 'grid'] }]);
    expect(bystander.take()).toEqual([]);
  });
});

it('counts n per connection', async () => {
  const [early, late] = [broadcaster.connect(), broadcaster.connect({ subprotocol: 'msgpack' })];
  await early.send({ op: 'subscribe', channels: ['price'] });
  await broadcaster.tick(1);
  await late.send({ op: 'subscribe', channels: ['price'] });
  await broadcaster.tick(2);
  expect(early.take().slice(1).map(({ n, seq }) => [n, seq])).toEqual([[1, 1], [2, 2]]);
  expect(late.take().slice(1).map(({ n, seq }) => [n, seq])).toEqual([[1, 1], [2, 2]]);
  await broadcaster.tick(3);
  expect(early.take()).toMatchObject([{ n: 3 }]);
});

it('pushes a grid for every half second of tick time, also when ticks are missing', async () => {
  const client = broadcaster.connect();
  await client.send({ op: 'subscribe', channels: ['grid'] });
  for (const seq of [1, 2, 4, 6, 7, 11, 12, 33]) await broadcaster.tick(seq);
  expect(client.take().slice(1).map(({ seq }) => seq)).toEqual([1, 6, 11, 33]);
});

it('answers a ping and beats every five seconds', async () => {
  const client = broadcaster.connect();
  await broadcaster.tick(3);
  await client.send({ op: 'ping', id: 0 });
  expect(client.take()).toEqual([{ ack: 'ping', id: 0, atMs: START_MS }]);
  await broadcaster.system.advance(10_000);
  expect(client.take()).toEqual([
    { push: 'heartbeat', n: 1, seq: 3, atMs: START_MS + 5_000 },
    { push: 'heartbeat', n: 2, seq: 3, atMs: START_MS + 10_000 },
  ]);
});

describe('signing in', () => {
  it('acks with the wallet and begins with a snapshot of what is subscribed', async () => {
    const { token, wallet, expiresAtMs } = broadcaster.signIn();
    const client = broadcaster.connect();
    await client.send({ op: 'subscribe', channels: ['bets', 'account'] });
    expect(client.take()).toHaveLength(1);
    await client.send({ op: 'auth', token, id: 1 });
    expect(client.take()).toEqual([{ ack: 'auth', id: 1, wallet, expiresAtMs }]);

    expect(broadcaster.bets()).toEqual([{ type: 'ListBets', body: { wallet, limit: 25, status: 'open' } }]);
    broadcaster.resolver.reply(done({ bets: [betView({ id: 'b2', wallet })], nextBeforeId: 'b2' }));
    await broadcaster.system.idle();
    expect(broadcaster.bets().at(-1)).toEqual({ type: 'ListBets', body: { wallet, limit: 25, status: 'open', beforeId: 'b2' } });
    broadcaster.resolver.reply(done({ bets: [betView({ id: 'b1', wallet })] }));
    await broadcaster.system.idle();
    broadcaster.resolver.reply(done(accountView(wallet)));
    await broadcaster.system.idle();
    expect(client.take()).toMatchObject([
      { push: 'bet', n: 1, event: 'BetAccepted', bet: { id: 'b2' } },
      { push: 'bet', n: 2, event: 'BetAccepted', bet: { id: 'b1' } },
      { push: 'account', n: 3, account: accountView(wallet) },
    ]);
  });

  it('refuses a token that is not good, and forgets who it was', async () => {
    const { client, wallet } = await signedIn(['bets']);
    await client.send({ op: 'auth', token: 'nonsense', id: 2 });
    expect(client.take()).toMatchObject([{ ack: 'error', id: 2, op: 'auth', error: { code: 'UNAUTHENTICATED' } }]);
    await broadcaster.event(accepted(wallet));
    expect(client.take()).toEqual([]);
  });

  it('sends events only to connections of their wallet', async () => {
    const [mine, theirs] = [await signedIn(['bets', 'account']), await signedIn(['bets', 'account'])];
    const anonymous = broadcaster.connect();
    await anonymous.send({ op: 'subscribe', channels: ['bets', 'account'] });
    anonymous.take();
    const event = accepted(mine.wallet);
    await broadcaster.event(event);
    expect(mine.client.take()).toMatchObject([
      { push: 'bet', seq: 9, event: 'BetAccepted', bet: event.bet },
      { push: 'account', seq: 9, account: event.account },
    ]);
    expect(theirs.client.take()).toEqual([]);
    expect(anonymous.take()).toEqual([]);
  });

  it('lets an event that overtakes the snapshot win over it', async () => {
    const { client, wallet } = await signedIn();
    await client.send({ op: 'subscribe', channels: ['bets', 'account'] });
    const bet = betView({ id: 'b1', wallet, status: 'won' });
    await broadcaster.event({ type: 'BetSettled', wallet, bet, account: accountView(wallet, '5'), seq: 9 });
    broadcaster.resolver.reply(done({ bets: [betView({ id: 'b1', wallet }), betView({ id: 'b0', wallet })] }));
    await broadcaster.system.idle();
    await broadcaster.event({ type: 'BetSettled', wallet, bet, account: accountView(wallet, '6'), seq: 9 });
    broadcaster.resolver.reply(done(accountView(wallet, '4')));
    await broadcaster.system.idle();
    const frames = client.take();
    const bets = frames.filter(({ push }) => push === 'bet') as unknown as { event: string; bet: { id: string } }[];
    expect(bets.map(({ event, bet: { id } }) => [event, id])).toEqual([
      ['BetSettled', 'b1'],
      ['BetAccepted', 'b0'],
      ['BetSettled', 'b1'],
    ]);
    expect(frames.filter(({ push }) => push === 'account')).toMatchObject([
      { account: { balanceMicros: '5' } },
      { account: { balanceMicros: '6' } },
    ]);
  });

  it('asks again with the next heartbeat when the snapshot could not be read', async () => {
    const { client, wallet } = await signedIn();
    await client.send({ op: 'subscribe', channels: ['account'] });
    broadcaster.resolver.reply(refused('ACTOR_RESTARTING'));
    await broadcaster.system.advance(5_000);
    broadcaster.resolver.reply(done(accountView(wallet)));
    await broadcaster.system.idle();
    expect(client.take()).toMatchObject([{ ack: 'subscribe' }, { push: 'heartbeat' }, { push: 'account' }]);
  });

  it('paces a long snapshot by its reader', async () => {
    const { client, wallet } = await signedIn();
    client.socket.stall();
    await client.send({ op: 'subscribe', channels: ['bets'] });
    const page = Array.from({ length: 50 }, (_, i) => betView({ id: `bet_${i}`, wallet }));
    broadcaster.resolver.reply(done({ bets: page, nextBeforeId: 'bet_49' }));
    await broadcaster.system.idle();
    expect(client.socket.bufferedBytes()).toBeGreaterThan(CONFLATE_ABOVE_BYTES);
    const asked = broadcaster.bets().length;
    client.socket.resume();
    await broadcaster.system.idle();
    expect(broadcaster.bets().length).toBe(asked + 1);
    expect(client.socket.closeCode).toBeUndefined();
  });

  it('signs out when the session is said to have ended', async () => {
    const { client, wallet } = await signedIn(['account']);
    broadcaster.signOut(wallet);
    broadcaster.system.signals.publish(sessionSignals.name, { wallet });
    await broadcaster.system.idle();
    await broadcaster.event(accepted(wallet));
    expect(client.take()).toMatchObject([{ push: 'signed-out' }]);
  });

  it('stays signed in with a newer session when an older one ended', async () => {
    const { client, wallet } = await signedIn(['account']);
    broadcaster.system.signals.publish(sessionSignals.name, { wallet });
    await broadcaster.system.idle();
    expect(client.take()).toEqual([]);
  });

  it('notices within a minute that a session vanished', async () => {
    const { client, wallet } = await signedIn();
    broadcaster.sessions.clear();
    await broadcaster.system.advance(60_000);
    expect(client.take().filter(({ push }) => push !== 'heartbeat')).toMatchObject([{ push: 'signed-out' }]);
    await broadcaster.event(accepted(wallet));
    expect(client.take()).toEqual([]);
  });
});

describe('placing', () => {
  const place = (change: Record<string, unknown> = {}) => ({ op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST, id: 1, ...change });

  it('goes to the Resolver and is acked with the bet', async () => {
    const { client, wallet } = await signedIn();
    await client.send(place());
    expect(broadcaster.bets()).toMatchObject([{ type: 'PlaceBet', body: { wallet, idempotencyKey: 'k', stakeMicros: 1_000_000 } }]);
    const bet = betView({ wallet });
    broadcaster.resolver.reply(done(bet));
    await broadcaster.system.idle();
    expect(client.take()).toEqual([{ ack: 'place', id: 1, bet }]);
  });

  it('waits for the auth before it', async () => {
    const { token } = broadcaster.signIn();
    const client = broadcaster.connect();
    client.socket.sendToServer(JSON.stringify({ op: 'auth', token }));
    await client.send(place());
    expect(broadcaster.bets()).toHaveLength(1);
  });

  it('needs a session each time', async () => {
    const anonymous = broadcaster.connect();
    await anonymous.send(place());
    expect(anonymous.take()).toMatchObject([{ ack: 'error', op: 'place', id: 1, error: { code: 'UNAUTHENTICATED' } }]);

    const { client, wallet } = await signedIn();
    broadcaster.signOut(wallet);
    await client.send(place());
    expect(client.take()).toMatchObject([{ ack: 'error', error: { code: 'UNAUTHENTICATED' } }, { push: 'signed-out' }]);
    expect(broadcaster.bets()).toEqual([]);
  });

  it('is limited like over HTTP, and together with it', async () => {
    const { client, token } = await signedIn();
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'k' };
    await broadcaster.asking({ method: 'POST', path: '/v1/bets', headers, body: PLACE_BET_REQUEST }, () =>
      broadcaster.resolver.reply(refused('COLUMN_LOCKED')),
    );
    for (let count = 1; count < BETS_PER_MINUTE; count += 1) {
      await client.send(place());
      broadcaster.resolver.reply(refused('COLUMN_LOCKED'));
      await broadcaster.system.idle();
    }
    client.take();
    await client.send(place());
    expect(client.take()).toMatchObject([{ error: { code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } } }]);
  });

  it.each([
    [{ stakeMicros: '-5' }, 'stakeMicros'],
    [{ admin: true }, 'admin'],
    [JSON.parse('{"__proto__":{"admin":true}}'), '__proto__'],
  ])('refuses a bet with %j', async (change, field) => {
    const { client } = await signedIn();
    const bet = Object.defineProperties({ ...PLACE_BET_REQUEST }, Object.getOwnPropertyDescriptors(change));
    await client.send(place({ bet }));
    expect(client.take()).toMatchObject([{ ack: 'error', error: { code: 'MALFORMED', details: { field } } }]);
    expect(broadcaster.bets()).toEqual([]);
  });

  it('bounds what is under way on one connection', async () => {
    const { client } = await signedIn();
    for (let count = 0; count < 40; count += 1) client.socket.sendToServer(JSON.stringify(place({ id: count })));
    await broadcaster.system.idle();
    const codes = client.take().map(({ error }) => (error as { code: string }).code);
    expect(codes.filter((code) => code === 'MAILBOX_FULL')).toHaveLength(8);
  });
});

describe('hostile frames', () => {
  it.each([
    ['no JSON', 'hello', ''],
    ['no object', '7', ''],
    ['no op', '{}', 'op'],
    ['an unknown op', '{"op":"drop","id":"x"}', 'op'],
    ['an unknown field', '{"op":"ping","admin":true,"id":"x"}', 'admin'],
    ['an unknown channel', '{"op":"subscribe","channels":["house"],"id":"x"}', 'channels.0'],
    ['too many channels', `{"op":"subscribe","channels":${JSON.stringify(Array(9).fill('price'))},"id":"x"}`, 'channels'],
    ['a __proto__ key', '{"op":"ping","__proto__":{"op":"auth"},"id":"x"}', '__proto__'],
    ['deep nesting', '['.repeat(2_000) + ']'.repeat(2_000), ''],
    ['a binary frame', Uint8Array.of(0x7b, 0x7d), ''],
  ])('%s is MALFORMED', async (_name, frame, field) => {
    const client = broadcaster.connect();
    client.socket.sendToServer(frame);
    const [answer, ...rest] = client.take();
    expect(answer).toMatchObject({ ack: 'error', error: { code: 'MALFORMED', details: { field } } });
    if (typeof frame === 'string' && frame.includes('"id"')) expect(answer).toMatchObject({ id: 'x' });
    expect(rest).toEqual([]);
    expect(client.socket.closeCode).toBeUndefined();
  });

  it.each([
    ['nothing', []],
    ['half a map', [0x82, 0xa2, 0x6f]],
    ['a reserved byte', [0xc1]],
    ['a claim of 4 G entries', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]],
    ['deep nesting', Array(4_000).fill(0x91)],
    ['two values', [0xc0, 0xc0]],
    ['a text frame', 'text'],
  ])('msgpack: %s is MALFORMED', async (_name, frame) => {
    const client = broadcaster.connect({ subprotocol: 'msgpack' });
    client.socket.sendToServer(typeof frame === 'string' ? frame : Uint8Array.from(frame));
    expect(client.take()).toMatchObject([{ ack: 'error', error: { code: 'MALFORMED' } }]);
  });

  it('close the connection after a few in a row', async () => {
    const client = broadcaster.connect();
    for (const frame of ['{', '{', '{', '{', '{"op":"ping"}', '{', '{', '{', '{']) client.socket.sendToServer(frame);
    expect(client.socket.closeCode).toBeUndefined();
    client.socket.sendToServer('{');
    expect(client.socket.closeCode).toBe(CLOSE_CODES.MALFORMED);
  });

  it('close it when there are far too many', async () => {
    const client = broadcaster.connect();
    for (let count = 0; count < 200; count += 1) client.socket.sendToServer('{"op":"ping"}');
    expect(client.socket.closeCode).toBe(CLOSE_CODES.MALFORMED);
    expect(client.take().filter(({ ack }) => ack === 'ping')).toHaveLength(100);
  });

  it('may be large up to the limit only', async () => {
    const client = broadcaster.connect();
    client.socket.sendToServer(encode({ op: 'x'.repeat(FRAME_BYTES_MAX) }));
    expect(client.socket.closeCode).toBe(1009);
  });
});

describe('a slow reader', () => {
  it('gets the newest price once it reads again, and no hole in n', async () => {
    const client = broadcaster.connect();
    await client.send({ op: 'subscribe', channels: ['price'] });
    client.socket.stall();
    for (let seq = 1; seq <= 500; seq += 1) await broadcaster.tick(seq);
    const heldBack = client.socket.bufferedBytes();
    expect(heldBack).toBeLessThan(CONFLATE_ABOVE_BYTES * 2);
    client.socket.resume();
    const frames = client.take().slice(1);
    expect(frames.map(({ n }) => n)).toEqual(frames.map((_, i) => i + 1));
    expect(frames.at(-1)).toMatchObject({ push: 'price', seq: 500 });
    expect(frames.length).toBeLessThan(500);
    expect(client.socket.closeCode).toBeUndefined();
  });

  it('is closed when a bet event cannot be held for it', async () => {
    const { client, wallet } = await signedIn(['bets']);
    client.socket.stall();
    for (let count = 0; count < 300; count += 1) await broadcaster.event(accepted(wallet, `bet_${count}`));
    expect(client.socket.closeCode).toBe(CLOSE_CODES.TOO_SLOW);
    const before = client.socket.received.length;
    await broadcaster.event(accepted(wallet));
    expect(client.socket.received.length).toBe(before);
  });
});

describe('connecting', () => {
  it('is for pages of our origins and for programs', async () => {
    expect(broadcaster.connect({ origin: 'http://127.0.0.1:8080' }).socket.closeCode).toBeUndefined();
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:8080.evil.example', 'https://127.0.0.1:8080']) {
      const refusal = upgradeRefusal(() => broadcaster.connect({ origin }));
      expect([refusal.response.status, json(refusal.response)]).toMatchObject([403, { error: { code: 'ORIGIN_REFUSED' } }]);
    }
  });

  it('is refused when there are too many', async () => {
    broadcaster = await startBroadcaster({ connectionsMax: 2 });
    const [first] = [broadcaster.connect(), broadcaster.connect()];
    const refusal = upgradeRefusal(() => broadcaster.connect());
    expect([refusal.response.status, refusal.response.headers['Retry-After']]).toEqual([503, '1']);
    expect(json(refusal.response)).toMatchObject({ error: { code: 'TOO_MANY_CONNECTIONS' } });
    first?.socket.end();
    expect(broadcaster.connect().socket.closeCode).toBeUndefined();
  });

  it('negotiates only what it knows', () => {
    expect(broadcaster.connect({ subprotocol: 'msgpack' }).socket.protocol).toBe('msgpack');
    expect(broadcaster.connect({ subprotocol: 'soap' }).socket.protocol).toBeUndefined();
  });
});

function upgradeRefusal(connect: () => unknown): UpgradeRefused {
  try {
    connect();
  } catch (error) {
    if (error instanceof UpgradeRefused) return error;
    throw error;
  }
  throw new Error('the handshake was accepted');
}
