/** The client against a server whose every answer the test decides: sockets by script, HTTP by a function. */
import { expect, test } from 'vitest';
import type { BetStatus } from '../../src/protocol/bet-view.ts';
import { publicError } from '../../src/protocol/errors.ts';
import { BET, clientOf, nothing, refused, WALLET } from './scripted-client.ts';
import { type ScriptedConnection, scriptedServer } from './scripted-ws-server.ts';

const bet = (id: string, status: BetStatus, receivedAtMs = 100_000) => ({
  id,
  status,
  receivedAtMs,
  closesAtMs: receivedAtMs + 5_000,
});
const pushBet = (connection: ScriptedConnection, view: ReturnType<typeof bet>, pos?: number): void =>
  connection.push({
    push: 'bet',
    event: view.status === 'open' ? 'BetAccepted' : 'BetSettled',
    bet: view,
    ...(pos !== undefined && { pos }),
  });
const pushTick = (connection: ScriptedConnection, seq: number): void =>
  connection.push({ push: 'price', tick: tick(seq) });
const tick = (seq: number) => ({ seq, atMs: seq * 100 });
const idOf = async (loop: AsyncIterator<{ id: string }, undefined>) => (await loop.next()).value?.id;

/** Both private channels, as a server confirms them. */
async function confirmPrivate(
  connection: ScriptedConnection,
  position: Parameters<ScriptedConnection['confirmSubscribe']>[0] = {},
): Promise<void> {
  expect(await connection.confirmSubscribe(position)).toEqual(['bets']);
  expect(await connection.confirmSubscribe(position)).toEqual(['account']);
}

test('prices go on where they were: recovered, or with a gap that says so', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(server.url, nothing);
  const prices = client.prices();
  const first = await server.nextConnection();
  expect((await first.nextFrame())['since']).toBeUndefined();
  first.send({ ack: 'subscribe', id: 1, channels: ['price'], epoch: 'e', seq: 4 });
  pushTick(first, 5);
  expect((await prices.next()).value).toEqual(tick(5));
  first.cut();

  const second = await server.nextConnection();
  const frame = await second.expectOp('subscribe');
  expect(frame['since']).toEqual({ epoch: 'e', seq: 5 });
  second.send({ ack: 'subscribe', id: frame.id, channels: ['price'], epoch: 'e', seq: 7, recovered: true });
  pushTick(second, 6);
  pushTick(second, 7);
  expect((await prices.next()).value).toEqual(tick(6));
  expect((await prices.next()).value).toEqual(tick(7));
  second.cut();

  const third = await server.nextConnection();
  await third.confirmSubscribe({ seq: 99, recovered: false });
  pushTick(third, 99);
  expect((await prices.next()).value).toEqual({ ...tick(99), gap: { reason: 'not-recovered', missed: 91 } });
  await prices.return?.();
  expect((await third.expectOp('unsubscribe'))['channels']).toEqual(['price']);
});

test('each result once: pushed, replayed, pushed again without a number', async () => {
  await using server = await scriptedServer();
  const { client, calls } = clientOf(server.url, nothing, { token: 'tok' });
  const results = client.results();
  const first = await server.nextConnection();
  await first.signIn();
  await confirmPrivate(first, { seq: 10 });
  pushBet(first, bet('a', 'open'), 11);
  pushBet(first, bet('a', 'won'), 12);
  expect(await idOf(results)).toBe('a');
  first.cut();

  const second = await server.nextConnection();
  await second.signIn();
  const frame = await second.expectOp('subscribe');
  expect(frame['since']).toEqual({ epoch: 'e', seq: 12 });
  second.send({ ack: 'subscribe', id: frame.id, channels: ['bets'], epoch: 'e', seq: 14, recovered: true });
  expect((await second.expectOp('subscribe'))['since']).toEqual({ epoch: 'e', seq: 10 });
  pushBet(second, bet('a', 'won'), 12);
  pushBet(second, bet('a', 'won'));
  pushBet(second, bet('b', 'lost'), 13);
  expect(await idOf(results)).toBe('b');
  expect(calls.filter(({ path }) => path.startsWith('/v1/bets?'))).toHaveLength(1);
});

