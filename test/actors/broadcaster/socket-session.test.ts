import { beforeEach, describe, expect, it } from 'vitest';
import { done, refused } from '../../../src/protocol/errors.ts';
import { sessionSignals } from '../../../src/protocol/signals.ts';
import {
  accepted,
  accountView,
  BETS_PER_MINUTE,
  type BroadcasterFixture,
  betView,
  PLACE_BET_REQUEST,
  signedInClient,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const signedIn = (channels?: readonly string[]) => signedInClient(broadcaster, channels);

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
  expect(
    early
      .take()
      .slice(1)
      .map(({ n, seq }) => [n, seq]),
  ).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(
    late
      .take()
      .slice(1)
      .map(({ n, seq }) => [n, seq]),
  ).toEqual([
    [1, 1],
    [2, 2],
  ]);
  await broadcaster.tick(3);
  expect(early.take()).toMatchObject([{ n: 3 }]);
});

it('pushes a grid for every half second of tick time, also when ticks are missing', async () => {
  const client = broadcaster.connect();
  await client.send({ op: 'subscribe', channels: ['grid'] });
  for (const seq of [1, 2, 4, 6, 7, 11, 12, 33]) await broadcaster.tick(seq);
  expect(
    client
      .take()
      .slice(1)
      .map(({ seq }) => seq),
  ).toEqual([1, 6, 11, 33]);
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
    expect(broadcaster.bets().at(-1)).toEqual({
      type: 'ListBets',
      body: { wallet, limit: 25, status: 'open', beforeId: 'b2' },
    });
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
    expect(client.take()).toMatchObject([
      { ack: 'error', id: 2, op: 'auth', error: { code: 'UNAUTHENTICATED' } },
    ]);
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
    broadcaster.resolver.reply(
      done({ bets: [betView({ id: 'b1', wallet }), betView({ id: 'b0', wallet })] }),
    );
    await broadcaster.system.idle();
    await broadcaster.event({ type: 'BetSettled', wallet, bet, account: accountView(wallet, '6'), seq: 9 });
    broadcaster.resolver.reply(done(accountView(wallet, '4')));
    await broadcaster.system.idle();
    const frames = client.take();
    const bets = frames.filter(({ push }) => push === 'bet') as unknown as {
      event: string;
      bet: { id: string };
    }[];
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

  it('after missed events shows the snapshot anew, and outcomes that may have been missed', async () => {
    const { client, wallet } = await signedIn(['bets', 'account']);
    const { resolver } = broadcaster;
    await broadcaster.event(accepted(wallet));
    client.take();
    const asked = resolver.letters.length;
    await broadcaster.loseEvents();
    const open = betView({ id: 'bet_2', wallet });
    const won = betView({ id: 'bet_1', wallet, status: 'won', settledSeq: 12, settledAtMs: START_MS });
    for (let i = 0; i < 3; i += 1) {
      const letter = resolver.letters.at(-1);
      const body = letter?.body as { status?: string };
      if (letter?.type === 'GetAccount') resolver.reply(done(accountView(wallet)));
      else resolver.reply(done({ bets: body.status === 'open' ? [open] : [open, won] }));
      await broadcaster.system.idle();
    }
    expect(resolver.letters.length - asked).toBe(3);
    const told = client.take().map(({ push, event, bet }) => [push, event, (bet as { id: string })?.id]);
    expect(told.sort()).toEqual([
      ['account', undefined, undefined],
      ['bet', 'BetAccepted', 'bet_2'],
      ['bet', 'BetSettled', 'bet_1'],
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
  const place = (change: Record<string, unknown> = {}) => ({
    op: 'place',
    idempotencyKey: 'k',
    bet: PLACE_BET_REQUEST,
    id: 1,
    ...change,
  });

  it('goes to the Resolver and is acked with the bet', async () => {
    const { client, wallet } = await signedIn();
    await client.send(place());
    expect(broadcaster.bets()).toMatchObject([
      { type: 'PlaceBet', body: { wallet, idempotencyKey: 'k', stakeMicros: 1_000_000 } },
    ]);
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
    expect(anonymous.take()).toMatchObject([
      { ack: 'error', op: 'place', id: 1, error: { code: 'UNAUTHENTICATED' } },
    ]);

    const { client, wallet } = await signedIn();
    broadcaster.signOut(wallet);
    await client.send(place());
    expect(client.take()).toMatchObject([
      { ack: 'error', error: { code: 'UNAUTHENTICATED' } },
      { push: 'signed-out' },
    ]);
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
    expect(client.take()).toMatchObject([
      { error: { code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } } },
    ]);
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
    for (let count = 0; count < 40; count += 1)
      client.socket.sendToServer(JSON.stringify(place({ id: count })));
    await broadcaster.system.idle();
    const codes = client.take().map(({ error }) => (error as { code: string }).code);
    expect(codes.filter((code) => code === 'MAILBOX_FULL')).toHaveLength(8);
  });
});

it('closes a connection on which nothing was ever asked, and no other', async () => {
  const [idle, asking] = [broadcaster.connect(), broadcaster.connect()];
  await asking.send({ op: 'ping' });
  await broadcaster.system.advance(25_000);
  expect(idle.socket.closeCode).toBeUndefined();
  await broadcaster.system.advance(10_000);
  expect(idle.socket.closeCode).toBe(4408);
  expect(asking.socket.closeCode).toBeUndefined();
});
