import { expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import { done } from '../../../src/protocol/errors.ts';
import {
  betView,
  json,
  MARKET,
  PLACE_BET_REQUEST,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';

it('asks the Resolver for the market at its start, and listens from then on', async () => {
  const broadcaster = await startBroadcaster();
  expect(broadcaster.resolver.letters).toEqual([{ type: 'GetMarket', body: {} }]);
  await broadcaster.knowMarket({ paused: true });
  const paused = async () =>
    (json(await broadcaster.server.request({ path: '/v1/status' })) as { paused: boolean }).paused;
  expect(await paused()).toBe(true);
  await broadcaster.knowMarket({ paused: false, atMs: MARKET.atMs + 1 });
  expect(await paused()).toBe(false);
  // A state that comes late changes nothing.
  await broadcaster.knowMarket({ paused: true, atMs: MARKET.atMs - 1 });
  expect(await paused()).toBe(false);
});

it('follows a market that began anew with seq 1', async () => {
  const broadcaster = await startBroadcaster();
  await broadcaster.tick(50);
  await broadcaster.tick(1, { atMs: MARKET.atMs + 60_000 });
  expect(json(await broadcaster.server.request({ path: '/v1/price' }))).toMatchObject({ seq: 1 });
});

it('keeps its connections registered, after a loss of the registry too', async () => {
  const { registry, connect, system } = await startBroadcaster();
  const [first, second] = [connect(), connect()];
  await second.send({ op: 'ping' });
  expect(await registry.count()).toBe(2);
  first.socket.end();
  await system.idle();
  expect(await registry.count()).toBe(1);
  registry.clear();
  await system.advance(20_000);
  expect(await registry.count()).toBe(1);
  await system.advance(600_000);
  expect(await registry.count()).toBe(1);
  second.socket.end();
  await system.idle();
  expect(await registry.count()).toBe(0);
});

it('forgets the connections of an earlier life', async () => {
  const { id, registry, connect, system } = await startBroadcaster();
  connect();
  await registry.register('broadcaster-12', [1]);
  await system.restart(id);
  expect(await registry.count()).toBe(1);
});

it('stops in order: word to come back, answers, the end', async () => {
  const broadcaster = await startBroadcaster();
  const { id, connect, system, registry, server, signIn, resolver } = broadcaster;
  await broadcaster.knowMarket();
  const { token, wallet } = signIn();
  const [placing, watching] = [connect(), connect()];
  await placing.send({ op: 'auth', token });
  await placing.send({ op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST });
  placing.take();
  const answering = server.request({ path: '/v1/auth/nonce' });
  await system.idle();
  const stopping = system.stop(id);
  await system.idle();
  resolver.reply(done(betView({ wallet })));
  await system.idle();
  // Whoever does not answer now is not waited for.
  await system.advance(2_000);
  await stopping;
  expect(json(await answering)).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN', retryable: true } });
  expect(placing.take()).toMatchObject([{ push: 'shutdown' }, { ack: 'place', bet: { wallet } }]);
  const [shutdown] = watching.take();
  expect(shutdown).toMatchObject({ push: 'shutdown', n: 1 });
  expect(Number(shutdown?.['reconnectAfterMs'])).toBeGreaterThanOrEqual(250);
  expect(Number(shutdown?.['reconnectAfterMs'])).toBeLessThan(5_000);
  expect([placing.socket.closeCode, watching.socket.closeCode]).toEqual([
    CLOSE_CODES.SHUTDOWN,
    CLOSE_CODES.SHUTDOWN,
  ]);
  expect([server.isListening, await registry.count()]).toEqual([false, 0]);
  expect(system.crashes).toEqual([]);
});

it('has no use for letters, and survives them', async () => {
  const { id, system } = await startBroadcaster();
  system.deliver({ name: id }, { type: 'Hello', body: {} });
  await system.idle();
  expect(system.isCrashed(id)).toBe(false);
  system.expectNoDeadLetters();
});