test('what was settled in a hole is read over HTTP, as often as it takes', async () => {
  await using server = await scriptedServer();
  const old = bet('old', 'lost', 50_000);
  let listings = 0;
  const { client, calls } = clientOf(
    server.url,
    ({ path }) => {
      listings += 1;
      if (path === '/v1/bets?limit=1') return { body: { bets: [old] } };
      if (listings < 8) return listings % 2 === 0 ? undefined : refused('ACTOR_RESTARTING');
      if (path === '/v1/bets?limit=200')
        return { body: { bets: [bet('b', 'won'), bet('a', 'void', 99_000)], nextBeforeId: 'a' } };
      return { body: { bets: [old] } };
    },
    { token: 'tok' },
  );
  const results = client.results();
  const first = await server.nextConnection();
  await first.signIn();
  await confirmPrivate(first);
  pushBet(first, bet('a', 'open', 99_000), 1);
  const bets = client.bets();
  expect(await idOf(bets)).toBe('a');
  first.cut();
  const second = await server.nextConnection();
  await second.signIn();
  await confirmPrivate(second, { seq: 9, recovered: false });
  expect([await idOf(results), await idOf(results)]).toEqual(['a', 'b']);
  pushBet(second, bet('b', 'won'), 10);
  pushBet(second, bet('c', 'won'), 11);
  expect(await idOf(results)).toBe('c');
  expect(calls.at(-1)?.path).toBe('/v1/bets?limit=200&beforeId=a');
});

test('an outcome that was never told is asked for', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(
    server.url,
    ({ path }) => ({ body: path === '/v1/bets/a' ? bet('a', 'won') : { bets: [] } }),
    { token: 'tok' },
  );
  const results = client.results();
  const connection = await server.nextConnection();
  await connection.signIn();
  await confirmPrivate(connection);
  pushBet(connection, bet('a', 'open'), 1);
  connection.push({ push: 'heartbeat', atMs: 105_001 });
  connection.push({ push: 'heartbeat', atMs: 120_000 });
  expect(await idOf(results)).toBe('a');
});

test('the result of a bet: at once if it is settled, else when it is', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(
    server.url,
    ({ path }) =>
      path.startsWith('/v1/bets?')
        ? { body: { bets: [] } }
        : { body: bet(path.slice(-1), path.endsWith('a') ? 'lost' : 'open') },
    { token: 'tok' },
  );
  expect(await client.result('a')).toMatchObject({ status: 'lost' });
  const result = client.result('b');
  const connection = await server.nextConnection();
  await connection.signIn();
  await confirmPrivate(connection);
  pushBet(connection, bet('c', 'won'), 1);
  pushBet(connection, bet('b', 'won'), 2);
  expect(await result).toMatchObject({ id: 'b', status: 'won' });
  const controller = new AbortController();
  const aborted = client.result('d', { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
});

test('a bet keeps its key from the socket to HTTP', async () => {
  await using server = await scriptedServer();
  const { client, calls } = clientOf(
    server.url,
    ({ method }) => (method === 'POST' ? { status: 201, body: bet('a', 'open') } : { body: { bets: [] } }),
    { token: 'tok' },
  );
  const bets = client.bets();
  const connection = await server.nextConnection();
  await connection.signIn();
  await confirmPrivate(connection);
  const placed = client.place(BET);
  const { idempotencyKey } = await connection.expectOp('place');
  connection.cut();
  expect(await placed).toMatchObject({ id: 'a' });
  const posted = calls.find(({ method }) => method === 'POST');
  expect(posted?.headers['idempotency-key']).toBe(idempotencyKey);
  expect(await idOf(bets)).toBe('a');
});

test('a bet whose fate is not known says its key', async () => {
  const { client } = clientOf('http://127.0.0.1:9', () => undefined, { token: 'tok' });
  await expect(client.place(BET, { idempotencyKey: 'mine' })).rejects.toMatchObject({
    code: 'NETWORK_FAILED',
    details: { idempotencyKey: 'mine' },
  });
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(client.place(BET, { signal })).rejects.toThrow('enough');
});

test('a wallet signs in when a session is needed, and again when it ended, once for all', async () => {
  let valid = '0xab.1';
  const { client, calls } = clientOf(
    'http://127.0.0.1:9',
    ({ headers }) =>
      headers['authorization'] === `Bearer ${valid}`
        ? { body: { balanceMicros: '7' } }
        : { status: 401, body: { error: publicError('UNAUTHENTICATED') } },
    { wallet: WALLET },
  );
  expect(await client.account()).toEqual({ balanceMicros: '7' });
  valid = '0xab.2';
  await Promise.all([client.account(), client.account(), client.account()]);
  expect(calls.filter(({ path }) => path === '/v1/auth/verify')).toHaveLength(2);
  expect(client.token).toBe('0xab.2');
});

test('a session that ends on a live socket is renewed there, and nothing between is missed', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(server.url, nothing, { wallet: WALLET });
  const results = client.results();
  const connection = await server.nextConnection();
  expect(await connection.signIn('0xab')).toBe('0xab.1');
  await confirmPrivate(connection, { seq: 3 });
  connection.push({ push: 'signed-out' });
  expect(await connection.signIn('0xab')).toBe('0xab.2');
  const frame = await connection.expectOp('subscribe');
  expect(frame['since']).toEqual({ epoch: 'e', seq: 3 });
  connection.send({
    ack: 'subscribe',
    id: frame.id,
    channels: ['bets'],
    epoch: 'e',
    seq: 4,
    recovered: true,
  });
  pushBet(connection, bet('a', 'won'), 4);
  expect(await idOf(results)).toBe('a');
});

test('without a wallet, the end of the session ends private loops and says why', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(server.url, nothing, { token: 'tok' });
  const [results, prices] = [client.results(), client.prices()];
  const ended = new Promise((resolve) => client.on('signed-out', resolve));
  const connection = await server.nextConnection();
  await connection.signIn();
  connection.push({ push: 'signed-out' });
  await expect(results.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await ended;
  pushTick(connection, 1);
  expect((await prices.next()).value).toEqual(tick(1));
  await expect(client.results().next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('44xx ends all loops with its code, and closing ends them quietly', async () => {
  await using server = await scriptedServer();
  const refusedOnes = clientOf(server.url, nothing).client.prices();
  (await server.nextConnection()).close(4400);
  await expect(refusedOnes.next()).rejects.toMatchObject({
    code: 'CONNECTION_CLOSED',
    details: { closeCode: 4400 },
  });
  const { client } = clientOf(server.url, nothing, { token: 'tok' });
  const loops = [client.prices(), client.grids(), client.bets(), client.results(), client.accounts()];
  await server.nextConnection();
  client.close();
  for (const loop of loops) expect(await loop.next()).toEqual({ value: undefined, done: true });
});

test('a loop over the account has the newest state, also when it starts late', async () => {
  await using server = await scriptedServer();
  const { client } = clientOf(server.url, nothing, { token: 'tok' });
  const first = client.accounts();
  const connection = await server.nextConnection();
  await connection.signIn();
  await confirmPrivate(connection, { seq: 5 });
  for (const [pos, balanceMicros] of [
    [6, '1'],
    [7, '2'],
    [7, 'again'],
    [6, 'old'],
  ] as const)
    connection.push({ push: 'account', pos, account: { balanceMicros } });
  const balances: (string | undefined)[] = [];
  while (balances.at(-1) !== '2') balances.push((await first.next()).value?.balanceMicros);
  expect((await client.accounts().next()).value).toEqual({ balanceMicros: '2' });
});
